from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.models import Customer
from sales import actions, queries
from sales.forms import CartFilterForm, CartForm
from sales.models import Cart
from sales.queries import CartFilter
from sales.views.choices import choices_for, customer_named
from sales.views.sorting import chosen_sort

SORTS = ("touched_at", "total_minor")


@permits(Permission.VIEW_SALES)
@require_safe
@vary_on_headers("HX-Request")
def cart_list(request: WorkspaceRequest) -> HttpResponse:
    filters = CartFilterForm(request.GET)
    wanted = CartFilter(**filters.understood())
    sort = chosen_sort(request, SORTS, default="-touched_at")
    page = keyset_page(queries.carts_for_list(wanted), sort=sort, cursor=request.GET.get("cursor", ""))
    words = {
        "filters": filters,
        "sort": sort,
        "carts": page.rows,
        "next_cursor": page.next_cursor,
        "totals": queries.cart_totals(wanted),
        "most_summed": queries.MOST_SUMMED,
        "of_customer": Customer.objects.filter(pk=wanted.customer).first() if wanted.customer else None,
    }
    return render(request, "sales/cart_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.VIEW_SALES)
@require_safe
def cart_detail(request: WorkspaceRequest, cart_id: int) -> HttpResponse:
    words = {
        "cart": get_object_or_404(queries.cart_for_detail(), pk=cart_id),
    }
    return render(request, "sales/cart_detail.html", words)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def cart_create(request: WorkspaceRequest) -> HttpResponse:
    form = CartForm(request.POST if request.method == "POST" else None, customer=customer_named(request))
    if form.is_sent and form.is_valid():
        with form.refusals():
            cart = actions.update_cart(**form.touch())
            messages.success(request, _("The cart was added."))
            return redirect("sales:cart_detail", cart.pk)
    return render(request, "sales/cart_create.html", choices_for(form), status=422 if form.is_sent else 200)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def cart_edit(request: WorkspaceRequest, cart_id: int) -> HttpResponse:
    cart = get_object_or_404(queries.cart_for_detail(), pk=cart_id)
    if cart.ordered_at:
        messages.error(request, _("This cart was ordered and can't be changed. Change the order instead."))
        return redirect("sales:cart_detail", cart.pk)
    form = CartForm(request.POST if request.method == "POST" else None, cart=cart)
    if form.is_sent and form.is_valid():
        with form.refusals():
            actions.update_cart(**form.touch())
            messages.success(request, _("The cart was changed."))
            return redirect("sales:cart_detail", cart.pk)
    words = {"cart": cart, **choices_for(form)}
    return render(request, "sales/cart_edit.html", words, status=422 if form.is_sent else 200)


@permits(Permission.EDIT_SALES)
@require_POST
def cart_archival(request: WorkspaceRequest, cart_id: int) -> HttpResponse:
    cart = actions.archive_cart(get_object_or_404(Cart, pk=cart_id))
    messages.success(request, _("The cart was archived. Touched again, it comes back."))
    return redirect("sales:cart_detail", cart.pk)
