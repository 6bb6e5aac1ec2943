from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from accounts.actions.audit import audit
from accounts.models import Membership, Role, Workspace
from accounts.scope import current_workspace


class LastOwner(Exception):
    """A workspace without an owner could never be managed again."""

    def __init__(self) -> None:
        super().__init__(_("This is the only owner. Make somebody else an owner first."))


@transaction.atomic
def change_role(membership: Membership, *, role: str) -> Membership:
    """Raises LastOwner rather than leave the workspace without one."""
    membership = _lock(membership)
    if membership.role == role:
        return membership
    before, membership.role = membership.role, role
    if before == Role.OWNER:
        _keep_an_owner(membership)
    membership.save(update_fields=["role"])
    audit(gettext_noop("changed the role of"), membership.user.email, before=before, after=role)
    return membership


@transaction.atomic
def remove_member(membership: Membership) -> None:
    """They lose access with their next click. What they did stays in the record. Raises LastOwner."""
    membership = _lock(membership)
    if membership.role == Role.OWNER:
        _keep_an_owner(membership)
    email = membership.user.email
    membership.delete()
    audit(gettext_noop("removed the member"), email)


def _lock(membership: Membership) -> Membership:
    """Two owners who demote each other at once must not both succeed: the workspace's row decides the order."""
    Workspace.objects.select_for_update().get(pk=current_workspace().pk)
    return Membership.objects.select_related("user").get(pk=membership.pk, workspace=current_workspace())


def _keep_an_owner(leaving: Membership) -> None:
    others = Membership.objects.filter(workspace=current_workspace(), role=Role.OWNER).exclude(pk=leaving.pk)
    if not others.exists():
        raise LastOwner
