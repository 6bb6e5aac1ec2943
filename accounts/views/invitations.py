from __future__ import annotations

from typing import cast

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import actions, queries
from accounts.forms import JoinForm
from accounts.models import Invitation, User

ALLAUTH = "allauth.account.auth_backends.AuthenticationBackend"


@require_http_methods(["GET", "HEAD", "POST"])
def invitation_detail(request: HttpRequest, secret: str) -> HttpResponse:
    """A signed-in person accepts with one click; somebody new chooses a name and a password first."""
    invitation = queries.find_invitation(secret)
    if invitation is None:
        return render(request, "accounts/invitation_detail_gone.html", status=410)
    if request.user.is_authenticated:
        return _accept_as_member(request, invitation)
    if User.objects.filter(email=invitation.email).exists():
        words = {"invitation": invitation, "must_sign_in": True}
        return render(request, "accounts/invitation_detail.html", words)
    return _join(request, invitation)


def _accept_as_member(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    words: dict[str, object] = {"invitation": invitation, "is_theirs": True}
    if request.method == "POST":
        try:
            actions.accept_invitation(invitation, user=cast("User", request.user))
        except actions.InvitationRefused as refused:
            words |= {"refusal": str(refused)}
            return render(request, "accounts/invitation_detail.html", words, status=422)
        return redirect(f"/w/{invitation.workspace.slug}/")
    return render(request, "accounts/invitation_detail.html", words)


def _join(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    form = JoinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = actions.register_invited(invitation, **form.cleaned_data)
        login(request, user, backend=ALLAUTH)
        return redirect(f"/w/{invitation.workspace.slug}/")
    words = {"invitation": invitation, "form": form}
    return render(request, "accounts/invitation_detail.html", words, status=422 if form.errors else 200)
