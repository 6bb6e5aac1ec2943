from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.models import WorkspaceOwned


class Website(WorkspaceOwned):
    """What the snippet on a workspace's website may tell. Without a row it is off.

    `sites` are hosts, each with what is below it (`shop.example` is also www.shop.example); nobody else is listened to.
    The identity secret is not kept: it follows from the installation's key and `identity_nonce` (sales.identity).
    """

    is_on = models.BooleanField(default=False)
    sites = models.JSONField(default=list)
    identity_nonce = models.CharField(max_length=64, blank=True)
    identity_made_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace"], name="one_website")]

    def __str__(self) -> str:
        return ", ".join(self.sites)


class Sighting(WorkspaceOwned):
    """That the snippet was heard from a site, also from one that is not listened to. Not who, nor what of."""

    site = models.CharField(max_length=255)
    is_taken = models.BooleanField()
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "site"], name="one_sighting_per_site")]

    def __str__(self) -> str:
        return self.site
