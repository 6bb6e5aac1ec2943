from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models import Customer


class ConfirmationPolicy(WorkspaceOwned):
    """Whether the topics that follow the workspace want consent confirmed. Without a row they don't."""

    needs_confirmation = models.BooleanField(default=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace"], name="one_confirmation_policy")]

    def __str__(self) -> str:
        return "double opt-in" if self.needs_confirmation else "single opt-in"


# The keys of the two topics that a new workspace begins with.
NEWSLETTER, GREETINGS = "newsletter", "greetings"


class SubscriptionTopicQuerySet(models.QuerySet["SubscriptionTopic"]):
    def in_use(self) -> Self:
        return self.filter(archived_at=None)


class SubscriptionTopic(WorkspaceOwned):
    """Something people can agree to hear about, and withdraw from, by itself."""

    # What programs and files call it; it does not follow the name.
    key = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=300, blank=True)
    # Offered, but never ticked, where somebody joins.
    is_default = models.BooleanField(default=False)
    # Double opt-in: consent counts once the customer has confirmed it by a letter to the very address.
    needs_confirmation = models.BooleanField(default=False, db_default=False)
    # Then `needs_confirmation` is what the ConfirmationPolicy says, and changes with it.
    follows_workspace = models.BooleanField(default=False, db_default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    archived_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(SubscriptionTopicQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_topic_per_key"),
            models.UniqueConstraint(
                fields=["workspace", "name"], condition=Q(archived_at=None), name="one_topic_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentState(models.TextChoices):
    PENDING = "pending", _("Waiting for confirmation")
    GIVEN = "given", _("Given")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class ConsentSource(models.TextChoices):
    JOIN_PAGE = "join_page", _("Join page")
    PREFERENCES = "preferences", _("Preference page")
    UNSUBSCRIBE = "unsubscribe", _("Unsubscribe link")
    STAFF = "staff", _("Told to staff")
    IMPORT = "import", _("Import")
    API = "api", _("API")
    # Said before, and confirmed by an address that was changed since: it is to be confirmed again.
    OTHER_ADDRESS = "other_address", _("Given under another address")


# Whoever speaks through these has followed a link in a letter to the address.
CONFIRMED_BY_ITSELF = (ConsentSource.JOIN_PAGE, ConsentSource.PREFERENCES)


def is_confirmed(source: str, confirmed_at: datetime | None) -> bool:
    return confirmed_at is not None or source in CONFIRMED_BY_ITSELF


def confirmed_in_sql(row: str) -> str:
    """The same of a row of the ledger, by the name that it has in a statement."""
    sources = ", ".join(f"'{source.value}'" for source in CONFIRMED_BY_ITSELF)
    return f"({row}.confirmed_at is not null or {row}.source in ({sources}))"


def counts_as(state: str, source: str, confirmed_at: datetime | None, *, needs_confirmation: bool) -> str:
    """The state in which a word counts: given, but not confirmed where the topic wants that, it is still waited for."""
    waits = needs_confirmation and state == ConsentState.GIVEN and not is_confirmed(source, confirmed_at)
    return ConsentState.PENDING.value if waits else state


class ConsentRecordQuerySet(models.QuerySet["ConsentRecord"]):
    def current(self) -> Self:
        """The one that counts of each customer and topic, by the index `consent_newest_first`."""
        return self.order_by("customer_id", "topic_id", "-at", "-id").distinct("customer_id", "topic_id")


class ConsentRecord(WorkspaceOwned):
    """What a person agreed to or took back: when, where, and under which words. The newest of a topic counts.

    Never changed: the trigger `consent_stays_as_it_was` lets only a merge give it to another customer, and an erasure
    take `wording`, `detail` and `ip` away.
    """

    customer = WorkspaceForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    topic = WorkspaceForeignKey(SubscriptionTopic, on_delete=models.PROTECT, related_name="consents")
    state = models.CharField(max_length=10, choices=ConsentState)
    source = models.CharField(max_length=20, choices=ConsentSource)
    # The words that the person saw, and what else proves it: which form, which file, who was told.
    wording = models.TextField(blank=True)
    detail = models.CharField(max_length=300, blank=True)
    ip = models.GenericIPAddressField(null=True)
    # When the customer confirmed it, as seen here or as another system or a file says. See CONFIRMED_BY_ITSELF.
    confirmed_at = models.DateTimeField(null=True)
    # The request for confirmation, of a pending one: only its link confirms it. Of one confirmed by a link, its letter:
    # it went to the address that the confirmation is worth something for.
    message = WorkspaceForeignKey("messaging.Message", on_delete=models.PROTECT, null=True, related_name="+")
    actor = models.CharField(max_length=40)
    at = models.DateTimeField(default=timezone.now)

    objects: ClassVar = WorkspaceManager.from_queryset(ConsentRecordQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ConsentState.values), name="consent_state_is_known"),
            models.CheckConstraint(condition=Q(source__in=ConsentSource.values), name="consent_source_is_known"),
        ]
        indexes = [
            models.Index(fields=["workspace", "customer", "topic", "-at", "-id"], name="consent_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.state} {self.topic_id} by {self.customer_id}"

    @property
    def counts_as(self) -> str:
        """Asks the topic: select it along."""
        needs_confirmation = self.topic.needs_confirmation
        return counts_as(self.state, self.source, self.confirmed_at, needs_confirmation=needs_confirmation)


class SuppressionReason(models.TextChoices):
    BOUNCED = "bounced", _("The address does not exist")
    SOFT_BOUNCES = "soft_bounces", _("The address kept refusing messages")
    COMPLAINED = "complained", _("The recipient marked a message as spam")
    UNSUBSCRIBED = "unsubscribed", _("The recipient wants no newsletters or greetings")
    MANUAL = "manual", _("Blocked by hand")


# What was asked for, such as a confirmation, still goes to somebody who only wants no newsletters.
STOPS_EVERYTHING = tuple(reason for reason in SuppressionReason if reason != SuppressionReason.UNSUBSCRIBED)


class Suppression(WorkspaceOwned):
    """An address that is not written to, whoever has it: by its hash, so that it outlives the customer.

    Several reasons can hold at once; lifting one leaves the others. `hint` is the masked address, gone once erased.
    """

    address_hash = models.CharField(max_length=64)
    hint = models.CharField(max_length=254, blank=True)
    reason = models.CharField(max_length=20, choices=SuppressionReason)
    detail = models.CharField(max_length=300, blank=True)
    actor = models.CharField(max_length=40, default="system")
    at = models.DateTimeField(default=timezone.now)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "address_hash", "reason"], name="one_suppression_per_address_and_reason"
            ),
            models.CheckConstraint(
                condition=Q(reason__in=SuppressionReason.values), name="suppression_reason_is_known"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "-at", "-id"], name="suppression_newest_first")]

    def __str__(self) -> str:
        return f"{self.reason} since {self.at:%Y-%m-%d}"
