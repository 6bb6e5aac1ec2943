from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models import Customer
from messaging.models.campaigns import Campaign
from messaging.models.consent import SubscriptionTopic
from messaging.models.flows import Enrolment
from messaging.models.templates import LinkSet, TemplateVersion
from messaging.purposes import Purpose


class MessageState(models.TextChoices):
    """Which may follow which is the database's to say: the trigger `message_keeps_its_states`."""

    QUEUED = "queued", _("Waiting")
    LEASED = "leased", _("Being prepared")
    SENDING = "sending", _("Being sent")
    SENT = "sent", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    BOUNCED = "bounced", _("Bounced")
    COMPLAINED = "complained", _("Marked as spam")
    FAILED = "failed", _("Failed")
    UNKNOWN = "unknown", _("Not known if sent")
    SKIPPED = "skipped", _("Not sent")
    CANCELLED = "cancelled", _("Cancelled")


LEASED_STATES = (MessageState.LEASED, MessageState.SENDING)
# The relay took it; what the recipient's server and the recipient did with it came later.
ACCEPTED_STATES = (MessageState.SENT, MessageState.DELIVERED, MessageState.BOUNCED, MessageState.COMPLAINED)
# What a person may want to look at.
ATTENTION_STATES = (
    MessageState.FAILED,
    MessageState.UNKNOWN,
    MessageState.SKIPPED,
    MessageState.CANCELLED,
    MessageState.BOUNCED,
    MessageState.COMPLAINED,
)

RARE_PURPOSES = (Purpose.CONFIRMATION, Purpose.TEST)


class Priority(models.IntegerChoices):
    """Lower goes first."""

    TRANSACTIONAL = 10, "Asked for by its recipient"
    AUTOMATION = 50, "From an automation"
    CAMPAIGN = 90, "From a campaign"


class MessageQuerySet(models.QuerySet["Message"]):
    def queued(self) -> Self:
        return self.filter(state=MessageState.QUEUED)

    def accepted(self) -> Self:
        return self.filter(state__in=ACCEPTED_STATES)

    def unknown(self) -> Self:
        return self.filter(state=MessageState.UNKNOWN)


