"""Why somebody did or did not get a campaign, or what a flow sends. What is not stored is asked as of today."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.scope import current_workspace
from customers.models import Customer, Segment, SegmentMembership
from customers.segments.definitions import DefinitionRefused, definition_of
from customers.segments.explaining import explain
from messaging.eligibility import consents_of
from messaging.flows.endings import ending_in_words
from messaging.flows.entrants import is_held_out_of
from messaging.flows.plans import plan_of
from messaging.flows.words import event_in_words
from messaging.models import (
    Campaign,
    CampaignSegment,
    CampaignState,
    ConsentState,
    Enrolment,
    EnrolmentState,
    Flow,
    Message,
    MessageState,
    Reach,
)
from messaging.queries.consent import contact_wish
from messaging.queries.messages import message_history, with_reasons
from messaging.reasons import Reason
from timeline.models import Event

MOST_ENROLMENTS = 10


@dataclass(frozen=True)
class Point:
    """Something that speaks for or against it (`holds`), or that happened (None), then. `depth` indents it."""

    text: str
    holds: bool | None = None
    depth: int = 0
    url: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Explanation:
    """`got`: they got it, or are on the way to; `url` is where that is told in full."""

    answer: str
    got: bool
    points: list[Point]
    url: str = ""
    at: datetime | None = None


def explain_campaign(campaign: Campaign, customer: Customer) -> Explanation:
    message = Message.objects.filter(campaign=campaign, customer=customer).order_by("pk").last()
    if message is not None:
        return _of_message(message)
    if campaign.is_repeating:
        return Explanation(_("It repeats: choose one of its occurrences."), got=False, points=[])
    points = list(_audience_points(campaign, customer))
    if campaign.state == CampaignState.SCHEDULED:
        answer = _("It has not begun. Whether they would belong to its audience, as of today:")
    elif campaign.is_under_way and campaign.gathered_at is None and campaign.place < customer.pk:
        answer = _("Its audience is still being gathered. Whether they belong to it, as of today:")
    else:
        answer = _("They did not belong to its audience when it was gathered. How that looks today:")
    return Explanation(answer, got=False, points=points)


def _of_message(message: Message) -> Explanation:
    ((_message, reason),) = with_reasons([message])
    points = [Point(" ".join(filter(None, [each.title, each.text])), at=each.at) for each in message_history(message)]
    return Explanation(
        answer=f"{message.get_state_display()}. {reason}".strip(),
        got=message.is_accepted or message.state in (MessageState.QUEUED, MessageState.LEASED, MessageState.SENDING),
        points=points,
        url=_page("messaging:message_detail", message.pk),
        at=message.sent_at or message.settled_at or message.created_at,
    )


def _audience_points(campaign: Campaign, customer: Customer) -> Iterator[Point]:
    if customer.archived_at:
        yield Point(str(Reason.ARCHIVED.label), holds=False)
    if not customer.email_norm:
        yield Point(str(Reason.NO_ADDRESS.label), holds=False)
    yield from _wish_points(customer)
    chosen = CampaignSegment.objects.filter(campaign=campaign).select_related("segment").order_by("is_excluded", "pk")
    if campaign.reach == Reach.TOPIC and campaign.topic is not None:
        state = consents_of([customer.pk], [campaign.topic.pk]).get((customer.pk, campaign.topic.pk))
        yield Point(_("Agrees to “%(topic)s”") % {"topic": campaign.topic}, holds=state == ConsentState.GIVEN)
        if state == ConsentState.PENDING:
            yield Point(str(Reason.NOT_CONFIRMED.label), depth=1)
    for each in chosen:
        yield from _excluding(each.segment, customer) if each.is_excluded else _including(each.segment, customer)


def _wish_points(customer: Customer) -> Iterator[Point]:
    wish = contact_wish(customer)
    if ends_at := wish.pause_ends_at:
        yield Point(_("The customer paused marketing messages until"), holds=False, at=ends_at)
    if wish.is_less_often:
        yield Point(_("The customer wants no more than one message a week."))


def _including(segment: Segment, customer: Customer) -> Iterator[Point]:
    membership = SegmentMembership.objects.filter(segment=segment, customer=customer).first()
    yield _segment_point(_("Is in “%(segment)s”"), segment, holds=membership is not None)
    if membership is not None:
        yield Point(_("In it since"), depth=1, at=membership.entered_at)
    elif segment.definition:
        yield from _rule_points(segment, customer)


def _excluding(segment: Segment, customer: Customer) -> Iterator[Point]:
    is_in = SegmentMembership.objects.filter(segment=segment, customer=customer).exists()
    yield _segment_point(_("Is not in “%(segment)s”, which is left out"), segment, holds=not is_in)


def _segment_point(words: str, segment: Segment, *, holds: bool) -> Point:
    return Point(words % {"segment": segment.name}, holds=holds, url=_page("customers:segment_detail", segment.pk))


def _rule_points(segment: Segment, customer: Customer) -> Iterator[Point]:
    try:
        asked = explain(definition_of(segment.definition), customer, today=_today())
    except DefinitionRefused as refusal:
        yield Point(str(refusal), holds=False, depth=1)
        return
    for each in asked:
        yield Point(each.text, holds=each.holds, depth=each.depth + 1)


def explain_flow(flow: Flow, customer: Customer) -> Explanation:
    enrolments = list(Enrolment.objects.filter(flow=flow, customer=customer).order_by("-pk")[:MOST_ENROLMENTS])
    if not enrolments:
        answer = _("They have not entered the flow. What speaks for and against it today:")
        return Explanation(answer, got=False, points=list(_entry_points(flow, customer)))
    newest = enrolments[0]
    return Explanation(
        answer=_enrolment_in_words(newest),
        got=newest.is_on_the_way,
        points=[
            Point(_enrolment_in_words(each), url=_enrolment_url(each), at=each.entered_at) for each in enrolments[1:]
        ],
        url=_enrolment_url(newest),
        at=newest.entered_at,
    )


def _enrolment_in_words(enrolment: Enrolment) -> str:
    reason = ending_in_words(enrolment.reason) if enrolment.reason else ""
    if enrolment.state == EnrolmentState.HELD_OUT:
        return reason
    return " ".join(filter(None, [_("Entered the flow."), f"{enrolment.get_state_display()}.", reason]))


def _enrolment_url(enrolment: Enrolment) -> str:
    return _page("messaging:enrolment_detail", enrolment.flow_id, enrolment.pk)


def _entry_points(flow: Flow, customer: Customer) -> Iterator[Point]:
    yield Point(_("The flow is switched on"), holds=flow.is_on)
    if flow.current is None:
        return
    definition = plan_of(flow.current).definition
    if is_held_out_of(flow.pk, customer.pk, definition):
        yield Point(_("Would be held out, to measure what this flow brings"), holds=False)
    if happening := definition.trigger.happening:
        newest = Event.objects.filter(customer_id=customer.pk, kind=happening.kind).order_by("-occurred_at").first()
        since = flow.switched_on_at
        has_happened = newest is not None and since is not None and newest.occurred_at >= since
        words = _("Since it was switched on, this has happened: %(event)s")
        yield Point(words % {"event": event_in_words(happening.kind)}, holds=has_happened)
    yield from _wish_points(customer)
    if definition.filter:
        yield Point(_("The entry filter:"))
        asked = explain(definition_of(dict(definition.filter)), customer, today=_today())
        yield from (Point(each.text, holds=each.holds, depth=each.depth + 1) for each in asked)


def _today() -> date:
    return timezone.localdate(timezone=current_workspace().tzinfo)


def _page(name: str, *args: object) -> str:
    return reverse(name, urlconf=settings.WORKSPACE_URLCONF, args=args)
