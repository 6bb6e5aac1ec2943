from __future__ import annotations

from django.db import models
from django.db.models import Q

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from messaging.models.consent import SubscriptionTopic
from messaging.models.templates import Template


class BirthdayGreeting(WorkspaceOwned):
    """The workspace's birthday automation: sent at `send_hour` where they live, to those who want the topic."""

    template = WorkspaceForeignKey(Template, on_delete=models.PROTECT, related_name="+")
    topic = WorkspaceForeignKey(SubscriptionTopic, on_delete=models.PROTECT, related_name="+")
    send_hour = models.PositiveSmallIntegerField(default=9)
    is_on = models.BooleanField(default=False)
    switched_on_at = models.DateTimeField(null=True, editable=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="one_birthday_greeting"),
            models.CheckConstraint(condition=Q(send_hour__lte=23), name="birthday_hour_is_an_hour"),
        ]

    def __str__(self) -> str:
        return "birthday greeting"
