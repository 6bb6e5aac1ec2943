from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import Workspace
from accounts.scope import workspace_scope
from metrics.actions import recount_all_orders


class Command(BaseCommand):
    help = "Count every workspace's rollups anew from its orders."

    def handle(self, *args: Any, **options: Any) -> None:
        for workspace in Workspace.objects.order_by("slug"):
            with workspace_scope(workspace):
                recount_all_orders()
            self.stdout.write(workspace.slug)
