from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.models import Workspace
from messaging.sending.evidence import Maildir, PostfixLog, RelayLog, configured_log
from messaging.sending.reconciliation import Tally, reconcile


class Command(BaseCommand):
    help = "Settle messages that were being sent when their worker died, from what the mail server kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--postfix-log", help="Postfix's log, or a pattern that names it and the rotated ones")
        source.add_argument("--maildir", type=Path, help="a mailbox that keeps everything the mail server took")

    def handle(self, *, postfix_log: str | None, maildir: Path | None, **options: Any) -> None:
        log: RelayLog | None = configured_log()
        if postfix_log:
            log = PostfixLog(postfix_log)
        elif maildir:
            log = Maildir(maildir)
        if log is None:
            raise CommandError("There is nothing to ask: set RELAY_LOG, or name a --postfix-log or a --maildir.")
        total = Tally()
        for workspace in Workspace.objects.order_by("slug"):
            tally = reconcile(workspace, log)
            total += tally
            if tally != Tally():
                self.stdout.write(f"{workspace.slug}: {_in_words(tally)}")
        self.stdout.write(f"all: {_in_words(total)}")


def _in_words(tally: Tally) -> str:
    return f"{tally.sent} sent, {tally.queued} queued again, {tally.left} still in doubt"
