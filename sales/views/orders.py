from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.models import Customer
from sales import actions, queries
from sales.forms import OrderFilterForm, OrderForm
from sales.models import Order, Product
from sales.queries import OrderFilter
from sales.views.choices import choices_for, customer_named
from sales.views.sorting import chosen_sort

SORTS = ("placed_at", "number", "value_minor")


@permits(Permission.VIEW_SALES)
@require_safe
@vary_on_headers("HX-Request")
def order_list(request: WorkspaceRequest) -> HttpResponse:
    filters = OrderFilterForm(request.GET)
    wanted = OrderFilter(**filters.understood())
    sort = chosen_sort(request, SORTS, default="-placed_at")
    page = keyset_page(queries.orders_for_list(wanted), sort=sort, cursor=request.GET.get("cursor", ""))
    words = {
        "filters": filters,
        "sort": sort,
        "orders": page.rows,
        "next_cursor": page.next_cursor,
        "totals": queries.order_totals(wanted),
        "most_summed": queries.MOST_SUMMED,
        "of_customer": Customer.objects.filter(pk=wanted.customer).first() if wanted.customer else None,
        "of_product": Product.objects.filter(pk=wanted.product).first() if wanted.product else None,
    }
    return render(request, "sales/order_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.VIEW_SALES)
@require_safe
def order_detail(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(queries.order_for_detail(), pk=order_id)
    words = {
        "order": order,
        "history": queries.order_history(order),
        "beyond_lines_minor": _beyond_lines(order),
    }
    return render(request, "sales/order_detail.html", words)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def order_create(request: WorkspaceRequest) -> HttpResponse:
    form = OrderForm(request.POST if request.method == "POST" else None, customer=customer_named(request))
    if form.is_sent and form.is_valid():
        with form.refusals():
            order = actions.place_order(**form.new_order())
            messages.success(request, _("Order %(order)s was added.") % {"order": order})
            return redirect("sales:order_detail", order.pk)
    return render(request, "sales/order_create.html", choices_for(form), status=422 if form.is_sent else 200)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def order_edit(request: WorkspaceRequest, order_id: int) -> HttpResponse:
    order = get_object_or_404(queries.order_for_detail(), pk=order_id)
    if not order.is_open:
        messages.error(request, _("Order %(order)s is closed and can't be changed.") % {"order": order})
        return redirect("sales:order_detail", order.pk)
    form = OrderForm(request.POST if request.method == "POST" else None, order=order)
    if form.is_sent and form.is_valid():
        with form.refusals():
            order = actions.edit_order(order, **form.changes())
            messages.success(request, _("Order %(order)s was changed.") % {"order": order})
            return redirect("sales:order_detail", order.pk)
    words = {"order": order, "beyond_lines_minor": _beyond_lines(order), **choices_for(form)}
    return render(request, "sales/order_edit.html", words, status=422 if form.is_sent else 200)


def _beyond_lines(order: Order) -> int:
    """What an imported order comes to beyond its lines, such as postage. 0 where no lines are known."""
    lines = list(order.lines.all())
    return order.total_minor + order.discount_minor - sum(line.total_minor for line in lines) if lines else 0
