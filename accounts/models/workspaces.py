from __future__ import annotations

import secrets
import zoneinfo
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _


def new_public_key() -> str:
    """What the workspace's public pages are known by; no secret, but not guessable from the name either."""
    return secrets.token_urlsafe(12)


def zone_names() -> list[tuple[str, str]]:
    return [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones()) if "/" in name]


class Workspace(models.Model):
    """One business: whose customers these are."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    public_key = models.CharField(max_length=32, unique=True, default=new_public_key, editable=False)
    zone = models.CharField(max_length=64, default="UTC")
    currency = models.CharField(max_length=3, default="EUR")
    brand_color = models.CharField(
        max_length=7,
        default="#1f6f5c",
        validators=[RegexValidator(r"^#[0-9a-f]{6}$", _("Write a colour as #rrggbb, for example #1f6f5c."))],
    )
    sender_name = models.CharField(max_length=120, blank=True)
    sender_email = models.EmailField(blank=True)
    reply_to = models.EmailField(blank=True)
    # At most so many leave in any minute and in any 24 hours; none is no limit. Relays have limits of their own.
    messages_per_minute = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    messages_per_day = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])
    # Whether whoever built or edited a campaign may not launch it too.
    needs_approval = models.BooleanField(default=False, db_default=False)
    # An order counts for the message that its customer followed or read at most so many days before.
    goal_days = models.PositiveSmallIntegerField(
        default=5, db_default=5, validators=[MinValueValidator(1), MaxValueValidator(90)]
    )
    # And, if nothing was followed or read, for the one that was received.
    counts_receipts = models.BooleanField(default=False, db_default=False)
    postal_address = models.TextField(blank=True, max_length=500)
    privacy_notice = models.TextField(blank=True, max_length=10_000)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"/w/{self.slug}/"

    @property
    def tzinfo(self) -> ZoneInfo:
        return ZoneInfo(self.zone)


class WorkspaceLogo(models.Model):
    """The logo's bytes live in the database, so that a backup is whole and any web process can serve them."""

    workspace = models.OneToOneField(Workspace, on_delete=models.CASCADE, related_name="logo")
    content = models.BinaryField(max_length=300_000)
    content_type = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"logo of {self.workspace_id}"


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    MARKETER = "marketer", _("Marketer")
    AGENT = "agent", _("Support agent")
    ANALYST = "analyst", _("Analyst")


class Membership(models.Model):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_per_user"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace} as {self.role}"


class Invitation(models.Model):
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.email} as {self.role}"
