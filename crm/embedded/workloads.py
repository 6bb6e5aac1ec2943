"""`./run bench` and `./run faults`: each workload is a module of its own, run in its own process.

It opens `fresh_rapport()`, does its work, and prints its result as its last line; an exception fails it.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.embedded.servers import Servers, throwaway_servers
from crm.embedded.state import ROOT


@contextmanager
def fresh_rapport() -> Iterator[Servers]:
    """Durable servers (restart them by `servers.postgres.restart()`), Django set up, an empty, migrated database."""
    import django  # noqa: PLC0415  this module must load without Django
    from django.core.management import call_command  # noqa: PLC0415

    with throwaway_servers(is_durable=True) as servers:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crm.settings.local")
        os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
        django.setup()
        call_command("migrate", interactive=False, verbosity=0)
        yield servers


def main(package: str, chosen: list[str]) -> int:
    """Run the chosen workloads of a package, or all of them; the number that failed."""
    names = _names(package)
    if unknown := sorted(word for word in set(chosen) if not meant_by(word, names)):
        say(f"There is no {', '.join(unknown)}. Choose from: {', '.join(names) or 'nothing yet'}.")
        return 1
    if not names:
        say(f"There is nothing in {package} yet.")
    failed = []
    for name in dict.fromkeys(name for word in chosen for name in meant_by(word, names)) if chosen else names:
        started_at = time.monotonic()
        if subprocess.call([sys.executable, "-m", f"{package}.{name}"], cwd=ROOT) != 0:
            failed.append(name)
        say(f"{name}: {'FAILED' if name in failed else 'done'} after {time.monotonic() - started_at:.0f} s")
    return len(failed)


def meant_by(word: str, names: list[str]) -> list[str]:
    """The workload of that name and those that begin with it: `import` means `import_customers` and the like."""
    return [name for name in names if name == word or name.startswith(f"{word}_")]


def _names(package: str) -> list[str]:
    """Its modules but for tests and what begins with `_`."""
    folder = ROOT / Path(*package.split("."))
    return sorted(path.stem for path in folder.glob("[a-z]*.py") if not path.stem.startswith(("test_", "conftest")))


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)  # noqa: T201  standard output is for results


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
