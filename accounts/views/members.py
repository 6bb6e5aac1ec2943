from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import actions, queries
from accounts.forms import InvitationForm, RoleForm
from accounts.mail import invitation_url
from accounts.models import Role
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest


@permits(Permission.EDIT_MEMBERS)
@require_http_methods(["GET", "HEAD", "POST"])
def member_list(request: WorkspaceRequest) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    words = {
        "form": form,
        "link": _invite(request, form) if request.method == "POST" and form.is_valid() else "",
        "members": queries.members(),
        "only_owner_id": queries.only_owner_id(),
        "invitations": queries.open_invitations(),
        "roles": Role.choices,
    }
    return render(request, "accounts/member_list.html", words, status=422 if form.errors else 200)


def _invite(request: WorkspaceRequest, form: InvitationForm) -> str:
    """The new invitation's link; empty, with the reason in the form, if it was refused."""
    try:
        _invitation, secret = actions.invite_member(**form.cleaned_data, invited_by=request.user)
    except actions.InvitationRefused as refused:
        form.add_error("email", str(refused))
        return ""
    return invitation_url(secret)


@permits(Permission.EDIT_MEMBERS)
@require_POST
def member_role(request: WorkspaceRequest, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(queries.members(), pk=membership_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose one of the four roles; nothing was changed."))
        return redirect("accounts:member_list")
    try:
        actions.change_role(membership, role=form.cleaned_data["role"])
    except actions.LastOwner as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(member)s has a new role.") % {"member": membership.user})
    return redirect("accounts:member_list")


@permits(Permission.EDIT_MEMBERS)
@require_POST
def member_removal(request: WorkspaceRequest, membership_id: int) -> HttpResponse:
    membership = get_object_or_404(queries.members(), pk=membership_id)
    try:
        actions.remove_member(membership)
    except actions.LastOwner as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("%(member)s is no longer a member.") % {"member": membership.user})
    return redirect("accounts:member_list")


@permits(Permission.EDIT_MEMBERS)
@require_POST
def invitation_revocation(request: WorkspaceRequest, invitation_id: int) -> HttpResponse:
    invitation = get_object_or_404(queries.open_invitations(), pk=invitation_id)
    actions.revoke_invitation(invitation)
    messages.success(request, _("The invitation of %(email)s no longer works.") % {"email": invitation.email})
    return redirect("accounts:member_list")
