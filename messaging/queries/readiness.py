"""What stands between a campaign and its launch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Workspace
from accounts.scope import current_workspace
from customers.models import Segment
from messaging.local_mornings import first_instant, is_skipped, zone_or
from messaging.models import Campaign, CampaignSegment, CampaignState, Reach, Repeats, TemplateVersion, Timing
from messaging.queries.templates import newest_version, says_something_else
from messaging.rendering import BadTemplate, Brand, Words, compile_template


@dataclass(frozen=True)
class Problem:
    """Why it can't be launched, or (`is_warning`) what somebody should know before. `field` is of the form."""

    text: str
    field: str = ""
    is_warning: bool = False


def problems_of(campaign: Campaign) -> list[Problem]:
    workspace = current_workspace()
    return [
        *_text_problems(campaign, workspace),
        *_audience_problems(campaign),
        *_time_problems(campaign, workspace),
        *_sender_problems(workspace),
    ]


def what_stops(campaign: Campaign) -> list[str]:
    """The sentences of those that are no mere warnings."""
    return [problem.text for problem in problems_of(campaign) if not problem.is_warning]


def approved_words(campaign: Campaign) -> TemplateVersion | None:
    """What the runs of one that repeats keep, if its template is newer and another person has to approve that."""
    approved: TemplateVersion | None = campaign.version
    if approved is None or campaign.template is None or not campaign.is_repeating:
        return None
    is_kept = current_workspace().needs_approval and says_something_else(campaign.template, approved)
    return approved if is_kept else None


def _text_problems(campaign: Campaign, workspace: Workspace) -> Iterator[Problem]:
    template = campaign.template
    if template is None:
        yield Problem(_("Choose what is sent."), "template")
        return
    if template.archived_at:
        yield Problem(_("The template “%s” is archived. Choose another.") % template, "template")
    version = newest_version(template)
    if version is None:
        yield Problem(_("The template “%s” has no text yet. Write it first.") % template, "template")
        return
    try:
        compile_template(Words.of(version), template_key=template.key, brand=Brand.of(workspace))
    except BadTemplate as error:
        yield Problem(_("The text of “%(template)s” can't be sent: %(error)s") % {"template": template, "error": error})
    if approved_words(campaign):
        yield Problem(
            _(
                "“%s” says something else than when this was launched. Its runs keep what was approved. To take the"
                " new text over, edit the campaign and have it approved again."
            )
            % template,
            is_warning=True,
        )


def _audience_problems(campaign: Campaign) -> Iterator[Problem]:
    if campaign.topic is None:
        yield Problem(_("Choose the topic. Only customers who agreed to it are written to."), "topic")
    elif campaign.topic.archived_at:
        yield Problem(_("The topic “%s” is archived. Choose another.") % campaign.topic, "topic")
    chosen = list(CampaignSegment.objects.filter(campaign=campaign).select_related("segment").order_by("pk"))
    if campaign.reach == Reach.SEGMENTS and all(each.is_excluded for each in chosen):
        yield Problem(_("Choose at least one segment or list to write to."), "included")
    for each in chosen:
        yield from _segment_problems(each.segment, "excluded" if each.is_excluded else "included")


def _segment_problems(segment: Segment, field: str) -> Iterator[Problem]:
    if segment.archived_at:
        yield Problem(_("“%s” is archived. Restore it, or choose another.") % segment, field)
    elif segment.fault:
        yield Problem(
            _("The rule of “%(segment)s” can't be asked any more: %(fault)s")
            % {"segment": segment, "fault": segment.fault},
            field,
        )
    elif segment.is_building:
        yield Problem(
            _("“%s” is still looking at everybody. The campaign waits until it has.") % segment, field, is_warning=True
        )


def _time_problems(campaign: Campaign, workspace: Workspace) -> Iterator[Problem]:
    if campaign.timing == Timing.AT_ONCE or campaign.send_on is None:
        return
    at, zone = campaign.send_time or time(0), zone_or(campaign.zone, workspace.tzinfo)
    is_open = campaign.state in {CampaignState.DRAFT, CampaignState.AWAITING}
    if is_open and campaign.repeats == Repeats.NEVER and first_instant(campaign.send_on, at, zone) <= timezone.now():
        yield Problem(_("Its time is over. Choose a later one."), "send_on")
    elif is_skipped(campaign.send_on, at, zone):
        shown = first_instant(campaign.send_on, at, zone).astimezone(zone)
        yield Problem(
            _("On that day clocks are put forward over %(at)s. It goes out at %(shown)s instead.")
            % {"at": f"{at:%H:%M}", "shown": f"{shown:%H:%M}"},
            "send_time",
            is_warning=True,
        )


def _sender_problems(workspace: Workspace) -> Iterator[Problem]:
    if not workspace.sender_email:
        yield Problem(
            _("Your business has no sender address yet, so the message comes from the address of this installation."),
            "sender_email",
            is_warning=True,
        )
    if not workspace.postal_address:
        yield Problem(
            _("Your postal address is missing. In many countries it has to stand at the foot of a newsletter."),
            "postal_address",
            is_warning=True,
        )
