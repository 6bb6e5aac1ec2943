from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.views.refusals import refusal_told
from messaging.actions import flows as actions
from messaging.flows.dry_run import dry_run
from messaging.flows.past import count_past
from messaging.flows.plans import plan_of
from messaging.flows.presets import PRESETS
from messaging.flows.words import names_in, reentry_in_words, steps_in_words, trigger_in_words
from messaging.forms.flows import BackfillForm, DryRunForm
from messaging.models import Flow, FlowVersion
from messaging.queries import flows as queries
from messaging.queries.flow_figures import FlowReport
from messaging.queries.flow_lift import lift_of


@permits(Permission.VIEW_MESSAGES)
@require_safe
def flow_list(request: WorkspaceRequest) -> HttpResponse:
    words = {"flows": queries.flows_for_list(), "archived": queries.archived_flows(), "presets": PRESETS.values()}
    return render(request, "messaging/flow_list.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def flow_detail(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    flow = get_object_or_404(Flow.objects.select_related("current"), pk=flow_id, current__isnull=False)
    definition = plan_of(current_of(flow)).definition
    report = FlowReport(flow)
    words = {
        "flow": flow,
        "figures": report.total,
        "report": report,
        "is_measured": lift_of(flow) is not None,
        "holdout": definition.holdout_percent,
        "older": queries.on_older_versions(flow),
        "trigger": trigger_in_words(definition.trigger, names_in(definition)),
        "reentry": reentry_in_words(definition.reentry),
        "is_dated": definition.trigger.is_dated,
    }
    return render(request, "messaging/flow_detail.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def flow_lift(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    """What it brought, beside those held out: counted when the page stands already, since it may take a moment."""
    flow = get_object_or_404(Flow.objects.select_related("current"), pk=flow_id)
    return render(request, "messaging/flow_lift.html", {"flow": flow, "flow_lift": lift_of(flow)})


@permits(Permission.SEND_MESSAGES)
@require_POST
def flow_switch(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    flow = get_object_or_404(Flow, pk=flow_id)
    with refusal_told(request):
        if request.POST.get("is_on") == "1":
            actions.switch_on_flow(flow)
            messages.success(request, _("Switched on. Whoever it is for enters from now on."))
        else:
            actions.switch_off_flow(flow, is_left=request.POST.get("inside") == "leave")
            messages.success(request, _("Switched off. Nobody enters any more."))
    return redirect("messaging:flow_detail", flow.pk)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def flow_archival(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    flow = get_object_or_404(Flow, pk=flow_id)
    actions.archive_flow(flow)
    messages.success(request, _("“%s” is archived. Whoever was on the way has left it.") % flow)
    return redirect("messaging:flow_list")


@permits(Permission.VIEW_MESSAGES)
@require_safe
def flow_versions(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    flow = get_object_or_404(Flow.objects.select_related("current"), pk=flow_id)
    return render(request, "messaging/flow_versions.html", {"flow": flow, "versions": queries.versions_of(flow)})


@permits(Permission.VIEW_MESSAGES)
@require_safe
def flow_version(request: WorkspaceRequest, flow_id: int, number: int) -> HttpResponse:
    flow = get_object_or_404(Flow, pk=flow_id)
    version = get_object_or_404(FlowVersion, flow=flow, number=number)
    definition = plan_of(version).definition
    words = {
        "flow": flow,
        "version": version,
        "lines": steps_in_words(version),
        "trigger": trigger_in_words(definition.trigger, names_in(definition)),
        "reentry": reentry_in_words(definition.reentry),
        "holdout": definition.holdout_percent,
    }
    return render(request, "messaging/flow_version.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def flow_dry_run(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    """What would happen to one customer. Writes nothing."""
    flow = get_object_or_404(Flow.objects.select_related("current"), pk=flow_id, current__isnull=False)
    form = DryRunForm(request.GET or None)
    words = {"flow": flow, "form": form}
    if form.is_valid():
        at = form.cleaned_data["moment"] or timezone.now()
        customer = form.cleaned_data["customer"]
        words |= {"customer": customer, "at": at, "run": dry_run(current_of(flow), customer, at=at)}
    return render(request, "messaging/flow_dry_run.html", words, status=422 if form.errors else 200)


@permits(Permission.SEND_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_backfill(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    """First how many, then, by a POST of the same days, do it."""
    flow = get_object_or_404(Flow.objects.select_related("current"), pk=flow_id, current__isnull=False)
    form = BackfillForm(request.POST or request.GET or None)
    words: dict[str, object] = {"flow": flow, "form": form}
    if request.method == "POST" and form.is_valid():
        with refusal_told(request):
            actions.start_backfill(flow, days=form.cleaned_data["days"])
            messages.success(request, _("They are being brought in. Those whose time has passed are due at once."))
        return redirect("messaging:flow_detail", flow.pk)
    if form.is_valid():
        since = timezone.now() - timedelta(days=form.cleaned_data["days"])
        words |= {"days": form.cleaned_data["days"], "count": count_past(current_of(flow), since=since)}
    return render(request, "messaging/flow_backfill.html", words, status=422 if form.errors else 200)


def current_of(flow: Flow) -> FlowVersion:
    """A flow has a version from its first moment on; the column is null only while it is being made."""
    version: FlowVersion | None = flow.current
    if version is None:
        raise FlowVersion.DoesNotExist
    return version
