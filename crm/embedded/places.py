"""Where a server can live: a socket's path is at most 107 bytes, and Postgres refuses to run as root."""

import hashlib
import os
import pwd
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from crm.embedded.process import EmbeddedError

_SOCKET_PATH_BYTES = 107
_PLAIN_PATH = re.compile(r"[A-Za-z0-9/._-]+")  # what needs no quoting in a URL


@dataclass(frozen=True)
class ServerUser:
    """Who Postgres runs as when we are root."""

    uid: int
    gid: int

    def may_enter(self, path: Path) -> bool:
        """Asked of the kernel rather than computed, so that access lists count too."""
        test = subprocess.run(["test", "-x", str(path)], **self.as_options(), check=False)  # type: ignore[call-overload]
        return bool(test.returncode == 0)

    def as_options(self) -> dict[str, object]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def server_user() -> ServerUser | None:
    """The unprivileged user to become; None where we are one already."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        message = "Postgres does not run as root and there is no user `nobody`: run as an ordinary user."
        raise EmbeddedError(message) from None
    return ServerUser(nobody.pw_uid, nobody.pw_gid)


def refuge(path: Path) -> Path:
    """A short, enterable folder that stands for `path`, always the same one, private to us.

    Root's lasts (/var/lib: Postgres keeps data there when `nobody` cannot enter `path`). Everybody else needs one only
    for sockets, which are made anew at every start.
    """
    folder, uid = _refuge_path(path), os.geteuid()
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != uid:
        message = f"{folder} belongs to somebody else: remove it, or choose another --state folder."
        raise EmbeddedError(message)
    folder.chmod(0o711 if uid == 0 else 0o700)
    return folder


def leave_refuge(path: Path) -> None:
    """Remove the stand-in of `path`, if there is one, with all that is in it."""
    shutil.rmtree(_refuge_path(path), ignore_errors=True)


def _refuge_path(path: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    uid = os.geteuid()
    return Path(f"/var/lib/rapport-{digest}" if uid == 0 else f"/var/tmp/rapport-{uid}-{digest}")  # noqa: S108  refuge() checks whose it is


def socket_folder(folder: Path, socket_name: str) -> Path:
    """`folder`, or its refuge where the socket's path would be too long, or awkward in a URL."""
    path = str(folder / socket_name)
    fits = len(os.fsencode(path)) <= _SOCKET_PATH_BYTES and _PLAIN_PATH.fullmatch(path)
    return folder if fits else refuge(folder)


def enterable_folder(folder: Path, user: ServerUser | None) -> Path:
    """Make `folder` (or a stand-in that `user` can reach), owned by the user, closed to everybody else."""
    folder.mkdir(parents=True, exist_ok=True)
    if user is None:
        folder.chmod(0o700)
        return folder
    if not user.may_enter(folder.parent):
        folder = refuge(folder) / folder.name
        folder.mkdir(exist_ok=True)
    os.chown(folder, user.uid, user.gid)
    folder.chmod(0o700)
    return folder


def executable_package(package: Path, program: str, user: ServerUser | None) -> Path:
    """An installed package that `user` can run `program` from: a copy where a clone is closed to it (as in /root)."""
    if user is None or user.may_enter(package / program):
        return package
    stamp = (package / program).stat().st_mtime_ns
    home = refuge(package / str(stamp))
    copy = home / package.name
    if not copy.exists():
        # The second folder holds the shared libraries that the wheel's programs look for beside their own.
        for source in (package.with_name(f"{package.name}.libs"), package):
            partial = home / f"{source.name}.{os.getpid()}"
            shutil.copytree(source, partial, symlinks=True, ignore=shutil.ignore_patterns("include", "__pycache__"))
            _open_to_all(partial)
            partial.rename(home / source.name)
    return copy


def _open_to_all(tree: Path) -> None:
    """Readable, whatever the umask was when the package was installed."""
    for path in [tree, *tree.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))
