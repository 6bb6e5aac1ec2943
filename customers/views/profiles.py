from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers import actions, contracts, queries
from customers.contracts import timeline_groups
from customers.forms import CustomerForm, ListEntryForm, NoteForm, TagForm
from customers.models import Customer, Tag
from customers.queries.duplicates import undoable_merges
from customers.refusals import Refused
from customers.views.rights import rights_of

ADDED_BY_HAND = "hand"


@permits(Permission.VIEW_CUSTOMERS)
@require_safe
@vary_on_headers("HX-Request")
def customer_detail(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer.objects.select_related("merged_into", "facts"), pk=customer_id)
    if customer.merged_into:
        return redirect("customers:customer_detail", customer.merged_into.pk)
    if request.htmx:
        return render(request, "customers/customer_detail.html#timeline", timeline_words(request, customer))
    return render(request, "customers/customer_detail.html", detail_words(request, customer))


@permits(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_create(request: WorkspaceRequest) -> HttpResponse:
    form = CustomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            customer = actions.add_customer(source=ADDED_BY_HAND, **form.changes)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("%s was added.") % customer)
            return redirect("customers:customer_detail", customer.pk)
    return render(request, "customers/customer_create.html", {"form": form}, status=422 if form.errors else 200)


@permits(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def customer_edit(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    form = CustomerForm(request.POST or None, customer=customer)
    if request.method == "POST" and form.is_valid():
        try:
            customer = actions.edit_customer(customer, **form.changes)
        except Refused as refused:
            form.refuse(refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("customers:customer_detail", customer.pk)
    words = {"form": form, "customer": customer}
    return render(request, "customers/customer_edit.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def customer_archival(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    actions.archive_customer(customer)
    messages.success(request, _("%s is archived: out of lists and sending, with all that is known.") % customer)
    return redirect("customers:customer_detail", customer.pk)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def customer_restoration(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    actions.restore_customer(customer)
    messages.success(request, _("%s is back.") % customer)
    return redirect("customers:customer_detail", customer.pk)


def detail_words(request: WorkspaceRequest, customer: Customer, **refused: Any) -> dict[str, Any]:
    """The whole page; `refused` are forms with what was typed."""
    return {
        **timeline_words(request, customer),
        **rights_of(request.membership),
        **profile_words(customer),
        "panels": [
            {"title": panel.title, "body": render_to_string(panel.template, panel.context(customer), request)}
            for panel in contracts.panels()
        ],
        "note_form": NoteForm(),
        "tag_form": TagForm(),
        "list_form": ListEntryForm(),
        **refused,
    }


def profile_words(customer: Customer) -> dict[str, Any]:
    return {
        "customer": customer,
        "facts": getattr(customer, "facts", None),
        "who": queries.who_they_are(customer),
        "tags": queries.tags_of(customer),
        "segments": queries.segments_of(customer),
        "known_tags": Tag.objects.order_by("name"),
        "notes": queries.newest_notes(customer),
        "merges": undoable_merges(customer),
    }


def timeline_words(request: WorkspaceRequest, customer: Customer) -> dict[str, Any]:
    groups = {"": _("Everything"), **timeline_groups()}
    group = request.GET.get("group", "")
    group = group if group in groups else ""
    page = queries.timeline_page(customer, group=group, cursor=request.GET.get("cursor", ""))
    return {
        "lines": page.lines,
        "next_cursor": page.next_cursor,
        "group": group,
        "groups": [{"key": key, "label": label, "is_current": key == group} for key, label in groups.items()],
    }
