from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceOwned
from customers.models import Customer
from messaging.models.messages import Message


class QuietHours(WorkspaceOwned):
    """From `begins` o'clock until `ends` o'clock, by each customer's own clock, nothing with a topic leaves.

    It waits. What somebody asked for themselves, such as a confirmation, goes at any hour.
    """

    begins = models.PositiveSmallIntegerField(default=22)
    ends = models.PositiveSmallIntegerField(default=8)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="one_time_of_quiet"),
            models.CheckConstraint(
                condition=Q(begins__lte=23, ends__lte=23) & ~Q(begins=F("ends")), name="quiet_hours_begin_and_end"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.begins}:00 to {self.ends}:00"


class FrequencyPolicy(WorkspaceOwned):
    """At most `messages` with a topic to one customer in any `days` times 24 hours.

    One that finds no room waits if there is room again within `wait_days`, else it is not sent; 0: it never waits.
    Of several that are due the most urgent goes first. `spares_automations`: a flow's message (a cart reminder, a
    greeting) counts where there is room, and goes all the same where there is none.
    """

    messages = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    wait_days = models.PositiveSmallIntegerField(default=0)
    spares_automations = models.BooleanField(default=True)

    class Meta(WorkspaceOwned.Meta):
        ordering = ["days", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "days"], name="one_frequency_policy_per_days"),
            models.CheckConstraint(
                condition=Q(messages__range=(1, 100), days__range=(1, 90), wait_days__lte=30),
                name="frequency_policy_within_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.messages} in {self.days} days"


class FrequencySlot(WorkspaceOwned):
    """One of a policy's places for one customer, taken by `message` until `free_at`.

    Taken in the transaction that lets the message leave: of two workers that both saw room, the unique constraint
    gives the place to one.
    """

    policy = WorkspaceForeignKey(FrequencyPolicy, on_delete=models.CASCADE, related_name="slots")
    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveSmallIntegerField()
    message = WorkspaceForeignKey(Message, on_delete=models.CASCADE, related_name="+")
    free_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "policy", "customer", "number"], name="one_message_per_frequency_slot"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "customer", "free_at"], name="frequency_slot_of_customer")]

    def __str__(self) -> str:
        return f"{self.policy_id} of {self.customer_id}: {self.number}"
