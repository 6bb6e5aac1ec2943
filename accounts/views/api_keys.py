from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, queries
from accounts.forms import ApiKeyForm
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest


@permits(Permission.EDIT_API_KEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def api_key_list(request: WorkspaceRequest) -> HttpResponse:
    """The secret of a new key stands on the page that answers the form, and nowhere afterwards."""
    form = ApiKeyForm(request.POST or None)
    secret = ""
    if request.method == "POST" and form.is_valid():
        _key, secret = actions.create_api_key(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.cleaned_data["expires_on"],
            created_by=request.user,
        )
        form = ApiKeyForm()
    words = {"form": form, "secret": secret, "api_keys": queries.api_keys()}
    return render(request, "accounts/api_key_list.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_API_KEYS)
@require_POST
def api_key_revocation(request: WorkspaceRequest, api_key_id: int) -> HttpResponse:
    key = actions.revoke_api_key(get_object_or_404(queries.api_keys(), pk=api_key_id))
    messages.success(request, _("%(key)s no longer opens anything.") % {"key": key.name})
    return redirect("accounts:api_key_list")
