from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.models import Membership
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from accounts.scope import current_actor
from accounts.workspace_tasks import is_broker_away
from customers import actions, queries
from customers.downloads import customer_csv
from customers.forms import BulkForm, CustomerFilterForm, TaggingForm
from customers.models import Tag
from customers.refusals import Refused
from customers.segments.from_filters import rule_of_filter
from customers.tasks import tag_matching
from customers.views.rights import rights_of

MOST_SUGGESTED = 8


@permits(Permission.VIEW_CUSTOMERS)
@require_safe
@vary_on_headers("HX-Request")
def customer_list(request: WorkspaceRequest) -> HttpResponse:
    template = "customers/customer_list.html"
    return render(request, f"{template}#rows" if request.htmx else template, listed(request.GET, request.membership))


@permits(Permission.VIEW_CUSTOMERS)
@require_safe
def customer_search(request: WorkspaceRequest) -> HttpResponse:
    """Rows for the command bar: those who begin like that before those who only hold it."""
    customers = queries.best_customers(request.GET.get("q", ""), limit=MOST_SUGGESTED)
    return render(request, "customers/customer_search.html", {"customers": customers})


@permits(Permission.EXPORT_CUSTOMERS)
@require_POST
def customer_download(request: WorkspaceRequest) -> HttpResponseBase:
    wanted = CustomerFilterForm(request.GET).wanted()
    actions.note_download(wanted)
    return customer_csv(request.workspace, wanted, sort=queries.known_sort(request.GET.get("sort", "")))


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def customer_tagging(request: WorkspaceRequest) -> HttpResponse:
    form = TaggingForm(request.POST)
    if form.is_valid():
        try:
            _tag(request, form)
        except Refused as refused:
            form.add_error("tag", str(refused))
    if form.errors:
        return bulk_refused(request, tagging=form)
    return redirect(f"{request.path.removesuffix('tagging/')}?{request.GET.urlencode()}")


def _tag(request: WorkspaceRequest, form: TaggingForm) -> None:
    """At once if that takes under a second, else in the background. Raises Refused."""
    wanted = CustomerFilterForm(request.GET).wanted() if form.means_all else None
    if wanted is None:
        ids = [customer.pk for customer in form.cleaned_data["customers"]]
    else:
        customers = queries.matching_customers(wanted, queries.found_by(wanted))
        if queries.count_up_to(customers, actions.TAGS_AT_ONCE) > actions.TAGS_AT_ONCE:
            _tag_later(request, wanted, name=form.cleaned_data["tag"])
            return
        ids = list(customers.values_list("pk", flat=True))
    tag = actions.tag_named(form.cleaned_data["tag"])
    messages.success(request, _tagged(actions.tag_customers(ids, tag=tag), tag))


def _tag_later(request: WorkspaceRequest, wanted: queries.CustomerFilter, *, name: str) -> None:
    if is_broker_away():
        raise Refused(
            _("So many are tagged in the background, which can't be reached just now. Try again in a minute.")
        )
    tag = actions.tag_named(name)
    args = [tag.pk, wanted.as_plain(), current_actor()]
    transaction.on_commit(partial(tag_matching.apply_async, args, workspace=request.workspace))
    messages.info(request, _("There are so many that tagging them as “%s” goes on in the background.") % tag)


def _tagged(count: int, tag: Tag) -> str:
    words = ngettext(
        "%(count)d customer is now tagged “%(tag)s”.", "%(count)d customers are now tagged “%(tag)s”.", count
    )
    return words % {"count": count, "tag": tag}


def bulk_refused(request: WorkspaceRequest, **form: BulkForm) -> HttpResponse:
    """The list again, with the form by its name in the page and what was chosen."""
    words = {
        **listed(request.GET, request.membership),
        **form,
        "chosen": set(request.POST.getlist("customers")),
    }
    return render(request, "customers/customer_list.html", words, status=422)


def listed(asked: QueryDict, membership: Membership) -> dict[str, Any]:
    filters = CustomerFilterForm(asked)
    wanted = filters.wanted()
    found = queries.found_by(wanted)
    sort = queries.known_sort(asked.get("sort", ""))
    page = queries.customer_page(wanted, found, sort=sort, cursor=asked.get("cursor", ""))
    return {
        "filters": filters,
        "is_filtered": bool(wanted.names_in_use),
        "found": found,
        "most_found": queries.MOST_FOUND,
        "customers": page.rows,
        "next_cursor": page.next_cursor,
        "count": page.count,
        "most_counted": page.most_counted,
        "sort": sort,
        "tags": Tag.objects.order_by("name"),
        "lists": queries.lists_by_name(),
        "is_sayable": rule_of_filter(wanted) is not None,
        **rights_of(membership),
    }
