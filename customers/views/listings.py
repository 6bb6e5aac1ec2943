"""Customers put on lists by hand and taken off them: from the list of customers, and from a profile."""

from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from accounts.scope import current_actor
from accounts.workspace_tasks import is_broker_away
from customers import queries
from customers.actions import lists
from customers.actions.segments import list_customers, unlist_customers
from customers.forms import CustomerFilterForm, ListEntryForm, ListingForm
from customers.models import Customer, Segment
from customers.refusals import Refused
from customers.tasks import list_matching
from customers.views.lists import bulk_refused
from customers.views.profiles import detail_words


@permits(Permission.EDIT_SEGMENTS)
@require_POST
def customer_listing(request: WorkspaceRequest) -> HttpResponse:
    form = ListingForm(request.POST)
    if form.is_valid():
        try:
            _list(request, form)
        except Refused as refused:
            form.add_error("list", str(refused))
    if form.errors:
        return bulk_refused(request, listing=form)
    return redirect(f"{request.path.removesuffix('listing/')}?{request.GET.urlencode()}")


@permits(Permission.EDIT_SEGMENTS)
@require_POST
def list_entry_create(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    form = ListEntryForm(request.POST)
    if form.is_valid():
        list_customers(form.cleaned_data["list"], [customer.pk])
        return redirect("customers:customer_detail", customer.pk)
    words = detail_words(request, customer, list_form=form)
    return render(request, "customers/customer_detail.html", words, status=422)


@permits(Permission.EDIT_SEGMENTS)
@require_POST
def list_entry_removal(request: WorkspaceRequest, customer_id: int, segment_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id)
    segment = get_object_or_404(Segment.objects.by_hand(), pk=segment_id)
    unlist_customers(segment, [customer.pk])
    return redirect("customers:customer_detail", customer.pk)


def _list(request: WorkspaceRequest, form: ListingForm) -> None:
    """At once if that takes under a second, else in the background. Raises Refused."""
    segment, way = form.cleaned_data["list"], form.cleaned_data["way"]
    if form.means_all:
        wanted = CustomerFilterForm(request.GET).wanted()
        customers = queries.matching_customers(wanted, queries.found_by(wanted))
        if queries.count_up_to(customers, lists.LISTED_AT_ONCE) > lists.LISTED_AT_ONCE:
            _list_later(request, wanted, segment=segment, way=way)
            return
        ids = list(customers.values_list("pk", flat=True))
    else:
        ids = [customer.pk for customer in form.cleaned_data["customers"]]
    change = unlist_customers if way == lists.OFF else list_customers
    messages.success(request, _listed(change(segment, ids), segment, way=way))


def _list_later(request: WorkspaceRequest, wanted: queries.CustomerFilter, *, segment: Segment, way: str) -> None:
    if is_broker_away():
        raise Refused(
            _("So many are listed in the background, which can't be reached just now. Try again in a minute.")
        )
    args = [segment.pk, wanted.as_plain(), way, current_actor()]
    transaction.on_commit(partial(list_matching.apply_async, args, workspace=request.workspace))
    messages.info(request, _("There are so many that “%s” is changed in the background.") % segment)


def _listed(count: int, segment: Segment, *, way: str) -> str:
    if way == lists.OFF:
        words = ngettext(
            "%(count)d customer was taken off “%(list)s”.", "%(count)d customers were taken off “%(list)s”.", count
        )
    else:
        words = ngettext(
            "%(count)d customer was added to “%(list)s”.", "%(count)d customers were added to “%(list)s”.", count
        )
    return words % {"count": count, "list": segment}
