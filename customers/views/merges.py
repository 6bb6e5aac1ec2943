from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers import actions
from customers.models import Customer, Merge
from customers.queries import best_customers
from customers.queries.duplicates import compared, duplicates
from customers.refusals import Refused
from customers.views.refusals import refusal_told

MOST_OFFERED = 20


@permits(Permission.MERGE_CUSTOMERS)
@require_safe
def duplicate_list(request: WorkspaceRequest) -> HttpResponse:
    return render(request, "customers/duplicate_list.html", {"suspicions": duplicates()})


@permits(Permission.MERGE_CUSTOMERS)
@require_safe
def merge_search(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    found = best_customers(request.GET.get("q", ""), limit=MOST_OFFERED)
    others = [each for each in found if each.pk != customer.pk]
    return render(request, "customers/merge_search.html", {"customer": customer, "others": others})


@permits(Permission.MERGE_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_merge(request: WorkspaceRequest, customer_id: int, other_id: int) -> HttpResponse:
    people = Customer.objects.filter(merged_into=None, erased_at=None)
    survivor, absorbed = get_object_or_404(people, pk=customer_id), get_object_or_404(people, pk=other_id)
    if request.method == "POST":
        try:
            merge = actions.merge_customers(survivor=survivor, absorbed=absorbed)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect("customers:customer_detail", survivor.pk)
        messages.success(request, _("The two are one now. For 30 days this can be undone on this page."))
        return redirect("customers:customer_detail", merge.survivor_id)
    words = {"survivor": survivor, "absorbed": absorbed, "lines": compared(survivor, absorbed)}
    return render(request, "customers/customer_merge.html", words)


@permits(Permission.MERGE_CUSTOMERS)
@require_POST
def customer_distinction(request: WorkspaceRequest, customer_id: int, other_id: int) -> HttpResponse:
    people = Customer.objects.filter(merged_into=None, erased_at=None)
    one, other = get_object_or_404(people, pk=customer_id), get_object_or_404(people, pk=other_id)
    with refusal_told(request):
        actions.distinguish_customers(one, other)
        messages.success(request, _("%(one)s and %(other)s are not suggested again.") % {"one": one, "other": other})
    return redirect("customers:duplicate_list")


@permits(Permission.MERGE_CUSTOMERS)
@require_POST
def merge_reversal(request: WorkspaceRequest, merge_id: int) -> HttpResponse:
    merge = get_object_or_404(Merge, pk=merge_id)
    with refusal_told(request):
        actions.undo_merge(merge)
        messages.success(request, _("The two are apart again."))
    return redirect("customers:customer_detail", merge.survivor_id)
