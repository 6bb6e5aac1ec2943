"""How many messages may leave now under the limits that a workspace has set for itself.

What has left is read from the messages themselves, so nothing is counted twice or forgotten by a worker that dies. Any
minute counts, and any 24 hours, wherever they begin: a mail server's own count may begin anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import ngettext

from accounts.models import Workspace
from messaging.models import LEASED_STATES, Campaign, Message, MessageQuerySet

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MINUTES_PER_HOUR = 60
SHARES = 60
"""Looked at for the one that fits a pace best."""
# With everything in workers' hands: when to look again, for they may put some back.
SOON = timedelta(seconds=1)


@dataclass(frozen=True)
class Allowance:
    """`left` messages may leave under a limit of `messages` in `window`; with none left, the next at `next_at`."""

    messages: int
    window: timedelta
    left: int
    next_at: datetime

    @property
    def wait(self) -> float:
        """Seconds until a message may leave."""
        return 0.0 if self.left else max(0.0, (self.next_at - timezone.now()).total_seconds())

    def in_words(self) -> str:
        """Why a message waits that could go but for the limit."""
        if self.window == MINUTE:
            words = ngettext(
                "Waits: your limit of %(count)s message per minute.",
                "Waits: your limit of %(count)s messages per minute.",
                self.messages,
            )
        else:
            words = ngettext(
                "Waits: your limit of %(count)s message per day.",
                "Waits: your limit of %(count)s messages per day.",
                self.messages,
            )
        return words % {"count": self.messages}


def allowance_of(workspace: Workspace) -> Allowance | None:
    """The tighter one of its limits; nothing where it has none. `workspace` is the one in scope."""
    limits = [(workspace.messages_per_minute, MINUTE), (workspace.messages_per_day, DAY)]
    everything = Message.objects.all()
    found = [_allowance(everything, messages, window) for messages, window in limits if messages is not None]
    return min(found, key=lambda allowance: (allowance.left, -allowance.wait), default=None)


def pace_of(campaign: Campaign) -> Allowance:
    """What its pace leaves of a campaign that has one, kept in every minute or less: 100 an hour are 1 in 36 seconds.

    Of the shares that are about a minute's, the one that an hour has the least left over from: never more in any hour.
    """
    per_hour = max(campaign.per_hour or 0, 1)
    most = max(per_hour // MINUTES_PER_HOUR, 1)
    share = min(range(most, max(most // 2, most - SHARES), -1), key=lambda share: per_hour % share)
    return _allowance(Message.objects.filter(campaign=campaign), share, HOUR / (per_hour // share))


def _allowance(counted: MessageQuerySet, messages: int, window: timedelta) -> Allowance:
    """What is in workers' hands may leave at any moment, and counts as if it had."""
    room = messages - counted.filter(state__in=LEASED_STATES).count()
    if room <= 0:
        return Allowance(messages, window, left=0, next_at=timezone.now() + SOON)
    handed_over = counted.filter(tried_at__gt=Now() - window).exclude(state__in=LEASED_STATES)
    newest = handed_over.order_by("-tried_at").values("tried_at")[:room]
    tried = newest.aggregate(count=Count("tried_at"), oldest=Min("tried_at"))
    left = room - tried["count"]
    return Allowance(messages, window, left, next_at=timezone.now() if left else tried["oldest"] + window)
