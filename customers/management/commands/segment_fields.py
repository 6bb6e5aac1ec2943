from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from customers.segments.describing import with_field_tables


class Command(BaseCommand):
    help = "Write the tables of docs/segments.md: every field that a segment can ask, and how."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="write nothing; fail if the page is stale")

    def handle(self, *, check: bool, **_: Any) -> None:
        page = settings.BASE_DIR / "docs" / "segments.md"
        current = with_field_tables(page.read_text())
        if not check:
            page.write_text(current)
        elif page.read_text() != current:
            raise CommandError("docs/segments.md is stale: run `./run manage segment_fields` and commit it.")
