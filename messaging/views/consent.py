from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.models import Customer
from customers.views.refusals import refusal_told
from messaging import actions, queries
from messaging.actions import Evidence
from messaging.forms import ConsentForm
from messaging.join_codes import CONTENT_TYPES, qr_code
from messaging.models import ConsentSource, ConsentState


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def customer_consent(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    """What a customer told somebody of the staff."""
    customer = get_object_or_404(Customer, pk=customer_id)
    form = ConsentForm(request.POST)
    if form.is_valid():
        say = actions.give_consent if form.cleaned_data["word"] == "give" else actions.withdraw_consent
        evidence = Evidence(source=ConsentSource.STAFF, detail=form.cleaned_data["detail"])
        with refusal_told(request):
            records = say(customer, [form.cleaned_data["topic"]], evidence=evidence)
            waits = any(record.counts_as == ConsentState.PENDING for record in records)
            messages.success(
                request, _("Written down. It counts once they have confirmed it.") if waits else _("Written down.")
            )
        return redirect("customers:customer_detail", customer.pk)
    return render(request, "messaging/customer_consent.html", {"form": form, "customer": customer}, status=422)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def join_page(request: WorkspaceRequest) -> HttpResponse:
    words = {"address": queries.join_address(request.workspace), "topics": queries.topics_offered()}
    return render(request, "messaging/join_page.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def join_code(request: WorkspaceRequest, kind: str) -> HttpResponse:
    if kind not in CONTENT_TYPES or not queries.topics_offered():
        raise Http404
    code = qr_code(queries.join_address(request.workspace), kind=kind)
    name = f"{request.workspace.slug}-join-page.{kind}"
    return HttpResponse(
        code, content_type=CONTENT_TYPES[kind], headers={"Content-Disposition": f'inline; filename="{name}"'}
    )
