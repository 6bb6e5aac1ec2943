"""The buttons of a campaign: who lets it go, stops it, and lets it go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.views.refusals import refusal_told
from messaging.actions import campaigns as actions
from messaging.models import Campaign
from messaging.reasons import Reason


@permits(Permission.EDIT_MESSAGES)
@require_POST
def campaign_approval(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    """Asked for; who gives it launches the campaign."""
    return _decided(request, campaign_id, actions.ask_approval, _("It waits for somebody who may send it."))


@permits(Permission.SEND_MESSAGES)
@require_POST
def campaign_launch(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    launch = partial(actions.launch_campaign, user=request.user)
    return _decided(request, campaign_id, launch, _("Launched. You can leave this page; it goes on."))


@permits(Permission.SEND_MESSAGES)
@require_POST
def campaign_pause(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    return _decided(request, campaign_id, actions.pause_campaign, _("Paused. Nothing more leaves until you resume it."))


@permits(Permission.SEND_MESSAGES)
@require_POST
def campaign_resumption(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    return _decided(request, campaign_id, actions.resume_campaign, _("It goes on from where it stood."))


@permits(Permission.SEND_MESSAGES)
@require_POST
def campaign_cancellation(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    return _decided(request, campaign_id, actions.cancel_campaign, _("Cancelled. What had not left is taken back."))


@permits(Permission.SEND_MESSAGES)
@require_POST
def campaign_retry(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    reasons = [reason for reason in request.POST.getlist("reasons") if reason in Reason.values]
    if not reasons:
        messages.error(request, _("Choose what is to be tried again."))
        return redirect("messaging:campaign_detail", campaign_id)
    retry = partial(actions.retry_campaign, reasons=reasons)
    return _decided(request, campaign_id, retry, _("What failed for these reasons is tried again, and nothing else."))


@permits(Permission.SEND_MESSAGES)
@require_POST
def campaign_test(request: WorkspaceRequest, campaign_id: int) -> HttpResponse:
    """The words as they are saved, to oneself."""
    send = partial(actions.send_test_campaign, user=request.user)
    return _decided(request, campaign_id, send, _("A test is on its way to %s.") % request.user.email)


def _decided(
    request: WorkspaceRequest, campaign_id: int, decide: Callable[[Campaign], object], words: str
) -> HttpResponse:
    campaign = get_object_or_404(Campaign, pk=campaign_id)
    with refusal_told(request):
        decide(campaign)
        messages.success(request, words)
    return redirect("messaging:campaign_detail", campaign_id)
