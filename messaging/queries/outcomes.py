"""What may become of a campaign's or a flow's message, each as the condition that counts it and opens its people."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.expressions import Combinable, CombinedExpression
from django.db.models.fields import DateTimeField
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.queries.filtering import Among
from messaging.models import ACCEPTED_STATES, LEASED_STATES, Campaign, Conversion, MessageState
from messaging.reasons import Reason
from sales.models import Order
from sales.models.orders import OrderQuerySet

HELD_OUT = Q(state=MessageState.SKIPPED, reason=Reason.HOLDOUT)
WAITING_STATES = (MessageState.QUEUED, *LEASED_STATES)
UNSENT_STATES = (MessageState.SKIPPED, MessageState.CANCELLED, MessageState.FAILED)
AFTER_GOAL = timedelta(days=2)
FEW = 2_000

OUTCOMES = {
    "held_out": (_("Held out"), HELD_OUT),
    "written_to": (_("Written to, or meant to be"), ~HELD_OUT),
    # Apart, for each has an index of its own: of a million the last few would be looked for among all.
    "waiting": (_("Waiting"), Q(state=MessageState.QUEUED) | Q(state__in=LEASED_STATES)),
    "sent": (_("Sent"), Q(state__in=ACCEPTED_STATES)),
    "delivered": (_("Delivered"), Q(state__in=(MessageState.DELIVERED, MessageState.COMPLAINED))),
    "opened": (_("Opened by a person"), Q(opened_at__isnull=False)),
    "opened_at_all": (_("Opened, machines too"), Q(opened_at__isnull=False) | Q(machine_opened_at__isnull=False)),
    "clicked": (_("Followed a link"), Q(clicked_at__isnull=False)),
    "converted": (_("Ordered"), Q(Exists(Conversion.objects.filter(message=OuterRef("pk"))))),
    "unsubscribed": (_("Unsubscribed"), Q(unsubscribed_at__isnull=False)),
    "bounced": (_("Came back"), Q(state=MessageState.BOUNCED)),
    "complained": (_("Marked as spam"), Q(state=MessageState.COMPLAINED)),
    "not_sent": (_("Not sent"), Q(state=MessageState.SKIPPED) & ~Q(reason=Reason.HOLDOUT)),
    "failed": (_("Failed"), Q(state=MessageState.FAILED)),
    "in_doubt": (_("Not known if sent"), Q(state=MessageState.UNKNOWN)),
    "taken_back": (_("Taken back"), Q(state=MessageState.CANCELLED)),
    "unsent": (_("Not sent, for whatever reason"), Q(state__in=UNSENT_STATES) & ~HELD_OUT),
    "buyers": (_("Ordered in the days of the goal"), ~HELD_OUT),
    "held_out_buyers": (_("Held out, and ordered in the days of the goal"), HELD_OUT),
}
# Messages from before it was kept have what may have moved since.
GOAL_FROM = Coalesce(OuterRef("goal_from"), OuterRef("not_before"))
BUYERS = ("buyers", "held_out_buyers")


def outcome_condition(outcome: str, campaign: Campaign | None = None) -> Q:
    """Who buys in the days of the goal is asked of campaigns only."""
    _label, condition = OUTCOMES[outcome]
    return condition & _ordered_in_goal(campaign) if campaign and outcome in BUYERS else condition


def goal_ends(campaign: Campaign, now: datetime) -> datetime:
    """With room for those who are written to by their own clock, or slowly."""
    return (campaign.ended_at or now) + timedelta(days=campaign.goal_days) + AFTER_GOAL


def _ordered_in_goal(campaign: Campaign) -> Q:
    since, until = campaign.started_at or campaign.created_at, goal_ends(campaign, timezone.now())
    return ordered_within(campaign.goal_days, of=GOAL_FROM, since=since, until=until)


def ordered_within(days: int, *, of: Combinable, since: datetime, until: datetime) -> Q:
    """Whose customer ordered in so many days from the instant `of`, all of which lie between `since` and `until`.

    Where few ordered in that time at all, these are asked: of a million rows theirs are hard to come by.
    """
    lately = goal_orders().filter(placed_at__gte=since, placed_at__lt=until, customer__isnull=False).order_by()
    few = list(lately.values_list("customer_id", flat=True)[: FEW + 1])
    ordered = Q(Exists(orders_within(days, of=of)))
    return ordered if len(few) > FEW else Q(Among("customer_id", sorted(set(few)))) & ordered


def goal_orders() -> OrderQuerySet:
    """Those that somebody is counted as a buyer for: not cancelled, and not wholly refunded."""
    return Order.objects.counted().exclude(refunded_minor__gt=0, refunded_minor=F("total_minor"))


def orders_within(days: int, *, of: Combinable) -> OrderQuerySet:
    """Of a row's customer, as a subquery: those in so many days from its instant `of`."""
    return goal_orders().filter(customer=OuterRef("customer"), placed_at__gte=of, placed_at__lt=days_after(of, days))


def days_after(of: Combinable, days: int) -> ExpressionWrapper[CombinedExpression]:
    return ExpressionWrapper(of + timedelta(days=days), output_field=DateTimeField())
