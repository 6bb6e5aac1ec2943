"""Campaigns through the API: written as drafts, launched, stopped, and reported on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.errors import ApiError
from accounts.rest.fields import Day, Instant, PublicId, RelatedId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from accounts.scope import current_workspace
from customers.api.segments import PREFIX as SEGMENT
from customers.models import Segment
from messaging.actions import campaigns as actions
from messaging.campaign_plans import CampaignPlan
from messaging.models import (
    Campaign,
    CampaignState,
    CampaignTally,
    PauseReason,
    Reach,
    Repeats,
    SubscriptionTopic,
    Template,
    Timing,
)
from messaging.queries.campaigns import Report
from messaging.reasons import Reason
from messaging.rendering import BadTemplate

PREFIX = "cmp"
TEMPLATE = "tpl"
MOST_SEGMENTS = 100
_CLOCK = r"^([01]\d|2[0-3]):[0-5]\d$"


class SegmentIds(serializers.ListField):
    """Of segments that are in use; out, those of the campaign."""

    child = PublicId(SEGMENT)

    def __init__(self, *, is_excluded: bool = False, **kwargs: Any) -> None:
        self.is_excluded = is_excluded
        super().__init__(max_length=MOST_SEGMENTS, required=False, **kwargs)

    def get_attribute(self, instance: Campaign) -> Any:
        chosen = [each for each in instance.segments.all() if each.is_excluded == self.is_excluded]
        return sorted(each.segment_id for each in chosen)

    def to_internal_value(self, data: Any) -> list[Segment]:
        ids = super().to_internal_value(data)
        found = Segment.objects.in_use().in_bulk(ids)
        for position, pk in enumerate(ids):
            if pk not in found:
                words = [_("There is no such segment in this workspace.")]
                raise serializers.ValidationError({f"[{position}]": words}, "unknown_reference")
        return [found[pk] for pk in dict.fromkeys(ids)]


class CampaignSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    name = Text(max_length=120)
    state = serializers.ChoiceField(CampaignState.choices, read_only=True)
    template = RelatedId(TEMPLATE, Template, required=False, allow_null=True)
    subject = Text(required=False, write_only=True, max_length=300, help_text="With `body`, instead of a `template`.")
    body = Text(required=False, write_only=True, max_length=100_000, help_text="Text or HTML; it becomes a template.")
    topic = Text(required=False, max_length=60, source="topic.key", help_text="The key of the topic.")
    reach = serializers.ChoiceField(
        Reach.choices, required=False, help_text="`topic`: all who agreed to it. `segments`: those `included`."
    )
    included = SegmentIds()
    excluded = SegmentIds(is_excluded=True)
    timing = serializers.ChoiceField(Timing.choices, required=False)
    send_on = Day(required=False, allow_null=True)
    send_time = serializers.RegexField(_CLOCK, required=False, help_text="`09:30`, on the clock that `timing` says.")
    repeats = serializers.ChoiceField(Repeats.choices, required=False)
    repeat_day = serializers.IntegerField(
        required=False, allow_null=True, help_text="Of a week 1 is Monday; of a month, the day."
    )
    per_hour = serializers.IntegerField(required=False, allow_null=True, help_text="Messages per hour, at most leave.")
    holdout_percent = serializers.IntegerField(required=False, help_text="So many are not written to, to compare with.")
    goal_days = serializers.IntegerField(required=False, help_text="In so many days an order counts for it.")
    pause_reason = serializers.ChoiceField(PauseReason.choices, read_only=True, allow_blank=True)
    created_at = Instant(read_only=True)
    starts_at = Instant(read_only=True, allow_null=True)
    started_at = Instant(read_only=True, allow_null=True)
    ended_at = Instant(read_only=True, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("subject")) != bool(attrs.get("body")):
            raise serializers.ValidationError({"body": [_("A message needs a subject and a text.")]}, "missing_field")
        return attrs

    def to_representation(self, instance: Campaign) -> dict[str, Any]:
        shown = dict(super().to_representation(instance))
        return {**shown, "topic": instance.topic.key if instance.topic else None, "send_time": _clock(instance)}


class CampaignReportSerializer(serializers.Serializer[Any]):
    """Figures as counted last; each is a number of messages, that is of customers."""

    counted_at = Instant(allow_null=True, help_text="None: it has not begun, or not been counted yet.")
    figures = serializers.DictField(child=serializers.IntegerField())
    revenue_minor = serializers.IntegerField(help_text="Of the orders that count for it, after refunds.")
    currency = serializers.CharField()
    lift = serializers.DictField(
        allow_null=True,
        help_text="The difference of the shares of buyers, among those written to and those held out, with its 95 % "
        "interval (Newcombe 1998, method 10). None where nobody was held out, or too few.",
    )


class CampaignRetrySerializer(StrictSerializer):
    reasons = serializers.ListField(
        child=serializers.ChoiceField(Reason.choices), min_length=1, help_text="Why what is tried again has failed."
    )


class CampaignQuery(ListQuery):
    state = serializers.ChoiceField(CampaignState.choices, required=False)


class CampaignViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = CampaignSerializer
    required_scopes = {"GET": ApiScope.CAMPAIGNS_READ, "POST": ApiScope.CAMPAIGNS_WRITE}
    action_scopes = dict.fromkeys(("launch", "pause", "resumption", "cancellation", "retry"), ApiScope.CAMPAIGNS_SEND)
    query_class = CampaignQuery
    filters = {"state": "state"}
    http_method_names = ["get", "head", "post"]

    def get_queryset(self) -> models.QuerySet[Any]:
        return Campaign.objects.select_related("topic").prefetch_related("segments")

    def create(self, request: Request) -> Response:
        """Write a draft. Nothing is sent until it is launched."""
        given = self.valid(CampaignSerializer, request)
        words = (given.pop("subject"), given.pop("body")) if given.get("subject") else None
        try:
            campaign = actions.add_campaign(_plan(given), words=words)
        except BadTemplate as error:
            raise ApiError("invalid_value", str(error), param=error.field) from None
        return Response(self.shown(campaign), status=201)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def approval(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Ask for it. Who may send it gives it by launching the campaign."""
        return self._decided(id, actions.ask_approval)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def launch(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Let it go when its time comes. Where another person must approve, a key can't."""
        return self._decided(id, actions.launch_campaign)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """From now on none of its messages begins to leave."""
        return self._decided(id, actions.pause_campaign)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resumption(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Go on from where it stood."""
        return self._decided(id, actions.resume_campaign)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def cancellation(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Take back for good what has not left."""
        return self._decided(id, actions.cancel_campaign)

    @extend_schema(request=CampaignRetrySerializer)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Try again what has failed for these reasons, and nothing else: nobody gets it twice."""
        reasons = self.valid(CampaignRetrySerializer, request)["reasons"]
        return self._decided(id, partial(actions.retry_campaign, reasons=reasons))

    @extend_schema(responses=CampaignReportSerializer)
    @action(detail=True, methods=["get"])
    def report(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Say what came of it, as counted last: while it sends, some seconds ago."""
        campaign = self.row(id)
        tally = CampaignTally.objects.filter(campaign=campaign).first() or CampaignTally(campaign=campaign)
        report = Report(campaign, tally)
        answer = {
            "counted_at": tally.counted_at,
            "figures": report.figures,
            "revenue_minor": tally.revenue_minor,
            "currency": current_workspace().currency,
            "lift": _lift(report),
        }
        return Response(CampaignReportSerializer(answer).data)

    def _decided(self, public_id: str, decide: Callable[[Campaign], Campaign]) -> Response:
        return Response(self.shown(decide(self.row(public_id))))


def _plan(given: dict[str, Any]) -> CampaignPlan:
    values = dict(given)
    if (topic := values.pop("topic", None)) is not None:
        values["topic"] = SubscriptionTopic.objects.in_use().filter(key=topic["key"]).first()
        if values["topic"] is None:
            raise ApiError("unknown_reference", _("There is no such topic in use."), param="topic")
    if time := values.pop("send_time", None):
        values["send_time"] = serializers.TimeField().to_internal_value(time)
    choices = {"reach": Reach, "timing": Timing, "repeats": Repeats}
    values |= {name: choice(values[name]) for name, choice in choices.items() if name in values}
    values.setdefault("goal_days", current_workspace().goal_days)
    return CampaignPlan(**values)


def _clock(campaign: Campaign) -> str | None:
    return f"{campaign.send_time:%H:%M}" if campaign.send_time else None


def _lift(report: Report) -> dict[str, Any] | None:
    lift = report.lift
    if lift is None or lift.is_too_small:
        return None
    low, high = lift.interval
    return {"difference": lift.difference, "low": low, "high": high, "is_certain": lift.is_certain}
