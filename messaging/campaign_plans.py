"""What somebody decides about a campaign, and what of it can't be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext as _

from customers.models import Segment
from customers.normalising import clean_line
from customers.refusals import ValueRefused
from messaging.holdout import LARGEST_HOLDOUT
from messaging.models import Reach, Repeats, SubscriptionTopic, Template, Timing

SLOWEST, FASTEST = 60, 10_000_000
"""Messages an hour: one in each minute at least."""
LONGEST_GOAL = 90
DAYS_OF_WEEK, DAYS_OF_MONTH = 7, 31


@dataclass(frozen=True, kw_only=True)
class CampaignPlan:
    """A draft may lack most of it. `repeat_day`: of a week, 1 is Monday; of a month, the day."""

    name: str
    template: Template | None = None
    topic: SubscriptionTopic | None = None
    reach: Reach = Reach.TOPIC
    included: Sequence[Segment] = ()
    excluded: Sequence[Segment] = ()
    timing: Timing = Timing.AT_ONCE
    send_on: date | None = None
    send_time: time | None = None
    repeats: Repeats = Repeats.NEVER
    repeat_day: int | None = None
    per_hour: int | None = None
    holdout_percent: int = 0
    goal_days: int = 5

    def checked(self) -> CampaignPlan:
        """Itself. Raises ValueRefused for what contradicts itself, and for what can't be meant."""
        if not clean_line(self.name, field="name", longest=120):
            raise ValueRefused(_("Give it a name."), field="name")
        self._refuse_numbers()
        self._refuse_times()
        if both := {each.pk for each in self.included} & {each.pk for each in self.excluded}:
            name = next(each.name for each in self.included if each.pk in both)
            raise ValueRefused(
                _("“%(segment)s” can't be both written to and left out.") % {"segment": name}, field="excluded"
            )
        return self

    def _refuse_numbers(self) -> None:
        bounds = {
            "per_hour": (self.per_hour, SLOWEST, FASTEST),
            "holdout_percent": (self.holdout_percent, 0, LARGEST_HOLDOUT),
            "goal_days": (self.goal_days, 1, LONGEST_GOAL),
        }
        for field, (value, least, most) in bounds.items():
            if value is not None and not least <= value <= most:
                raise ValueRefused(
                    _("Choose a number from %(least)s to %(most)s.") % {"least": least, "most": most}, field=field
                )

    def _refuse_times(self) -> None:
        if self.timing == Timing.AT_ONCE:
            if self.repeats != Repeats.NEVER:
                raise ValueRefused(
                    _("What repeats needs a time of day: choose whose clock it goes by."), field="timing"
                )
            return
        if self.send_time is None:
            raise ValueRefused(_("Choose the time of day."), field="send_time")
        if self.repeats == Repeats.NEVER and self.send_on is None:
            raise ValueRefused(_("Choose the day."), field="send_on")
        days = {Repeats.WEEKLY: DAYS_OF_WEEK, Repeats.MONTHLY: DAYS_OF_MONTH}.get(self.repeats)
        if days and not 1 <= (self.repeat_day or 0) <= days:
            raise ValueRefused(_("Choose the day on which it repeats."), field="repeat_day")
