"""Both servers at once, and the environment that leads to them."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.embedded.postgres import Postgres
from crm.embedded.valkey import Valkey


class Servers:
    """Postgres and Valkey with their state in one folder."""

    def __init__(self, folder: Path, *, is_durable: bool = True) -> None:
        self.postgres = Postgres(folder / "postgres", is_durable=is_durable)
        self.valkey = Valkey(folder / "valkey", is_durable=is_durable)

    def start(self) -> None:
        self.valkey.start()
        self.postgres.start()

    def stop(self) -> None:
        self.postgres.stop()
        self.valkey.stop()

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.postgres.url("crm_app"),
            "DATABASE_OWNER_URL": self.postgres.url("crm_owner"),
            "REDIS_URL": self.valkey.url(),
            "CELERY_BROKER_URL": self.valkey.broker_url(),
        }


@contextmanager
def throwaway_servers() -> Iterator[Servers]:
    """Fast servers that leave nothing behind, with the environment set to lead to them."""
    with tempfile.TemporaryDirectory(prefix="rapport-test-") as folder:
        Path(folder).chmod(0o711)  # as root, Postgres runs as another user, who must reach its own folder in here
        servers = Servers(Path(folder), is_durable=False)
        before = dict(os.environ)
        try:
            servers.start()
            os.environ.update(servers.environment())
            yield servers
        finally:
            servers.stop()
            os.environ.clear()
            os.environ.update(before)
