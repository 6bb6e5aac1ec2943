from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from messaging.actions import flows as actions
from messaging.flows.endings import ending_in_words
from messaging.models import Enrolment, EnrolmentState, Flow
from messaging.queries import flows as queries
from messaging.queries.flow_lift import COUNTED
from messaging.queries.flows import EnrolmentFilter


@permits(Permission.VIEW_MESSAGES)
@require_safe
def enrolment_list(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    flow = get_object_or_404(Flow.objects.select_related("current"), pk=flow_id)
    wanted = EnrolmentFilter.from_query(request.GET.dict())
    page = queries.enrolment_page(flow, wanted, cursor=request.GET.get("cursor", ""))
    words = {
        "flow": flow,
        "wanted": wanted,
        "rows": [(each, ending_in_words(each.reason) if each.reason else "") for each in page.rows],
        "next_cursor": page.next_cursor,
        "states": EnrolmentState.choices,
        "counted": COUNTED.get(wanted.counted, ""),
    }
    return render(request, "messaging/enrolment_list.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def enrolment_detail(request: WorkspaceRequest, flow_id: int, enrolment_id: int) -> HttpResponse:
    rows = Enrolment.objects.select_related("flow", "version", "customer")
    enrolment = get_object_or_404(rows, pk=enrolment_id, flow_id=flow_id)
    words = {
        "enrolment": enrolment,
        "flow": enrolment.flow,
        "steps": queries.way_in_words(enrolment),
        "why": ending_in_words(enrolment.reason) if enrolment.reason else "",
    }
    return render(request, "messaging/enrolment_detail.html", words)


@permits(Permission.SEND_MESSAGES)
@require_POST
def enrolment_exit(request: WorkspaceRequest, flow_id: int, enrolment_id: int) -> HttpResponse:
    enrolment = get_object_or_404(Enrolment, pk=enrolment_id, flow_id=flow_id)
    if actions.leave_flow(enrolment):
        messages.success(request, _("Taken out. What waited in the queue is kept back."))
    return redirect("messaging:enrolment_detail", flow_id, enrolment.pk)


@permits(Permission.SEND_MESSAGES)
@require_POST
def enrolment_retry(request: WorkspaceRequest, flow_id: int, enrolment_id: int) -> HttpResponse:
    enrolment = get_object_or_404(Enrolment, pk=enrolment_id, flow_id=flow_id)
    actions.try_step_again(enrolment)
    messages.success(request, _("The step is tried again."))
    return redirect("messaging:enrolment_detail", flow_id, enrolment.pk)
