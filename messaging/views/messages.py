from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.views.refusals import refusal_told
from messaging import actions, queries
from messaging.forms import DecisionForm, MessageFilterForm
from messaging.models import Message
from messaging.previewing import preview_message
from messaging.queries import MessageFilter
from messaging.queries.messages import listed_about
from messaging.rendering import BadTemplate
from messaging.sending.evidence import configured_log
from messaging.views.letters import in_a_sandbox, letter, letter_refused


@permits(Permission.VIEW_MESSAGES)
@require_safe
@vary_on_headers("HX-Request")
def message_list(request: WorkspaceRequest) -> HttpResponse:
    filters = MessageFilterForm(request.GET)
    wanted = MessageFilter(**filters.understood())
    # Of a campaign by the index that its messages have, which holds them by their ids.
    sort = "-id" if wanted.campaign or wanted.flow else "-created_at"
    page = keyset_page(queries.messages_for_list(wanted), sort=sort, cursor=request.GET.get("cursor", ""))
    words = {
        "filters": filters,
        "rows": queries.with_reasons(page.rows),
        "next_cursor": page.next_cursor,
        "in_doubt": queries.messages_in_doubt() if not request.GET else 0,
        **listed_about(wanted),
    }
    return render(request, "messaging/message_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def message_detail(request: WorkspaceRequest, message_id: int) -> HttpResponse:
    message = get_object_or_404(queries.message_for_detail(), pk=message_id)
    return _shown(request, message, DecisionForm())


@permits(Permission.SEND_MESSAGES)
@require_POST
def message_decision(request: WorkspaceRequest, message_id: int) -> HttpResponse:
    """What became of a message in doubt, by somebody who found out."""
    message = get_object_or_404(queries.message_for_detail(), pk=message_id)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _shown(request, message, form)
    with refusal_told(request):
        message = actions.decide_message(message, **form.cleaned_data)
        messages.success(request, _("Settled. Its state is “%s” now.") % message.get_state_display())
    return redirect("messaging:message_detail", message.pk)


def _shown(request: WorkspaceRequest, message: Message, form: DecisionForm) -> HttpResponse:
    [(message, why)] = queries.with_reasons([message])
    words = {
        "message": message,
        "why": why,
        "history": queries.message_history(message),
        "form": form,
        "has_log": configured_log() is not None,
    }
    return render(request, "messaging/message_detail.html", words, status=422 if form.errors else 200)


@permits(Permission.VIEW_MESSAGES)
@require_safe
@in_a_sandbox
def message_html(request: WorkspaceRequest, message_id: int) -> HttpResponse:
    message = get_object_or_404(queries.message_for_detail(), pk=message_id)
    if not message.address:
        return letter_refused(
            _("Whoever this went to asked to be forgotten, and what it said to them with it."), status=200
        )
    try:
        rendered = preview_message(message)
    except BadTemplate as error:
        return letter_refused(str(error), status=200)
    return letter(rendered.html, recipient=message.address, subject=rendered.subject)
