"""Both servers at once, and the environment that leads to them."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crm.embedded import places
from crm.embedded.postgres import Postgres
from crm.embedded.process import EmbeddedError
from crm.embedded.valkey import Valkey

_PREFIX = "rapport-test-"
_A_DAY = 24 * 3600.0


class Servers:
    """Postgres and Valkey with their state in one folder."""

    def __init__(self, folder: Path, *, is_durable: bool = True, inherit: Sequence[int] = ()) -> None:
        self.valkey = Valkey(folder / "valkey", is_durable=is_durable, inherit=inherit)
        self.postgres = Postgres(folder / "postgres", is_durable=is_durable, inherit=inherit)

    def start(self) -> None:
        self.valkey.start()
        self.postgres.start()

    def stop(self) -> None:
        self.postgres.stop()
        self.valkey.stop()

    def environment(self) -> dict[str, str]:
        return self.postgres.environment() | self.valkey.environment()


def missing_servers(folder: Path, *, inherit: Sequence[int] = ()) -> list[Valkey | Postgres]:
    """The durable servers that the environment does not name already, none of them started."""
    if "DATABASE_URL" in os.environ and "DATABASE_OWNER_URL" not in os.environ:
        raise EmbeddedError("DATABASE_URL is set but not DATABASE_OWNER_URL, which migrations need: set both or none.")
    servers: list[Valkey | Postgres] = []
    if "REDIS_URL" not in os.environ:
        servers.append(Valkey(folder / "valkey", inherit=inherit))
    if "DATABASE_URL" not in os.environ:
        servers.append(Postgres(folder / "postgres", inherit=inherit))
    return servers


@contextmanager
def throwaway_servers(*, is_durable: bool = False) -> Iterator[Servers]:
    """Servers that leave nothing behind, with the environment set to lead to them. Fast, unless durable."""
    before = dict(os.environ)
    _sweep()
    with tempfile.TemporaryDirectory(prefix=_PREFIX) as name:
        folder = Path(name)
        folder.chmod(0o711)  # as root, Postgres runs as another user, who must reach its own folder in here
        servers = Servers(folder, is_durable=is_durable)
        try:
            servers.start()
            os.environ.update(servers.environment())
            yield servers
        finally:
            servers.stop()
            os.environ.clear()
            os.environ.update(before)
            for path in (folder / "postgres", folder / "valkey"):
                places.leave_refuge(path)


def _sweep() -> None:
    """Remove what runs that were killed more than a day ago could not."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        found = folder.stat(follow_symlinks=False)
        if found.st_uid == os.geteuid() and found.st_mtime < time.time() - _A_DAY:
            shutil.rmtree(folder, ignore_errors=True)
