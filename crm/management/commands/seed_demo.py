from typing import Any

from django.core.management.base import BaseCommand

from crm.demo.bakery import EMAIL, PASSWORD, open_bakery


class Command(BaseCommand):
    help = "Open the demo: a bakery with 2,000 customers and 18 months of history. Nobody in it exists."

    def handle(self, *args: Any, **options: Any) -> None:
        open_bakery()
        self.stdout.write(f"{EMAIL} / {PASSWORD}")
