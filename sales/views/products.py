from __future__ import annotations

import re
from datetime import date

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from sales import actions, queries
from sales.forms import ProductFilterForm, ProductForm
from sales.models import Product
from sales.queries import ProductFilter, ProductSales
from sales.views.sorting import chosen_sort

SORTS = ("name", "sku", "price_minor")
BUYERS = 50
BUYERS_ON_DETAIL = 5


@permits(Permission.VIEW_SALES)
@require_safe
@vary_on_headers("HX-Request")
def product_list(request: WorkspaceRequest) -> HttpResponse:
    filters = ProductFilterForm(request.GET)
    wanted = ProductFilter(**filters.understood())
    sort = chosen_sort(request, SORTS, default="name")
    found = queries.products_for_list(wanted)
    page = keyset_page(found, sort=sort, cursor=request.GET.get("cursor", ""))
    sold = queries.sales_of([product.pk for product in page.rows])
    words = {
        "filters": filters,
        "sort": sort,
        "count": found.count(),
        "products": [(product, sold.get(product.pk, ProductSales())) for product in page.rows],
        "next_cursor": page.next_cursor,
    }
    return render(request, "sales/product_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.VIEW_SALES)
@require_safe
def product_detail(request: WorkspaceRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    words = {
        "product": product,
        "sold": queries.sales_of([product.pk]).get(product.pk, ProductSales()),
        "buyers": queries.buyers_of(product, size=BUYERS_ON_DETAIL),
    }
    return render(request, "sales/product_detail.html", words)


@permits(Permission.VIEW_SALES)
@require_safe
def product_buyers(request: WorkspaceRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    buyers = queries.buyers_of(product, before=_buyer_cursor(request), size=BUYERS + 1)
    shown = buyers[:BUYERS]
    words = {
        "product": product,
        "buyers": shown,
        "next_cursor": f"{shown[-1].last_bought_on}~{shown[-1].customer.pk}" if len(buyers) > BUYERS else None,
    }
    return render(request, "sales/product_buyers.html", words)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def product_create(request: WorkspaceRequest) -> HttpResponse:
    form = ProductForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with form.refusals():
            product = actions.add_product(**form.new_product())
            messages.success(request, _("%(product)s was added.") % {"product": product})
            return redirect("sales:product_detail", product.pk)
    words = {"form": form, "categories": queries.categories()}
    return render(request, "sales/product_create.html", words, status=422 if form.is_bound else 200)


@permits(Permission.EDIT_SALES)
@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: WorkspaceRequest, product_id: int) -> HttpResponse:
    product = get_object_or_404(Product, pk=product_id)
    form = ProductForm(request.POST if request.method == "POST" else None, product=product)
    if form.is_bound and form.is_valid():
        with form.refusals():
            product = actions.edit_product(product, **form.changes())
            messages.success(request, _("%(product)s was changed.") % {"product": product})
            return redirect("sales:product_detail", product.pk)
    words = {"product": product, "form": form, "categories": queries.categories()}
    return render(request, "sales/product_edit.html", words, status=422 if form.is_bound else 200)


@permits(Permission.EDIT_SALES)
@require_POST
def product_archival(request: WorkspaceRequest, product_id: int) -> HttpResponse:
    product = actions.archive_product(get_object_or_404(Product, pk=product_id))
    messages.success(request, _("%(product)s is no longer offered.") % {"product": product})
    return redirect("sales:product_detail", product.pk)


@permits(Permission.EDIT_SALES)
@require_POST
def product_restoration(request: WorkspaceRequest, product_id: int) -> HttpResponse:
    product = actions.restore_product(get_object_or_404(Product, pk=product_id))
    messages.success(request, _("%(product)s is offered again.") % {"product": product})
    return redirect("sales:product_detail", product.pk)


def _buyer_cursor(request: WorkspaceRequest) -> tuple[date, int] | None:
    """The day and customer that the page begins below; a cursor that nobody gave out begins at the latest."""
    found = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})~([0-9]{1,18})", request.GET.get("cursor", ""))
    try:
        return (date.fromisoformat(found[1]), int(found[2])) if found else None
    except ValueError:
        return None