class Message(WorkspaceOwned):
    """One message to one recipient: the queue, the outcome and the reason, in one row (docs: delivery).

    `dedupe_key` says what may happen once (`birthday:12:2026`), `message_id` is the Message-ID header and evidence.
    A topic makes it marketing, which needs consent; without one it is transactional. `context` holds what the template
    was rendered with, beside links that carry secrets.
    """

    customer = WorkspaceForeignKey(Customer, on_delete=models.PROTECT, null=True, related_name="messages")
    purpose = models.CharField(max_length=40)
    topic = WorkspaceForeignKey(SubscriptionTopic, on_delete=models.PROTECT, null=True, related_name="messages")
    campaign = WorkspaceForeignKey(Campaign, on_delete=models.PROTECT, null=True, related_name="messages")
    template_version = WorkspaceForeignKey(TemplateVersion, on_delete=models.PROTECT, related_name="messages")
    # Of what a flow sends: whose way through it, and at which step.
    enrolment = WorkspaceForeignKey(Enrolment, on_delete=models.PROTECT, null=True, related_name="messages")
    step = models.CharField(max_length=40, blank=True, db_default="")
    dedupe_key = models.CharField(max_length=200)
    message_id = models.CharField(max_length=200)
    # Blank once the recipient was erased.
    address = models.CharField(max_length=254, blank=True)
    address_hash = models.CharField(max_length=64)
    context = models.JSONField(default=dict)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.AUTOMATION)
    not_before = models.DateTimeField(default=timezone.now)
    # Of a campaign: from when on its days of the goal are counted, whatever the message waits for afterwards.
    goal_from = models.DateTimeField(null=True, editable=False)
    state = models.CharField(max_length=10, choices=MessageState, default=MessageState.QUEUED)
    # Why it was not sent, as a code of messaging.reasons; `reply` is what the relay said last.
    reason = models.CharField(max_length=40, blank=True)
    reply = models.CharField(max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # Whose hands it is in, as `host:process:random`; blank when in nobody's.
    lease_token = models.CharField(max_length=120, blank=True, editable=False)
    lease_expires_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When the relay was last given its body.
    tried_at = models.DateTimeField(null=True, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)
    # When it came into a state that nothing but evidence or the recipient changes.
    settled_at = models.DateTimeField(null=True, editable=False)
    # Where its links lead, by their number: those that all messages of its kind share, and its own.
    link_set = WorkspaceForeignKey(LinkSet, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    links = models.JSONField(null=True, editable=False)
    # The first time that a person read it and followed one of its links, and that a machine fetched its pictures.
    opened_at = models.DateTimeField(null=True, editable=False)
    clicked_at = models.DateTimeField(null=True, editable=False)
    machine_opened_at = models.DateTimeField(null=True, editable=False)
    # The last time that a person did so, once there was more than one: what orders are counted by.
    last_opened_at = models.DateTimeField(null=True, editable=False)
    last_clicked_at = models.DateTimeField(null=True, editable=False)
    # When somebody left its topic, or all of them, by one of its links.
    unsubscribed_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(MessageQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "dedupe_key"], name="one_message_per_dedupe_key"),
            models.UniqueConstraint(fields=["workspace", "message_id"], name="one_message_per_message_id"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state_is_known"),
            models.CheckConstraint(
                condition=(Q(state__in=LEASED_STATES, lease_expires_at__isnull=False) & ~Q(lease_token=""))
                | (~Q(state__in=LEASED_STATES) & Q(lease_token="", lease_expires_at=None)),
                name="message_is_leased_while_in_hand",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ACCEPTED_STATES, sent_at__isnull=False)
                | (~Q(state__in=ACCEPTED_STATES) & Q(sent_at=None)),
                name="message_is_dated_once_accepted",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("skipped", "cancelled", "failed")) | ~Q(reason=""),
                name="message_not_sent_has_a_reason",
            ),
            models.CheckConstraint(condition=~Q(dedupe_key=""), name="message_has_a_dedupe_key"),
        ]
        indexes = [
            # Those of campaigns wait by themselves: of one that is paused nothing is looked at, however much waits.
            models.Index(
                fields=["workspace", "priority", "not_before", "id"],
                condition=Q(state="queued", campaign=None),
                name="message_waiting_alone",
            ),
            models.Index(
                fields=["workspace", "campaign", "not_before", "id"],
                condition=Q(state="queued", campaign__isnull=False),
                name="message_waiting_in_campaign",
            ),
            models.Index(fields=["workspace", "campaign", "-id"], name="message_of_campaign"),
            # What a report counts, and opens, of a campaign: the few of its many.
            models.Index(
                fields=["workspace", "campaign", "state", "-id"],
                condition=Q(campaign__isnull=False, state__in=ATTENTION_STATES),
                name="message_of_campaign_by_state",
            ),
            models.Index(
                fields=["workspace", "campaign", "-id"],
                condition=Q(campaign__isnull=False, opened_at__isnull=False),
                name="message_of_campaign_opened",
            ),
            models.Index(
                fields=["workspace", "campaign", "-id"],
                condition=Q(campaign__isnull=False, clicked_at__isnull=False),
                name="message_of_campaign_clicked",
            ),
            models.Index(
                fields=["workspace", "campaign", "-id"],
                condition=Q(campaign__isnull=False, unsubscribed_at__isnull=False),
                name="message_of_campaign_left",
            ),
            models.Index(
                fields=["workspace", "lease_expires_at"],
                condition=Q(state__in=("leased", "sending")),
                name="message_in_hand",
            ),
            models.Index(
                fields=["workspace", "state", "-id"],
                condition=Q(state__in=ATTENTION_STATES),
                name="message_to_look_at",
            ),
            models.Index(
                fields=["workspace", "-tried_at"], condition=Q(tried_at__isnull=False), name="message_lately_tried"
            ),
            models.Index(fields=["workspace", "-created_at", "-id"], name="message_newest_first"),
            models.Index(fields=["workspace", "customer", "-id"], name="message_of_customer"),
            # The address itself has no index: under row-level security only what is equal letter for letter keeps one.
            models.Index(fields=["workspace", "address_hash"], name="message_to_address"),
            # Few are neither greetings nor campaigns; a list of them must not read all the others.
            models.Index(
                fields=["workspace", "purpose", "-created_at", "-id"],
                condition=Q(purpose__in=RARE_PURPOSES),
                name="message_of_rare_purpose",
            ),
            # Who was written to, and who read or followed something lately: by the index alone.
            models.Index(
                fields=["workspace", "sent_at", "customer"],
                include=["state"],
                condition=Q(sent_at__isnull=False),
                name="message_lately_sent",
            ),
            models.Index(
                fields=["workspace", "opened_at", "customer"],
                condition=Q(opened_at__isnull=False),
                name="message_lately_opened",
            ),
            models.Index(
                fields=["workspace", "clicked_at", "customer"],
                condition=Q(clicked_at__isnull=False),
                name="message_lately_clicked",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.pk}"

    @property
    def purpose_in_words(self) -> str:
        return str(Purpose(self.purpose).label) if self.purpose in Purpose.values else self.purpose

    @property
    def is_marketing(self) -> bool:
        return self.topic_id is not None

    @property
    def is_accepted(self) -> bool:
        return self.state in ACCEPTED_STATES


class MessageEvent(WorkspaceOwned):
    """Something that befell a message: put off by the relay, settled by evidence, decided by a person, opened.

    `key` tells reports of one thing apart from a second report of it (a provider's event id).
    """

    message = WorkspaceForeignKey(Message, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20)
    key = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now)
    actor = models.CharField(max_length=40, blank=True)
    detail = models.CharField(max_length=500, blank=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "message", "kind", "key"],
                condition=~Q(key=""),
                name="one_message_event_per_report",
            ),
        ]
        indexes = [models.Index(fields=["workspace", "message", "id"], name="message_event_in_order")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.message_id}"
