"""`./run check`: every rule that a machine can hold, one line each."""

import os
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from crm.embedded.servers import throwaway_servers
from crm.embedded.state import ROOT

_PYTHON = sys.executable
_SCHEMA = ROOT / "docs" / "openapi.yaml"
_MANAGE = [_PYTHON, "manage.py"]
# A deployment as complete as docs/operations.md asks for; nothing is ever signed with that key.
_DEPLOYED = {
    "DJANGO_SETTINGS_MODULE": "crm.settings.production",
    "SECRET_KEY": secrets.token_urlsafe(50),
    "ADDRESS_HASH_KEY": secrets.token_urlsafe(50),
    "ALLOWED_HOSTS": "rapport.example",
    "PUBLIC_URL": "https://rapport.example",
    "DEFAULT_FROM_EMAIL": "Rapport <rapport@rapport.example>",
    "EMAIL_URL": "smtp://mail.example:25",
}


@dataclass(frozen=True)
class Check:
    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    check: Check
    is_good: bool
    seconds: float
    output: str

    def __str__(self) -> str:
        line = f"{self.check.name:<12} {'ok' if self.is_good else 'FAILED':<6} {self.seconds:5.1f} s"
        return line if self.is_good else f"{line}\n{self.output.strip()}\n"


def checks(scratch: Path) -> Iterator[Check]:
    """All of them; the slowest first, so that the rest run beside it."""
    yield Check("types", [_PYTHON, "-m", "mypy", "."])
    yield Check("deployment", [*_MANAGE, "check", "--deploy", "--fail-level", "WARNING"], _DEPLOYED)
    yield Check("migrations", [*_MANAGE, "makemigrations", "--check", "--dry-run"])
    yield Check("upgrade", [*_MANAGE, "lintmigrations"])
    yield Check("static files", [*_MANAGE, "collectstatic", "--noinput"], _DEPLOYED | _collected_in(scratch))
    yield Check("event map", [*_MANAGE, "event_map", "--check"])
    if _SCHEMA.exists():
        fresh = scratch / _SCHEMA.name
        write = [*_MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", str(fresh)]
        yield Check("API schema", ["sh", "-c", f"{shlex.join(write)} && diff -u {_SCHEMA.relative_to(ROOT)} {fresh}"])
    lint_imports = "import sys; from importlinter.cli import lint_imports_command as lint; sys.exit(lint())"
    yield Check("floors", [_PYTHON, "-c", lint_imports])
    yield Check("templates", [_PYTHON, "-m", "djlint", "templates", "--lint", "--quiet"])
    yield Check("style", [_PYTHON, "-m", "ruff", "check", "."])
    yield Check("format", [_PYTHON, "-m", "ruff", "format", "--check", "."])


def _collected_in(folder: Path) -> dict[str, str]:
    """What a deployment collects, but for the compression, which takes most of a minute and refuses nothing."""
    storage = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    return {"STATIC_ROOT": str(folder / "static"), "STATICFILES_STORAGE": storage}


def carry_out(check: Check) -> Outcome:
    started_at = time.monotonic()
    environment = {**os.environ, **check.environment}
    done = subprocess.run(check.command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - started_at
    return Outcome(check, done.returncode == 0, seconds, done.stdout + done.stderr)


def main() -> int:
    started_at = time.monotonic()
    failed = 0
    with throwaway_servers(), tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(os.cpu_count()) as pool:
        os.environ["DJANGO_SETTINGS_MODULE"] = "crm.settings.test"
        for outcome in pool.map(carry_out, checks(Path(scratch))):
            failed += not outcome.is_good
            say(str(outcome))
    say(f"{failed or 'no'} check(s) failed, {time.monotonic() - started_at:.0f} s")
    return 1 if failed else 0


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201  the terminal is where this is read


if __name__ == "__main__":
    sys.exit(main())
