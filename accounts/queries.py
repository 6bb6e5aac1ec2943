from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import ApiKey, AuditEntry, Invitation, Membership, Role, User
from accounts.scope import current_workspace
from accounts.tokens import hash_secret


def members() -> QuerySet[Membership]:
    return Membership.objects.filter(workspace=current_workspace()).select_related("user").order_by("user__name", "pk")


def only_owner_id() -> int | None:
    """The membership that nobody can end or change, if there is one: without an owner a workspace can't be managed."""
    owners = members().filter(role=Role.OWNER).order_by().values_list("pk", flat=True)[:2]
    return owners[0] if len(owners) == 1 else None


def open_invitations() -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        workspace=current_workspace(), accepted_at=None, revoked_at=None, expires_at__gt=timezone.now()
    ).order_by("-created_at")


def find_invitation(secret: str) -> Invitation | None:
    """An invitation that can still be accepted, by the secret in its link."""
    return (
        Invitation.objects.select_related("workspace", "invited_by")
        .filter(token_hash=hash_secret(secret), accepted_at=None, revoked_at=None, expires_at__gt=timezone.now())
        .first()
    )


def api_keys() -> QuerySet[ApiKey]:
    """Usable ones first, then the revoked, each newest first."""
    return (
        ApiKey.objects.filter(workspace=current_workspace())
        .select_related("created_by")
        .order_by("-revoked_at", "-created_at")
    )


def audit_page(*, before: int | None, size: int = 50) -> list[AuditEntry]:
    """The newest entries with an id below `before`."""
    entries = AuditEntry.objects.order_by("-pk")
    return list(entries.filter(pk__lt=before)[:size] if before else entries[:size])


def actor_names(actors: set[str]) -> dict[str, str]:
    """`user:7` and `key:3` as the names that people know them by, in two queries whatever their number."""
    ids = {
        kind: [int(actor[len(kind) + 1 :]) for actor in actors if actor.startswith(f"{kind}:")]
        for kind in ("user", "key")
    }
    users = User.objects.filter(pk__in=ids["user"])
    keys = ApiKey.objects.filter(pk__in=ids["key"], workspace=current_workspace())
    return {
        "system": "Rapport",
        **{f"user:{user.pk}": str(user) for user in users},
        **{f"key:{key.pk}": _("API key %(key)s") % {"key": key.name} for key in keys},
    }
