from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from timeline.event_map import event_map


class Command(BaseCommand):
    help = "Write docs/events.md: who records what, and who listens."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is stale")

    def handle(self, *, check: bool, **_: Any) -> None:
        page, current = settings.BASE_DIR / "docs" / "events.md", event_map()
        if not check:
            page.write_text(current)
        elif not page.exists() or page.read_text() != current:
            raise CommandError("docs/events.md is stale: run `./run manage event_map` and commit it.")
