"""Campaigns as they are written, and what came of them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.refusals import Refused
from customers.views.refusals import refusal_told
from messaging.actions import campaigns as actions
from messaging.forms.campaigns import CampaignFilterForm, CampaignForm, RetryForm, failed_reasons
from messaging.models import Campaign, CampaignState
from messaging.previewing import render_for
from messaging.queries.campaign_facts import facts_of
from messaging.queries.campaigns import Report, campaign_for_detail, campaigns_for_list, report_of, runs_of
from messaging.queries.reachability import reachability_of
from messaging.queries.readiness import problems_of
from messaging.queries.templates import newest_version
from messaging.rendering import BadTemplate
from messaging.views.letters import in_a_sandbox, letter, letter_refused


@permits(Permission.VIEW_MESSAGES)
@require_safe
@vary_on_headers("HX-Request")
def campaign_list(request: WorkspaceRequest) -> HttpResponse:
    filters = CampaignFilterForm(request.GET)
    campaigns = campaigns_for_list(**filters.understood())
    page = keyset_page(campaigns, sort="-created_at", cursor=request.GET.get("cursor", ""))
    rows = [(campaign, _report(campaign)) for campaign in page.rows]
    words = {"filters": filters, "rows": rows, "next_cursor": page.next_cursor}
    return render(request, "messaging/campaign_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_create(request: WorkspaceRequest) -> HttpResponse:
    form = CampaignForm(request.POST or None)
    if campaign := _saved(request, form):
        return redirect("messaging:campaign_detail", campaign.pk)
    return render(request, "messaging/campaign_create.html", {"form": form}, status=422 if form.errors else 200)


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def campaign_edit(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(campaign_for_detail(), pk=campaign_id)
    form = CampaignForm(request.POST or None, campaign=campaign, plan=actions.plan_of(campaign))
    if _saved(request, form, campaign):
        return redirect("messaging:campaign_detail", campaign.pk)
    words = {"form": form, "campaign": campaign}
    return render(request, "messaging/campaign_edit.html", words, status=422 if form.errors else 200)


@permits(Permission.VIEW_MESSAGES)
@require_safe
@vary_on_headers("HX-Request")
def campaign_detail(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(campaign_for_detail(), pk=campaign_id)
    return render(request, "messaging/campaign_detail.html" + ("#state" if request.htmx else ""), _shown(campaign))


@permits(Permission.VIEW_MESSAGES)
@require_safe
def campaign_audience(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    """How many it would reach: counted when the page stands already, since it may take a moment."""
    campaign = get_object_or_404(campaign_for_detail(), pk=campaign_id)
    found = reachability_of(campaign) if campaign.topic else None
    return render(request, "messaging/campaign_audience.html", {"campaign": campaign, "found": found})


@permits(Permission.VIEW_MESSAGES)
@require_safe
@in_a_sandbox
def campaign_letter(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    """As an invented customer gets it."""
    campaign = get_object_or_404(campaign_for_detail(), pk=campaign_id)
    version = campaign.version or (newest_version(campaign.template) if campaign.template else None)
    if version is None:
        return letter_refused(_("There is no text yet."), status=200)
    try:
        rendered = render_for(None, version)
    except BadTemplate as error:
        return letter_refused(str(error), status=200)
    return letter(rendered.html, recipient=_("an invented customer"), subject=rendered.subject)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def campaign_copy(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(campaign_for_detail(), pk=campaign_id)
    copy = actions.copy_campaign(campaign, name=(_("Copy of %s") % campaign)[:120], user=request.user)
    messages.success(request, _("This is the copy. Change what is to be different."))
    return redirect("messaging:campaign_edit", copy.pk)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def campaign_removal(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    with refusal_told(request):
        actions.remove_campaign(campaign)
        messages.success(request, _("The draft “%s” is gone.") % campaign)
        return redirect("messaging:campaign_list")
    return redirect("messaging:campaign_detail", campaign_id)


def _saved(request: WorkspaceRequest, form: CampaignForm, campaign: Campaign | None = None) -> Campaign | None:
    """What the form says, carried out; or None, and the form says why."""
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        if campaign is None:
            return actions.add_campaign(form.plan(), user=request.user, words=form.letter())
        return actions.edit_campaign(campaign, form.plan(), user=request.user, words=form.letter())
    except BadTemplate as error:
        form.add_error(error.field, str(error))
    except Refused as refused:
        form.add_error(_field_of(refused, form), str(refused))
    return None


def _field_of(refused: Refused, form: CampaignForm) -> str | None:
    if refused.field == "repeat_day":
        return "week_day" if form.cleaned_data["repeats"] == "weekly" else "month_day"
    return refused.field if refused.field in form.fields else None


def _report(campaign: Campaign) -> Report | None:
    """From the row that the list has read already."""
    tally = getattr(campaign, "tally", None)
    return Report(campaign, tally) if tally else None


def _shown(campaign: Campaign) -> dict[str, Any]:
    report = report_of(campaign)
    is_open = campaign.state in {CampaignState.DRAFT, CampaignState.AWAITING, CampaignState.SCHEDULED}
    problems = problems_of(campaign) if is_open and not campaign.series else []
    reasons = failed_reasons(report.tally.states) if report else {}
    return {
        "campaign": campaign,
        "problems": problems,
        "facts": facts_of(campaign),
        "is_ready": all(problem.is_warning for problem in problems),
        "report": report,
        "runs": [(run, _report(run)) for run in runs_of(campaign)] if campaign.is_repeating else [],
        "retry_form": RetryForm(counts=reasons) if reasons else None,
    }
