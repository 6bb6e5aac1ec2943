"""The folder in which one machine's Rapport keeps everything: databases, mail, its secret key."""

import errno
import fcntl
import os
import secrets
import shutil
from pathlib import Path

from crm.embedded.process import EmbeddedError, is_alive, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
_MEGABYTES_NEEDED = 200


class State:
    """The state folder, held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._lock: int | None = None

    @classmethod
    def default(cls) -> "State":
        return cls(Path(os.environ.get("RAPPORT_STATE") or ROOT / ".state"))

    @property
    def mail(self) -> Path:
        return self.folder / "mail"

    @property
    def lock(self) -> int:
        """The open lock. Children inherit it, so the folder stays held until the last of them is gone."""
        if self._lock is None:
            raise EmbeddedError("The state folder is not held.")
        return self._lock

    def hold(self) -> None:
        """Make the folder ours until we (and our children) end; refuse with one clear line."""
        try:
            self._make()
            self._lock = self._acquire()
        except PermissionError as error:
            message = (
                f"The state folder {self.folder} is closed to you ({error.filename}): choose one with --state DIR."
            )
            raise EmbeddedError(message) from None
        except OSError as error:
            raise EmbeddedError(f"The state folder {self.folder} cannot be used: {error.strerror}.") from None

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def holder(self) -> int | None:
        """The process id of who holds the folder now, if anybody does."""
        try:
            lock = os.open(self.folder / "lock", os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.pread(lock, 20, 0) or 0)
        else:
            return None
        finally:
            os.close(lock)

    def secret_key(self) -> str:
        """Django's, made once: sessions and links survive a restart."""
        path = self.folder / "secret_key"
        if not path.exists():
            partial = path.with_suffix(".new")
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
            partial.rename(path)
        return path.read_text()

    def _make(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        owner = self.folder.stat().st_uid
        if owner != os.geteuid():
            raise EmbeddedError(
                f"The state folder {self.folder} belongs to another user (uid {owner}): start as that one, or choose "
                "another folder with --state DIR."
            )
        # Others may pass through (as root, Postgres runs as `nobody`) but not look around.
        self.folder.chmod(0o711)
        free = shutil.disk_usage(self.folder).free // 10**6
        if free < _MEGABYTES_NEEDED:
            raise EmbeddedError(
                f"The disk of {self.folder} is full: {free} MB are free, {_MEGABYTES_NEEDED} MB are needed. Make room, "
                "or choose another folder with --state DIR."
            )

    def _acquire(self) -> int:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)

        def is_ours() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                    raise
                return False
            return True

        if not is_ours():
            # After `kill -9` the children take a moment to end; only a living holder is a second instance.
            holder = int(os.pread(lock, 20, 0) or 0)
            if is_alive(holder) or not wait_until(is_ours, seconds=20):
                os.close(lock)
                raise EmbeddedError(
                    f"Rapport already runs on {self.folder} (process {holder}): stop it, or choose another folder with "
                    "--state DIR."
                )
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        return lock
