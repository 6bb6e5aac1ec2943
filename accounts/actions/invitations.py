from __future__ import annotations

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.actions.audit import audit
from accounts.mail import send_invitation
from accounts.models import Invitation, Membership, User
from accounts.scope import current_workspace, workspace_scope
from accounts.tokens import hash_secret, new_secret

VALID_FOR = timedelta(days=7)


class InvitationRefused(Exception):
    """Why nobody was invited, or why an invitation can't be accepted, in words for the person who tried."""


@transaction.atomic
def invite_member(*, email: str, role: str, invited_by: User) -> tuple[Invitation, str]:
    """Invite an address; a still open invitation of it is replaced. Returns it with its secret, which is mailed too."""
    workspace, email = current_workspace(), email.strip().lower()
    if Membership.objects.filter(workspace=workspace, user__email=email).exists():
        raise InvitationRefused(
            _("%(email)s is a member already. Change the role in the list above.") % {"email": email}
        )
    now = timezone.now()
    Invitation.objects.filter(workspace=workspace, email=email, accepted_at=None, revoked_at=None).update(
        revoked_at=now
    )
    secret = new_secret()
    invitation = Invitation.objects.create(
        workspace=workspace,
        email=email,
        role=role,
        token_hash=hash_secret(secret),
        invited_by=invited_by,
        expires_at=now + VALID_FOR,
    )
    audit(gettext_noop("invited"), email, role=role)
    transaction.on_commit(partial(send_invitation, invitation, secret))
    return invitation, secret


@transaction.atomic
def revoke_invitation(invitation: Invitation) -> None:
    """Twice is harmless; an accepted invitation stays as it is."""
    revoked = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if revoked.update(revoked_at=timezone.now()):
        audit(gettext_noop("withdrew the invitation of"), invitation.email)


@transaction.atomic
def accept_invitation(invitation: Invitation, *, user: User) -> Membership:
    """Make the invited person a member. Raises InvitationRefused if it is used, withdrawn, expired or another's."""
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=invitation.pk)
    if invitation.accepted_at or invitation.revoked_at or invitation.expires_at <= timezone.now():
        raise InvitationRefused(_("This invitation was used, withdrawn or has expired. Ask for a new one."))
    if invitation.email != user.email:
        raise InvitationRefused(
            _("This invitation is for %(email)s. Sign in with that address to accept it.") % {"email": invitation.email}
        )
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    membership, _created = Membership.objects.get_or_create(
        user=user, workspace=invitation.workspace, defaults={"role": invitation.role}
    )
    with workspace_scope(invitation.workspace, actor=f"user:{user.pk}"):
        audit(gettext_noop("accepted the invitation"), user.email, role=membership.role)
    return membership
