import os
from argparse import ArgumentParser
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Workspace
from crm import heartbeat
from crm.boot import refuse_unsafe_boot
from crm.demo.bakery import EMAIL, PASSWORD

_FILLING = "being filled"


class Command(BaseCommand):
    help = "Migrate, then fill an empty installation with the demo: all that must precede the processes, in one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ready-fd", type=int, help="where to write `1` once the database can be used")
        parser.add_argument("--demo", type=Path, help="fill in the demo; the file that keeps its sign-in")

    def handle(self, *, ready_fd: int | None, demo: Path | None, **_: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        try:
            refuse_unsafe_boot()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        cache.delete(heartbeat.KEY)  # of the workers before us
        if ready_fd is not None:
            os.write(ready_fd, b"1")
            os.close(ready_fd)
        if demo is not None:
            self._fill(demo)

    def _fill(self, demo: Path) -> None:
        """Only where nobody is yet, or where it was interrupted: never into somebody's own data."""
        was_interrupted = demo.exists() and demo.read_text().endswith(_FILLING)
        if Workspace.objects.exists() and not was_interrupted:
            return
        demo.write_text(f"{EMAIL} / {PASSWORD}\n{_FILLING}")
        call_command("seed_demo", stdout=StringIO())
        demo.write_text(f"{EMAIL} / {PASSWORD}\n")
