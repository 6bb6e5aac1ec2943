from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers import queries
from customers.actions import segments as actions
from customers.forms import CustomerFilterForm
from customers.forms.segments import ListForm, SegmentForm, fields_asked, read_definition, written
from customers.models import Segment, SegmentKind
from customers.refusals import Refused
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused
from customers.segments.from_filters import rule_of_filter
from customers.segments.previewing import exact_preview, preview

FIRST_DEFINITION = {"match": "all", "rules": [{"field": "orders", "is": "at_least", "value": 1}]}


@permits(Permission.VIEW_CUSTOMERS)
@require_safe
def segment_list(request: WorkspaceRequest) -> HttpResponse:
    words = {"segments": queries.segments_by_name(), "archived": queries.archived_segments()}
    return render(request, "customers/segment_list.html", words)


@permits(Permission.VIEW_CUSTOMERS)
@require_safe
def segment_detail(request: WorkspaceRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    page = queries.member_page(segment, cursor=request.GET.get("cursor", ""))
    words = {"segment": segment, "memberships": page.rows, "next_cursor": page.next_cursor}
    return render(request, "customers/segment_detail.html", words)


@permits(Permission.EDIT_SEGMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_create(request: WorkspaceRequest) -> HttpResponse:
    """With the filters of the list of customers in the query string, those make the first rule."""
    rule = rule_of_filter(CustomerFilterForm(request.GET).wanted()) or FIRST_DEFINITION
    form = SegmentForm(request.POST or None, initial={"definition": written(rule)})
    if segment := _saved(form, actions.add_segment):
        return redirect("customers:segment_detail", segment.pk)
    return _builder(request, "customers/segment_create.html", {"form": form})


@permits(Permission.EDIT_SEGMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def list_create(request: WorkspaceRequest) -> HttpResponse:
    form = ListForm(request.POST or None)
    if segment := _saved(form, actions.add_segment):
        return redirect("customers:segment_detail", segment.pk)
    return render(request, "customers/list_create.html", {"form": form}, status=422 if form.errors else 200)


@permits(Permission.EDIT_SEGMENTS)
@require_http_methods(["GET", "HEAD", "POST"])
def segment_edit(request: WorkspaceRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id, archived_at=None)
    asks = SegmentForm if segment.kind == SegmentKind.RULE else ListForm
    form = asks(request.POST or None, initial={"name": segment.name, "definition": written(segment.definition)})
    if _saved(form, partial(actions.change_segment, segment)):
        return redirect("customers:segment_detail", segment.pk)
    return _builder(request, "customers/segment_edit.html", {"form": form, "segment": segment})


@permits(Permission.VIEW_CUSTOMERS)
@require_POST
def segment_preview(request: WorkspaceRequest) -> HttpResponse:
    """How many the rule means: about, or with `exact`, counted. A POST for the rule's length; it writes nothing."""
    try:
        rule = Understood(read_definition(request.POST.get("definition", "")))
    except ValidationError as refused:
        return render(request, "customers/segment_preview.html", {"refused": refused.messages[0]}, status=422)
    found = exact_preview(rule) if "exact" in request.POST else preview(rule)
    return render(request, "customers/segment_preview.html", {"preview": found})


@permits(Permission.EDIT_SEGMENTS)
@require_POST
def segment_archival(request: WorkspaceRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        actions.archive_segment(segment)
    except Refused as refused:
        messages.error(request, str(refused))
        return redirect("customers:segment_detail", segment.pk)
    messages.success(request, _("“%s” is archived. You find it below the segments in use.") % segment)
    return redirect("customers:segment_list")


@permits(Permission.EDIT_SEGMENTS)
@require_POST
def segment_restoration(request: WorkspaceRequest, segment_id: int) -> HttpResponse:
    segment = get_object_or_404(Segment, pk=segment_id)
    try:
        actions.restore_segment(segment)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("customers:segment_detail", segment.pk)


def _saved(form: ListForm, save: Callable[..., Segment]) -> Segment | None:
    """What the form says, carried out; or None, and the form says why."""
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        return save(**form.cleaned_data)
    except Refused as refused:
        form.add_error(refused.field or None, str(refused))
    except DefinitionRefused as refused:
        form.add_error("definition", str(refused))
    return None


def _builder(request: WorkspaceRequest, template: str, words: dict[str, Any]) -> HttpResponse:
    form = words["form"]
    asked = fields_asked(form["definition"].value() or "") if "definition" in form.fields else ()
    words |= {"catalogue": queries.field_catalogue(asked), "property_operators": queries.property_operators()}
    return render(request, template, words, status=422 if form.errors else 200)
