"""People who come through an invitation: whoever holds the mailed link has proved the address."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts.actions.invitations import accept_invitation
from accounts.models import Invitation, User


@transaction.atomic
def register_invited(invitation: Invitation, *, name: str, password: str) -> User:
    user = User.objects.create_user(invitation.email, password, name=name)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    accept_invitation(invitation, user=user)
    return user
