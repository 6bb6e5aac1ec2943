from typing import Any

from django.core.management.base import CommandParser
from django.core.management.commands.migrate import Command as MigrateCommand

from accounts.migrating import rendering_what_changes
from accounts.protection import protect_tables


class Command(MigrateCommand):
    help = "Migrate as the owner role, then put both tenancy locks on every tenant table."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(database="owner")

    def handle(self, *args: Any, **options: Any) -> None:
        with rendering_what_changes():
            super().handle(*args, **options)
        if not (options["plan"] or options["check_unapplied"]):
            protect_tables(using=options["database"])
