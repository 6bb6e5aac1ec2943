from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from messaging.models.messages import Message


class TrackingPolicy(WorkspaceOwned):
    """What a workspace wants to know of how its marketing messages are read. Without a row: opens and clicks."""

    counts_opens = models.BooleanField(default=True)
    counts_clicks = models.BooleanField(default=True)
    # Links to these, and to what is below them, tell the site where its visitors come from (utm_…).
    own_domains = models.JSONField(default=list)
    utm_source = models.CharField(
        max_length=60,
        default="rapport",
        validators=[RegexValidator(r"^[\w.~-]+$", _("Use letters, digits, dots and hyphens only."))],
    )

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace"], name="one_tracking_policy")]

    def __str__(self) -> str:
        return "tracking policy"


class Trace(WorkspaceOwned):
    """That a picture or a link of a message was fetched: by whom, a person or a machine, is yet to be judged.

    Kept for seconds, of the hidden link for a minute. `link` is the link's number in the message, `0` the hidden one,
    blank the picture. `is_machine`: whoever fetched it said so itself.
    """

    message = WorkspaceForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    link = models.CharField(max_length=12, blank=True)
    is_machine = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        indexes = [
            models.Index(fields=["workspace", "at", "id"], name="trace_oldest_first"),
            models.Index(fields=["workspace", "message"], name="trace_of_message"),
        ]

    def __str__(self) -> str:
        return f"{self.link or 'picture'} of {self.message_id}"
