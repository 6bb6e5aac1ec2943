from __future__ import annotations

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.fields import WorkspaceForeignKey, WorkspaceOneToOneField
from accounts.models import WorkspaceManager, WorkspaceOwned
from customers.models import Segment
from messaging.models.consent import SubscriptionTopic
from messaging.models.templates import Template, TemplateVersion


class CampaignState(models.TextChoices):
    DRAFT = "draft", _("Draft")
    AWAITING = "awaiting", _("Waiting for approval")
    SCHEDULED = "scheduled", _("Scheduled")
    SENDING = "sending", _("Sending")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    CANCELLED = "cancelled", _("Cancelled")


# Nothing of these has been promised to anybody yet, so that they can be edited.
EDITABLE_STATES = (CampaignState.DRAFT, CampaignState.AWAITING, CampaignState.SCHEDULED)
UNDER_WAY_STATES = (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED)


class Reach(models.TextChoices):
    TOPIC = "topic", _("Everybody who agreed to the topic")
    SEGMENTS = "segments", _("The customers of segments and lists")


class Timing(models.TextChoices):
    AT_ONCE = "at_once", _("At once")
    WORKSPACE = "workspace", _("At a time on your clock")
    CUSTOMER = "customer", _("At a time on each customer's clock")


class Repeats(models.TextChoices):
    NEVER = "never", _("Once")
    WEEKLY = "weekly", _("Every week")
    MONTHLY = "monthly", _("Every month")


class PauseReason(models.TextChoices):
    """The label is the whole sentence that staff read."""

    BY_HAND = "by_hand", _("Somebody paused it.")
    BOUNCES = "bounces", _("It paused by itself: too many messages came back or were refused.")
    COMPLAINTS = "complaints", _("It paused by itself: too many recipients marked it as spam.")
    NOT_READY = "not_ready", _("It paused by itself when its time came, because something that it needs is missing.")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def sending(self) -> Self:
        return self.filter(state=CampaignState.SENDING)


class Campaign(WorkspaceOwned):
    """One text to many customers, once. One that repeats sends nothing itself: each occurrence is a campaign, its run.

    `send_on` and `send_time` are what a clock shows: the workspace's, by the `zone` it had when the campaign was
    written, or each customer's own. `place` is the last customer whom the walk through the audience has looked at.
    """

    name = models.CharField(max_length=120)
    template = WorkspaceForeignKey(Template, on_delete=models.PROTECT, null=True, related_name="+")
    # What everybody gets, from the launch on.
    version = WorkspaceForeignKey(TemplateVersion, on_delete=models.PROTECT, null=True, related_name="+")
    topic = WorkspaceForeignKey(SubscriptionTopic, on_delete=models.PROTECT, null=True, related_name="+")
    reach = models.CharField(max_length=10, choices=Reach, default=Reach.TOPIC)
    timing = models.CharField(max_length=10, choices=Timing, default=Timing.AT_ONCE)
    send_on = models.DateField(null=True)
    send_time = models.TimeField(null=True)
    zone = models.CharField(max_length=64, blank=True)
    repeats = models.CharField(max_length=10, choices=Repeats, default=Repeats.NEVER)
    # Of a week 1 is Monday; a month that is too short has its last day instead.
    repeat_day = models.PositiveSmallIntegerField(null=True)
    per_hour = models.PositiveIntegerField(null=True)
    holdout_percent = models.PositiveSmallIntegerField(default=0)
    goal_days = models.PositiveSmallIntegerField(default=5)
    state = models.CharField(max_length=10, choices=CampaignState, default=CampaignState.DRAFT)
    pause_reason = models.CharField(max_length=20, choices=PauseReason, blank=True)
    pause_detail = models.CharField(max_length=500, blank=True)
    # The campaign that repeats, of one of its runs, and which occurrence this is.
    series = WorkspaceForeignKey("self", on_delete=models.PROTECT, null=True, related_name="runs")
    occurs_on = models.DateField(null=True)
    built_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # When its audience begins to be gathered; of one that repeats, when the next occurrence does.
    starts_at = models.DateTimeField(null=True, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    gathered_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    place = models.BigIntegerField(default=0)
    audience_count = models.IntegerField(default=0)
    # What failed for these reasons, before then, goes into the queue again, step by step.
    retry_reasons = models.JSONField(null=True)
    retry_asked_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar = WorkspaceManager.from_queryset(CampaignQuerySet)()

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(fields=["workspace", "series", "occurs_on"], name="one_run_per_occurrence"),
            models.CheckConstraint(condition=Q(state__in=CampaignState.values), name="campaign_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=(CampaignState.DRAFT, CampaignState.CANCELLED))
                | Q(template__isnull=False, topic__isnull=False),
                name="campaign_is_whole_once_asked_for",
            ),
            models.CheckConstraint(
                condition=~Q(state=CampaignState.SENDING) | Q(version__isnull=False, started_at__isnull=False),
                name="campaign_sends_a_version",
            ),
            models.CheckConstraint(condition=Q(holdout_percent__lte=50), name="campaign_reaches_half_at_least"),
        ]
        indexes = [
            models.Index(fields=["workspace", "-created_at", "-id"], name="campaign_newest_first"),
            models.Index(
                fields=["workspace", "state", "id"], condition=Q(state__in=UNDER_WAY_STATES), name="campaign_under_way"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_editable(self) -> bool:
        return self.state in EDITABLE_STATES

    @property
    def is_repeating(self) -> bool:
        return self.repeats != Repeats.NEVER

    @property
    def shown_day(self) -> date | None:
        """The day on which it goes out next."""
        return self.occurs_on or self.send_on

    @property
    def is_under_way(self) -> bool:
        return self.state in {CampaignState.SENDING, CampaignState.PAUSED}


class CampaignSegment(WorkspaceOwned):
    """A segment whose customers a campaign goes to, or does not go to."""

    campaign = WorkspaceForeignKey(Campaign, on_delete=models.CASCADE, related_name="segments")
    segment = WorkspaceForeignKey(Segment, on_delete=models.PROTECT, related_name="+")
    is_excluded = models.BooleanField(default=False)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "campaign", "segment"], name="one_place_per_segment_in_a_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} of {self.campaign_id}"


class CampaignTally(WorkspaceOwned):
    """What became of a campaign's messages, counted from them again whenever it `is_stale`.

    How soon again follows from how long it took: a report costs the same however often it is looked at.
    """

    campaign = WorkspaceOneToOneField(Campaign, on_delete=models.CASCADE, related_name="tally")
    # By state, and within it by reason.
    states = models.JSONField(default=dict)
    opened = models.IntegerField(default=0)
    machine_opened = models.IntegerField(default=0)
    opened_at_all = models.IntegerField(default=0)
    clicked = models.IntegerField(default=0)
    unsubscribed = models.IntegerField(default=0)
    converted = models.IntegerField(default=0)
    revenue_minor = models.BigIntegerField(default=0)
    # Of those written to (or meant to be), and of those held out, whoever ordered within the days of the goal.
    buyers = models.IntegerField(default=0)
    held_out_buyers = models.IntegerField(default=0)
    is_stale = models.BooleanField(default=True)
    # While a worker counts it.
    begun_at = models.DateTimeField(null=True, editable=False)
    counted_at = models.DateTimeField(null=True, editable=False)
    took_ms = models.IntegerField(default=0)

    class Meta(WorkspaceOwned.Meta):
        indexes = [
            models.Index(fields=["workspace", "campaign"], condition=Q(is_stale=True), name="tally_to_count_again"),
        ]

    def __str__(self) -> str:
        return f"tally of {self.campaign_id}"
