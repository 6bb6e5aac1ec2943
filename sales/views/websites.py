"""The settings page of the snippet on the workspace's website."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from sales import actions
from sales.forms import WebsiteForm
from sales.queries import sightings, website_in_force


@permits(Permission.EDIT_WORKSPACE)
@require_http_methods(["GET", "HEAD", "POST"])
def website(request: WorkspaceRequest) -> HttpResponse:
    form = WebsiteForm(request.POST or None, website=website_in_force())
    if request.method == "POST" and form.is_valid():
        actions.edit_website(**form.cleaned_data)
        messages.success(request, _("Saved. It holds from now on."))
        return redirect("sales:website")
    return _page(request, form, status=422 if form.errors else 200)


@permits(Permission.EDIT_WORKSPACE)
@require_POST
def website_secret(request: WorkspaceRequest) -> HttpResponse:
    """The secret stands on the page that answers, and nowhere afterwards."""
    secret = actions.make_identity_secret()
    return _page(request, WebsiteForm(None, website=website_in_force()), secret=secret)


def _page(request: WorkspaceRequest, form: WebsiteForm, *, secret: str = "", status: int = 200) -> HttpResponse:
    source = f"{settings.PUBLIC_URL}/p/rapport.js"
    tag = f'<script async src="{source}" data-workspace="{request.workspace.public_key}"></script>'
    words = {"form": form, "website": website_in_force(), "tag": tag, "secret": secret, "sightings": sightings()}
    return render(request, "sales/website.html", words, status=status)
