"""The way in by a link of a message: its token is the whole authority, for one purpose."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from accounts.models import Workspace
from accounts.scope import workspace_scope
from accounts.tokens import find_token
from customers.models import Customer
from messaging.models import Message
from messaging.queries import recipient_of


class PublicRequest(HttpRequest):
    """Of nobody who is signed in; `workspace` is whose page it is."""

    workspace: Workspace


LinkView = Callable[[PublicRequest, Message, Customer], HttpResponse]
TokenView = Callable[[PublicRequest, str], HttpResponse]


def behind_link(purpose: str) -> Callable[[LinkView], TokenView]:
    """Open the scope of the token's workspace, acting as the customer whom its message was for.

    No session and no CSRF token: who can forge the request knows the token and could as well follow the link. A token
    that is wrong, expired, for something else, or of somebody erased gets one and the same answer.
    """

    def decorate(view: LinkView) -> TokenView:
        @csrf_exempt
        @never_cache
        @wraps(view)
        def opened(request: PublicRequest, token: str) -> HttpResponse:
            found = find_token(token, purpose=purpose)
            if found is None:
                return link_gone(request)
            request.workspace = found.workspace
            with workspace_scope(found.workspace), timezone.override(found.workspace.tzinfo):
                message = Message.objects.select_related("topic").filter(pk=found.subject_id).first()
                customer = recipient_of(message) if message else None
                if message is None or customer is None:
                    return link_gone(request)
                with workspace_scope(found.workspace, actor=f"customer:{customer.pk}"):
                    return view(request, message, customer)

        return opened

    return decorate


def link_gone(request: HttpRequest) -> HttpResponse:
    return render(request, "messaging/link_gone.html", status=404)
