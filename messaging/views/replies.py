from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from messaging import queries


@permits(Permission.VIEW_MESSAGES)
@require_safe
def reply_list(request: WorkspaceRequest) -> HttpResponse:
    page = keyset_page(queries.replies_for_list(), sort="-received_at", cursor=request.GET.get("cursor", ""))
    return render(request, "messaging/reply_list.html", {"replies": page.rows, "next_cursor": page.next_cursor})


@permits(Permission.VIEW_MESSAGES)
@require_safe
def reply_detail(request: WorkspaceRequest, reply_id: int) -> HttpResponse:
    reply = get_object_or_404(queries.replies_for_list(), pk=reply_id)
    return render(request, "messaging/reply_detail.html", {"reply": reply})
