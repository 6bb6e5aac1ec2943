from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import queries
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
        "entries": [(names.get(entry.actor, entry.actor), entry) for entry in entries[:PAGE]],
        "next_cursor": entries[PAGE - 1].pk if len(entries) > PAGE else None,
    }
    return render(request, "accounts/audit_list.html", words)
