from typing import Any

from django.core.management.base import BaseCommand

from timeline.rebase import rebase_timeline


class Command(BaseCommand):
    help = "Once after restoring a backup into another server: let new events sort after the restored ones."

    def handle(self, *args: Any, **options: Any) -> None:
        origin = rebase_timeline(using="owner")
        self.stdout.write(f"timeline origin is now {origin}")
