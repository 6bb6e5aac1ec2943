"""What tracked links and pictures lead to. A link goes only where it led when its message left."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.agents import is_machine
from accounts.requests import connection_of
from accounts.scope import workspace_scope
from accounts.tokens import find_token
from messaging import actions
from messaging.links import READING
from messaging.models import Message
from messaging.queries import address_behind
from messaging.reading_limits import connection_may_guess, message_may_be_counted
from messaging.tracking.marking import HONEYPOT
from messaging.views.doors import link_gone

# One transparent point.
PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
ReadingView = Callable[..., HttpResponse]


def behind_reading_link(view: ReadingView) -> ReadingView:
    """Open the scope of the token's workspace for as long as the view takes. No session, no cookie."""

    @never_cache
    @require_safe
    @wraps(view)
    def opened(request: HttpRequest, token: str, **kwargs: str) -> HttpResponse:
        found = find_token(token, purpose=READING)
        if found is None:
            return link_gone(request) if connection_may_guess(connection_of(request)) else too_many(request)
        with workspace_scope(found.workspace):
            message = Message.objects.select_related("link_set").filter(pk=found.subject_id).exclude(address="").first()
            return view(request, message, **kwargs) if message else link_gone(request)

    return opened


@behind_reading_link
def click(request: HttpRequest, message: Message, link: str) -> HttpResponse:
    """To where the link led when the message left, whoever follows it; a GET is counted."""
    address = address_behind(message, link)
    if link != HONEYPOT and not leads_out(address):
        return link_gone(request)
    _count(request, message, link=link)
    if link == HONEYPOT:
        return render(request, "messaging/click_hidden.html")
    response = HttpResponseRedirect(address)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@behind_reading_link
def opening(request: HttpRequest, message: Message) -> HttpResponse:
    """One transparent point; a GET is counted."""
    _count(request, message)
    return HttpResponse(PIXEL, content_type="image/gif")


def leads_out(address: str) -> bool:
    """Whether a browser may be sent there; where exactly was settled by whoever wrote the message."""
    return re.fullmatch(r"https?://[^\s\x00-\x20/]+\S*", address, re.IGNORECASE) is not None


def too_many(request: HttpRequest) -> HttpResponse:
    return render(request, "messaging/click_too_many.html", status=429)


def _count(request: HttpRequest, message: Message, *, link: str = "") -> None:
    if request.method == "GET" and message_may_be_counted(message.pk):
        actions.leave_trace(message, link=link, is_machine=is_machine(request.headers))
