from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions
from accounts.forms import LogoForm, NewWorkspaceForm, WorkspaceForm
from accounts.models import User, Workspace, WorkspaceLogo
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    return redirect("workspace_list" if request.user.is_authenticated else "account_login")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def workspace_list(request: HttpRequest) -> HttpResponse:
    """Straight into the only workspace; a choice of several, or a form for the first."""
    user = cast("User", request.user)
    memberships = list(
        user.memberships.select_related("workspace__logo").defer("workspace__logo__content").order_by("workspace__name")
    )
    if request.method != "POST" and len(memberships) == 1 and "all" not in request.GET:
        return redirect(f"/w/{memberships[0].workspace.slug}/")
    form = NewWorkspaceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        workspace = actions.create_workspace(owner=user, **form.cleaned_data)
        return redirect(f"/w/{workspace.slug}/")
    words = {"memberships": memberships, "form": form}
    return render(request, "accounts/workspace_list.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_WORKSPACE)
@require_http_methods(["GET", "HEAD", "POST"])
def workspace_settings(request: WorkspaceRequest) -> HttpResponse:
    # A copy: an invalid form must not change the name in the page's own frame.
    form = WorkspaceForm(request.POST or None, instance=Workspace.objects.get(pk=request.workspace.pk))
    if request.method == "POST" and form.is_valid():
        workspace = actions.edit_workspace(**form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(f"/w/{workspace.slug}/settings/")
    words = {"form": form, "logo_form": LogoForm()}
    return render(request, "accounts/workspace_settings.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_WORKSPACE)
@require_POST
def workspace_logo(request: WorkspaceRequest) -> HttpResponse:
    form = LogoForm(request.POST, request.FILES)
    if form.is_valid():
        actions.set_logo(form.cleaned_data["logo"].read(), content_type=form.content_type)
        messages.success(request, _("The logo was changed."))
        return redirect("accounts:workspace_settings")
    words = {"form": WorkspaceForm(instance=request.workspace), "logo_form": form}
    return render(request, "accounts/workspace_settings.html", words, status=422)


@permits(Permission.EDIT_WORKSPACE)
@require_POST
def logo_removal(request: WorkspaceRequest) -> HttpResponse:
    actions.remove_logo()
    messages.success(request, _("The logo was removed."))
    return redirect("accounts:workspace_settings")


@require_safe
@cache_control(public=True, max_age=365 * 24 * 3600, immutable=True)
def logo_image(request: HttpRequest, public_key: str, sha256: str) -> HttpResponse:
    """Public, as it stands on public pages and in mail; the hash in the address lets it be cached for ever."""
    logo = get_object_or_404(WorkspaceLogo, workspace__public_key=public_key, sha256=sha256)
    return HttpResponse(bytes(logo.content), content_type=logo.content_type)
