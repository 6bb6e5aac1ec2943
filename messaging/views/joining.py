"""The page on which strangers sign up. Its answer is the same whether we know the address or not."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.models import Workspace
from accounts.requests import client_ip, connection_of
from accounts.scope import workspace_scope
from accounts.windows import CannotCount
from messaging import actions
from messaging.forms import JoinForm
from messaging.join_limits import address_may_be_asked, connection_may_join, workspace_may_ask
from messaging.views.doors import PublicRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: PublicRequest, public_key: str) -> HttpResponse:
    request.workspace = get_object_or_404(Workspace, public_key=public_key)
    with workspace_scope(request.workspace, actor="visitor"), timezone.override(request.workspace.tzinfo):
        form = JoinForm(request.POST or None)
        if not form.offered:
            raise Http404
        if request.method == "POST" and (form.is_from_a_program or form.is_valid()):
            return _joined(request, form)
        return render(request, "messaging/join.html", {"form": form}, status=422 if form.errors else 200)


def _joined(request: HttpRequest, form: JoinForm) -> HttpResponse:
    try:
        if not connection_may_join(connection_of(request)):
            return _not_now(request, form, _("Too many tries from your connection. Wait an hour, then send it again."))
        if not form.is_from_a_program and not workspace_may_ask():
            return _not_now(request, form, _("Very many people sign up just now. Wait an hour, then send it again."))
        if not form.is_from_a_program and address_may_be_asked(form.cleaned_data["email"]):
            wanted = {name: form.cleaned_data[name] for name in ("name", "email", "birthday")}
            actions.join(**wanted, topics=list(form.cleaned_data["topics"]), ip=client_ip(request))
    except CannotCount:
        return _not_now(request, form, _("We can't take this right now. Wait some minutes, then send it again."), 503)
    return render(request, "messaging/joined.html", {"address": form.data.get("email", "")})


def _not_now(request: HttpRequest, form: JoinForm, message: str, status: int = 429) -> HttpResponse:
    """With everything that was typed."""
    form.is_valid()
    form.add_error(None, message)
    return render(request, "messaging/join.html", {"form": form}, status=status)
