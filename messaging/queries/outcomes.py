"""What may become of a campaign's message, each as the condition that counts it and that opens its people."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.fields import DateTimeField
from django.utils.translation import gettext_lazy as _

from messaging.models import ACCEPTED_STATES, Campaign, Conversion, MessageState
from messaging.reasons import Reason
from sales.models import Order

HELD_OUT = Q(state=MessageState.SKIPPED, reason=Reason.HOLDOUT)
WAITING_STATES = (MessageState.QUEUED, MessageState.LEASED, MessageState.SENDING)

OUTCOMES = {
    "held_out": (_("Held out"), HELD_OUT),
    "written_to": (_("Written to, or meant to be"), ~HELD_OUT),
    "waiting": (_("Waiting"), Q(state__in=WAITING_STATES)),
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
    "buyers": (_("Ordered in the days of the goal"), ~HELD_OUT),
    "held_out_buyers": (_("Held out, and ordered in the days of the goal"), HELD_OUT),
}
BUYERS = ("buyers", "held_out_buyers")


def outcome_condition(outcome: str, campaign: Campaign) -> Q:
    _label, condition = OUTCOMES[outcome]
    return condition & Q(_ordered_in_goal(campaign)) if outcome in BUYERS else condition


def _ordered_in_goal(campaign: Campaign) -> Exists:
    end = ExpressionWrapper(OuterRef("not_before") + timedelta(days=campaign.goal_days), output_field=DateTimeField())
    orders = Order.objects.counted().filter(customer=OuterRef("customer"), placed_at__gte=OuterRef("not_before"))
    return Exists(orders.filter(placed_at__lt=end).exclude(refunded_minor__gt=0, refunded_minor=F("total_minor")))
