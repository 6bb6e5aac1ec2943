from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import queries
from accounts.models import AuditEntry
from accounts.paging import id_cursor
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest

PAGE = 50


@permits(Permission.VIEW_AUDIT)
@require_safe
def audit_list(request: WorkspaceRequest) -> HttpResponse:
    entries = queries.audit_page(before=id_cursor(request), size=PAGE + 1)
    names = queries.actor_names({entry.actor for entry in entries})
    words = {
        "entries": [(names.get(entry.actor, entry.actor), entry, _details(entry)) for entry in entries[:PAGE]],
        "next_cursor": entries[PAGE - 1].pk if len(entries) > PAGE else None,
    }
    return render(request, "accounts/audit_list.html", words)


def _details(entry: AuditEntry) -> list[tuple[str, str]]:
    """What else was written down, as terms and values to read."""
    lines: list[tuple[str, str]] = []
    for name, value in entry.detail.items():
        if isinstance(value, dict):
            lines += [(f"{inner.replace('_', ' ')} {name}", str(old)) for inner, old in value.items()]
        else:
            lines.append((name, ", ".join(value) if isinstance(value, list) else str(value)))
    return lines
