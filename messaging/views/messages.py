from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.models import Customer
from messaging import queries
from messaging.forms import MessageFilterForm
from messaging.previewing import preview_message
from messaging.queries import MessageFilter
from messaging.rendering import BadTemplate
from messaging.views.letters import in_a_sandbox, letter, letter_refused


@permits(Permission.VIEW_MESSAGES)
@require_safe
@vary_on_headers("HX-Request")
def message_list(request: WorkspaceRequest) -> HttpResponse:
    filters = MessageFilterForm(request.GET)
    wanted = MessageFilter(**filters.understood())
    page = keyset_page(queries.messages_for_list(wanted), sort="-created_at", cursor=request.GET.get("cursor", ""))
    words = {
        "filters": filters,
        "rows": [(message, queries.why_not_sent(message)) for message in page.rows],
        "next_cursor": page.next_cursor,
        "of_customer": Customer.objects.filter(pk=wanted.customer).first() if wanted.customer else None,
    }
    return render(request, "messaging/message_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def message_detail(request: WorkspaceRequest, message_id: int) -> HttpResponse:
    message = get_object_or_404(queries.message_for_detail(), pk=message_id)
    words = {"message": message, "why": queries.why_not_sent(message), "history": queries.message_history(message)}
    return render(request, "messaging/message_detail.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
@in_a_sandbox
def message_html(request: WorkspaceRequest, message_id: int) -> HttpResponse:
    message = get_object_or_404(queries.message_for_detail(), pk=message_id)
    if not message.address:
        return letter_refused(
            "Whoever this went to asked to be forgotten, and what it said to them with it.", status=200
        )
    try:
        rendered = preview_message(message)
    except BadTemplate as error:
        return letter_refused(str(error), status=200)
    return letter(rendered.html, recipient=message.address, subject=rendered.subject)
