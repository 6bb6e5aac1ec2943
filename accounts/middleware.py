"""From a request to its workspace, by path. Programs come with a key instead: crm/api_gate.py."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone

from accounts.models import Membership
from accounts.scope import workspace_scope

WORKSPACE_PATH = re.compile(r"^/w/(?P<slug>[-a-z0-9_]+)(?P<rest>/.*)?$")


class WorkspaceMiddleware:
    """Opens the scope of `/w/<slug>/…` for a signed-in member. Anybody else gets 404.

    The prefix moves to the script name, so that `{% url %}` and `reverse` stay inside the workspace by themselves.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if match := WORKSPACE_PATH.match(request.path_info):
            return self._workspace_page(request, match["slug"], match["rest"] or "/")
        return self.get_response(request)

    def _workspace_page(self, request: HttpRequest, slug: str, rest: str) -> HttpResponse:
        if not request.user.is_authenticated:
            return _sign_in_first(request)
        membership = (
            Membership.objects.select_related("workspace__logo")
            .defer("workspace__logo__content")  # the picture itself, up to 300 kB
            .filter(user=request.user.pk, workspace__slug=slug)
            .first()
        )
        if membership is None:
            raise Http404("No such workspace, or you are not a member of it.")
        request.workspace = membership.workspace  # type: ignore[attr-defined]
        request.membership = membership  # type: ignore[attr-defined]
        request.urlconf = settings.WORKSPACE_URLCONF
        zone = zoneinfo.ZoneInfo(membership.workspace.zone)
        # Read what is being uploaded before the transaction begins: a slow one would outlast it.
        request.POST  # noqa: B018  a property that reads
        with (
            workspace_scope(membership.workspace, actor=f"user:{request.user.pk}"),
            timezone.override(zone),
            _prefix_moved(request, f"/w/{slug}", rest),
        ):
            return self.get_response(request)


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """A visit goes to the sign-in form and comes back. What an open page sent would be lost on that way: say so."""
    if request.method in {"GET", "HEAD"} and not getattr(request, "htmx", False):
        return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
    return render(request, "signed_out.html", status=401)


@contextmanager
def _prefix_moved(request: HttpRequest, prefix: str, rest: str) -> Iterator[None]:
    """The thread's script prefix too, and back: whatever it does next belongs to no workspace."""
    outer = get_script_prefix()
    script_name = request.META.get("SCRIPT_NAME", "").rstrip("/") + prefix
    request.META["SCRIPT_NAME"] = script_name
    request.path_info = rest
    request.path = script_name + rest
    set_script_prefix(script_name + "/")
    try:
        yield
    finally:
        set_script_prefix(outer)
