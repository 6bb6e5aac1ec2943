"""From where mail arrives to the workspaces that it is for."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence

from django.conf import settings
from django.core.cache import cache
from django.db import DataError
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from messaging.actions.inbound import StillLeaving, take_in_reply, take_in_reports
from messaging.inbound.mailboxes import open_inbox
from messaging.inbound.reading import IncomingReply, Report, read_mail, workspace_keys

log = logging.getLogger(__name__)

AT_ONCE = 200
# How long a mail may be in the hands of a worker, or wait for one, before it is given to another.
CLAIMED_SECONDS = 300


def sort_incoming() -> dict[Workspace, list[str]]:
    """The mails that wait in nobody's hands, by the workspace whose messages they name, for whoever calls to take in.

    With those that name none, we are done. Raises InboxUnavailable.
    """
    found: defaultdict[Workspace, list[str]] = defaultdict(list)
    with open_inbox(settings.INBOUND_URL) as inbox:
        named = {key: workspace_keys(inbox.read(key) or b"") for key in _in_nobodys_hands(inbox.waiting(AT_ONCE))}
        ours = Workspace.objects.filter(public_key__in={each for keys in named.values() for each in keys})
        by_key = {workspace.public_key: workspace for workspace in ours}
        for key, workspace_keys_of_it in named.items():
            workspace = next((by_key[each] for each in workspace_keys_of_it if each in by_key), None)
            if workspace is None:
                inbox.done(key)
            else:
                found[workspace].append(key)
    cache.set_many({_claim(key): 1 for keys in found.values() for key in keys}, timeout=CLAIMED_SECONDS)
    return dict(found)


def take_in(workspace: Workspace, keys: Sequence[str]) -> None:
    """One mail, one transaction. What cannot be read or written down stays where it is, marked as read, for people.

    Raises InboxUnavailable.
    """
    try:
        with open_inbox(settings.INBOUND_URL) as inbox:
            for key in keys:
                mail = inbox.read(key)
                if mail is not None and _is_taken_in(workspace, key, mail):
                    inbox.done(key)
    finally:
        cache.delete_many([_claim(key) for key in keys])


def _is_taken_in(workspace: Workspace, key: str, mail: bytes) -> bool:
    """False: it comes too early and has to come again."""
    try:
        said = read_mail(mail, now=timezone.now())
    except Exception:
        log.exception("the mail %s could not be read", key)
        return True
    return write_down(workspace, said)


def _in_nobodys_hands(keys: Sequence[str]) -> list[str]:
    claimed = cache.get_many([_claim(key) for key in keys])
    return [key for key in keys if _claim(key) not in claimed]


def _claim(key: str) -> str:
    return f"incoming-mail:{key}"


def write_down(workspace: Workspace, said: Sequence[Report] | IncomingReply) -> bool:
    """False: it comes too early and has to come again. What the database does not take would not be taken later."""
    try:
        with workspace_scope(workspace):
            if isinstance(said, IncomingReply):
                take_in_reply(said)
            else:
                take_in_reports(said)
    except StillLeaving:
        return False
    except (ValueError, DataError):
        named = said.message_ids if isinstance(said, IncomingReply) else [report.message_id for report in said]
        log.exception("what came in about %s could not be written down", named)
    return True
