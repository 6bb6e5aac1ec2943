from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from django.db.models import Max, QuerySet
from django.urls import reverse

from messaging.lift import Lift, Share
from messaging.models import Campaign, CampaignState, CampaignTally, MessageState
from messaging.queries.outcomes import OUTCOMES, UNSENT_STATES, WAITING_STATES
from messaging.reasons import Reason, reason_in_words


def campaigns_for_list(*, state: str = "", search: str = "") -> QuerySet[Campaign]:
    """Newest first. Runs of one that repeats stand on its page."""
    campaigns = Campaign.objects.filter(series=None).select_related("topic", "template", "tally")
    if state:
        campaigns = campaigns.filter(state=state)
    return campaigns.filter(name__icontains=search) if search else campaigns


def runs_of(campaign: Campaign) -> QuerySet[Campaign]:
    runs: QuerySet[Campaign] = Campaign.objects.filter(series=campaign).select_related("tally")
    return runs.order_by("-occurs_on", "-pk")[:50]


def newest_day(campaign: Campaign) -> date | None:
    """Of the occurrences of one that repeats, the last that had its run."""
    day: date | None = Campaign.objects.filter(series=campaign).aggregate(newest=Max("occurs_on"))["newest"]
    return day


def campaign_for_detail() -> QuerySet[Campaign]:
    names = ("template", "topic", "tally", "series", "version", "built_by", "edited_by", "approved_by")
    return Campaign.objects.select_related(*names)


@dataclass(frozen=True)
class Report:
    """What became of a campaign, as counted last. Each figure is that of the outcome by its name."""

    campaign: Campaign
    tally: CampaignTally

    @cached_property
    def figures(self) -> dict[str, int]:
        states = {state: sum(reasons.values()) for state, reasons in self.tally.states.items()}
        held_out = self.tally.states.get(MessageState.SKIPPED, {}).get(Reason.HOLDOUT, 0)
        named = ("opened", "opened_at_all", "clicked", "unsubscribed", "converted", "buyers", "held_out_buyers")
        counted = {name: int(getattr(self.tally, name)) for name in named}
        accepted = ("sent", "delivered", "bounced", "complained")
        unsent = sum(states.get(state, 0) for state in UNSENT_STATES)
        return counted | {
            "unsent": unsent - held_out,
            "audience": sum(states.values()),
            "held_out": held_out,
            "written_to": sum(states.values()) - held_out,
            "waiting": sum(states.get(state, 0) for state in WAITING_STATES),
            "sent": sum(states.get(state, 0) for state in accepted),
            "delivered": states.get("delivered", 0) + states.get("complained", 0),
            "bounced": states.get("bounced", 0),
            "complained": states.get("complained", 0),
            "not_sent": states.get("skipped", 0) - held_out,
            "failed": states.get("failed", 0),
            "in_doubt": states.get("unknown", 0),
            "taken_back": states.get("cancelled", 0),
        }

    @property
    def settled(self) -> int:
        return self.figures["audience"] - self.figures["waiting"]

    @property
    def is_whole(self) -> bool:
        """Whether the whole audience has its messages."""
        return self.campaign.gathered_at is not None

    @property
    def lift(self) -> Lift | None:
        """Nothing where nobody was held out."""
        figures = self.figures
        if not figures["held_out"]:
            return None
        return Lift(
            written_to=Share(figures["buyers"], figures["written_to"]),
            held_out=Share(figures["held_out_buyers"], figures["held_out"]),
        )

    @cached_property
    def urls(self) -> dict[str, str]:
        """Where the people of each figure stand; none for a figure of nobody."""
        every = f"{reverse('messaging:message_list')}?campaign={self.campaign.pk}"
        found = {name: f"{every}&outcome={name}" for name in OUTCOMES if self.figures[name]}
        return found | ({"audience": every} if self.figures["audience"] else {})

    @property
    def lift_urls(self) -> list[str | None]:
        return [self.urls.get("buyers"), self.urls.get("held_out_buyers")]

    @property
    def not_sent_reasons(self) -> list[tuple[str, str, int]]:
        return self.reasons(MessageState.SKIPPED)

    def reasons(self, state: MessageState) -> list[tuple[str, str, int]]:
        """Why some are in this state: code, words and how many, most first. Not those held out."""
        reasons = self.tally.states.get(state, {})
        found = [(code, reason_in_words(code), count) for code, count in reasons.items() if code != Reason.HOLDOUT]
        return sorted(found, key=lambda row: -row[2])


def report_of(campaign: Campaign) -> Report | None:
    """Nothing of one that has not begun."""
    tally = CampaignTally.objects.filter(campaign=campaign).first()
    return Report(campaign, tally) if tally and campaign.state != CampaignState.SCHEDULED else None
