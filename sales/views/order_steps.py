"""What is done to an order after it was placed."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.views.refusals import refusal_told
from sales import actions, queries
from sales.forms import RefundForm
from sales.models import Order
from sales.money import written


@permits(Permission.EDIT_SALES)
@require_POST
def order_payment(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id)
    with refusal_told(request):
        actions.pay_order(order)
        messages.success(request, _("Order %(order)s is paid.") % {"order": order})
    return redirect("sales:order_detail", order.pk)


@permits(Permission.EDIT_SALES)
@require_POST
def order_fulfilment(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id)
    with refusal_told(request):
        actions.fulfil_order(order)
        messages.success(request, _("Order %(order)s is fulfilled.") % {"order": order})
    return redirect("sales:order_detail", order.pk)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def order_refund(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(queries.order_for_detail(), pk=order_id)
    form = RefundForm(request.POST if request.method == "POST" else None, order=order)
    if form.is_bound and form.is_valid():
        with form.refusals():
            refund = actions.refund_order(order, **form.refund())
            messages.success(
                request,
                _("%(amount)s of order %(order)s refunded.")
                % {"amount": written(refund.amount_minor, order.currency), "order": order},
            )
            return redirect("sales:order_detail", order.pk)
    words = {"order": order, "form": form}
    return render(request, "sales/order_refund.html", words, status=422 if form.is_bound else 200)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def order_cancellation(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    """Asks on a page of its own, which says what goes out of the figures."""
    order = get_object_or_404(queries.order_for_detail(), pk=order_id)
    if request.method != "POST":
        return render(request, "sales/order_cancellation.html", {"order": order})
    with refusal_told(request):
        actions.cancel_order(order)
        messages.success(request, _("Order %(order)s was cancelled.") % {"order": order})
    return redirect("sales:order_detail", order.pk)


@permits(Permission.EDIT_SALES)
@require_POST
def order_reinstatement(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(Order, pk=order_id)
    with refusal_told(request):
        actions.reinstate_order(order)
        messages.success(request, _("Order %(order)s is no longer cancelled. It counts again.") % {"order": order})
    return redirect("sales:order_detail", order.pk)


@permits(Permission.EDIT_SALES)
@require_POST
def order_archival(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = actions.archive_order(get_object_or_404(Order, pk=order_id))
    messages.success(request, _("Order %(order)s was archived. It no longer counts.") % {"order": order})
    return redirect("sales:order_detail", order.pk)


@permits(Permission.EDIT_SALES)
@require_POST
def order_restoration(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = actions.restore_order(get_object_or_404(Order, pk=order_id))
    messages.success(request, _("Order %(order)s is back.") % {"order": order})
    return redirect("sales:order_detail", order.pk)
