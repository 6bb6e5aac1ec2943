"""Stopping a campaign that does harm, before the mail servers of its recipients stop all others."""

from __future__ import annotations

from collections.abc import Collection

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from messaging.actions.campaigns.deciding import pause_campaign
from messaging.models import ACCEPTED_STATES, Campaign, Message, MessageQuerySet, MessageState, PauseReason
from messaging.reasons import Reason

# Out of so many came one back, or one recipient complained; judged only once so many had left.
BOUNCES_ONE_IN, BOUNCES_FROM = 20, 200
COMPLAINTS_ONE_IN, COMPLAINTS_FROM = 1_000, 1_000


@transaction.atomic
def pause_harmful_campaigns(message_ids: Collection[int]) -> list[Campaign]:
    """Of the campaigns of these messages, pause those that too many come back from or complain about. Returns these."""
    about = Message.objects.filter(pk__in=message_ids, campaign__isnull=False).values("campaign")
    harmful = []
    for campaign in Campaign.objects.sending().filter(pk__in=about).order_by("pk"):
        if (harm := _harm_of(campaign)) is not None:
            reason, detail = harm
            harmful.append(pause_campaign(campaign, reason=reason, detail=detail))
    return harmful


def _harm_of(campaign: Campaign) -> tuple[PauseReason, str] | None:
    messages = Message.objects.filter(campaign=campaign)
    # A relay that refuses an address at once saves itself the bounce; the list is as bad.
    came_back = messages.filter(Q(state=MessageState.BOUNCED) | Q(state=MessageState.FAILED, reason=Reason.REFUSED))
    gone = messages.filter(Q(state__in=ACCEPTED_STATES) | Q(state=MessageState.FAILED, reason=Reason.REFUSED))
    complained = messages.filter(state=MessageState.COMPLAINED)
    if words := _too_many(came_back, gone, one_in=BOUNCES_ONE_IN, at_least=BOUNCES_FROM):
        return PauseReason.BOUNCES, words
    if words := _too_many(complained, gone, one_in=COMPLAINTS_ONE_IN, at_least=COMPLAINTS_FROM):
        return PauseReason.COMPLAINTS, words
    return None


def _too_many(bad: MessageQuerySet, gone: MessageQuerySet, *, one_in: int, at_least: int) -> str:
    """The figures in words, or nothing. No more are counted than it takes to know."""
    count = bad.count()
    if not count:
        return ""
    most = max(count * one_in + 1, at_least)
    left = gone.order_by("pk").values("pk")[:most].count()
    if left < at_least or left > count * one_in:
        return ""
    return _("%(count)s of the first %(left)s.") % {"count": count, "left": left}
