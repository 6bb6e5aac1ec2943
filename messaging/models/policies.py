from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

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
    # The one that holds only for customers who asked for it (ContactWish.is_less_often); staff do not see it.
    is_wish = models.BooleanField(default=False, db_default=False, editable=False)

    class Meta(WorkspaceOwned.Meta):
        ordering = ["days", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "days"], condition=Q(is_wish=False), name="one_frequency_policy_for_days"
            ),
            models.UniqueConstraint(fields=["workspace"], condition=Q(is_wish=True), name="one_policy_of_wishes"),
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


class ContactWish(WorkspaceOwned):
    """How often a customer wants to be written to, as they said on their preference page.

    It is about what has a topic: until `paused_until` nothing, and if `is_less_often` one message in any seven days.
    """

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    # Empty again soon after that moment (`end_due_pauses`), so that whoever asks for it needs no clock.
    paused_until = models.DateTimeField(null=True)
    is_less_often = models.BooleanField(default=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "customer"], name="one_contact_wish_per_customer"),
        ]
        indexes = [
            models.Index(
                fields=["workspace", "paused_until", "customer"],
                condition=Q(paused_until__isnull=False),
                name="contact_wish_paused",
            ),
            models.Index(
                fields=["workspace", "customer"], condition=Q(is_less_often=True), name="contact_wish_less_often"
            ),
        ]

    def __str__(self) -> str:
        return f"wish of {self.customer_id}"

    @property
    def pause_ends_at(self) -> datetime | None:
        """None once it is over: it ends by itself."""
        return self.paused_until if self.paused_until and self.paused_until > timezone.now() else None
