from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from messaging.models.campaigns import Campaign
from messaging.models.messages import Message
from sales.models import Order


class Touch(models.TextChoices):
    CLICKED = "clicked", _("Followed a link")
    OPENED = "opened", _("Read it")
    RECEIVED = "received", _("Received it")


class Conversion(WorkspaceOwned):
    """An order that counts for a message: the last that its customer followed, or else read, in the days before.

    It is there as long as the order counts. `value_minor` is what is left of it after refunds, in the workspace's
    currency. `campaign` is the message's.
    """

    message = WorkspaceForeignKey(Message, on_delete=models.CASCADE, related_name="conversions")
    order = WorkspaceForeignKey(Order, on_delete=models.CASCADE, related_name="+")
    campaign = WorkspaceForeignKey(Campaign, on_delete=models.CASCADE, null=True, related_name="conversions")
    touch = models.CharField(max_length=10, choices=Touch)
    touched_at = models.DateTimeField()
    converted_at = models.DateTimeField()
    value_minor = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "order"], name="one_conversion_per_order"),
            models.CheckConstraint(condition=Q(touch__in=Touch.values), name="touch_is_known"),
        ]
        indexes = [models.Index(fields=["workspace", "campaign", "message"], name="conversion_of_campaign")]

    def __str__(self) -> str:
        return f"{self.order_id} by {self.message_id}"
