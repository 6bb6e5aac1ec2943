from __future__ import annotations

from accounts.models import AuditEntry
from accounts.scope import current_actor


def audit(action: str, target: object, **detail: object) -> AuditEntry:
    """Write one line of the audit trail, in the caller's transaction.

    `action` is a past-tense phrase, marked with `gettext_noop`: the page translates it.
    """
    return AuditEntry.objects.create(actor=current_actor(), action=action, target=str(target)[:200], detail=detail)
