from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from accounts import queries
from accounts.forms import WorkspaceForm
from accounts.forms.api_keys import SCOPE_WORDS
from accounts.models import AuditEntry, Role
from accounts.paging import id_cursor
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest

PAGE = 50
TERMS = {
    "role": _("role"),
    "before": _("before"),
    "after": _("after"),
    "scopes": _("it may"),
    "bytes": _("bytes"),
    "why": _("why"),
    "reason": _("reason"),
}
# What is stored as a code.
VALUES = {str(code): words for code, words in [*Role.choices, *SCOPE_WORDS.items()]}


@dataclass(frozen=True)
class AuditLine:
    """An entry in the reader's language; `details` are terms and values."""

    at: datetime
    who: str
    action: str
    target: str
    details: list[tuple[str, str]]


@permits(Permission.VIEW_AUDIT)
@require_safe
def audit_list(request: WorkspaceRequest) -> HttpResponse:
    entries = queries.audit_page(before=id_cursor(request), size=PAGE + 1)
    names = queries.actor_names({entry.actor for entry in entries})
    words = {
        "lines": [_line(entry, who=names.get(entry.actor, entry.actor)) for entry in entries[:PAGE]],
        "next_cursor": entries[PAGE - 1].pk if len(entries) > PAGE else None,
    }
    return render(request, "accounts/audit_list.html", words)


def _line(entry: AuditEntry, *, who: str) -> AuditLine:
    before = entry.detail.get("before")
    changed = before if isinstance(before, dict) else {}
    details = [
        (gettext("%(setting)s before") % {"setting": _setting(name)}, str(value)) for name, value in changed.items()
    ]
    details += [
        (str(TERMS.get(name, name)), _value(value)) for name, value in entry.detail.items() if value is not changed
    ]
    target = ", ".join(map(_setting, changed)) or entry.target
    return AuditLine(entry.at, who, gettext(entry.action), target, details)


def _setting(name: str) -> str:
    field = WorkspaceForm.base_fields.get(name)
    return str(field.label) if field else name


def _value(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    return ", ".join(str(VALUES.get(str(part), part)) for part in parts)
