from __future__ import annotations

from functools import partial
from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import reswap, retarget

from accounts.csv_download import csv_download
from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.actions import imports as actions
from customers.contracts import consent_basis, importers
from customers.forms.consents import ImportConsentForm
from customers.forms.imports import ImportColumnsForm, ImportCreateForm, ImportLayoutForm, PurchaseColumnsForm
from customers.importing.plans import plan_of
from customers.importing.preview import preview_of, sample_of
from customers.importing.reading import FileRefused
from customers.models import Import
from customers.queries import imports as queries
from customers.views.refusals import refusal_told


@permits(Permission.IMPORT_CUSTOMERS)
@require_safe
def import_list(request: WorkspaceRequest) -> HttpResponse:
    page = keyset_page(queries.imports_for_list(), sort="-created_at", cursor=request.GET.get("cursor", ""))
    imports = [(source, importers()[source.kind].label) for source in page.rows]
    words = {"imports": imports, "next_cursor": page.next_cursor}
    return render(request, "customers/import_list.html", words)


@permits(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_create(request: WorkspaceRequest) -> HttpResponse:
    form = ImportCreateForm(request.POST or None, request.FILES or None, initial={"kind": request.GET.get("kind")})
    if request.method == "POST" and form.is_valid():
        try:
            source = actions.upload_import(
                kind=form.cleaned_data["kind"], upload=form.cleaned_data["file"], created_by=request.user
            )
        except FileRefused as refusal:
            form.add_error("file", str(refusal))
        else:
            return redirect("customers:import_columns", source.pk)
    return render(request, "customers/import_create.html", {"form": form}, status=422 if form.errors else 200)


@permits(Permission.IMPORT_CUSTOMERS)
@require_safe
@vary_on_headers("HX-Request")
def import_detail(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    """Asked for again by the page itself while a worker is at it, and once more for what it has become then."""
    source = get_object_or_404(queries.imports_for_list(), pk=import_id)
    if source.state == Import.State.UPLOADED:
        return redirect("customers:import_columns", source.pk)
    template = "customers/import_detail.html"
    if not request.htmx:
        return render(request, template, _detail(source))
    if source.is_under_way:
        return render(request, f"{template}#progress", _with_importer(source))
    turned = render(request, f"{template}#turned", _detail(source))
    return reswap(retarget(turned, "#import"), "outerHTML")


def _with_importer(source: Import) -> dict[str, Any]:
    return {"source": source, "importer": importers()[source.kind]}


def _detail(source: Import) -> dict[str, Any]:
    words = _with_importer(source)
    if source.has_ended or source.state == Import.State.RUNNING:
        return words | {"rows": queries.first_rows(source)}
    return words | {
        "columns": plan_of(source.reading).columns,
        "good": source.rows_total - source.rows_refused,
        "preview": preview_of(source),
        "unreachable": queries.unreachable(source),
        "twins": queries.earlier_imports_of(source),
        "asks_consent": _topics(source),
    }


def _topics(source: Import) -> list[Any]:
    """What consent is asked for: only of a file of people, with addresses, where topics exist."""
    basis = consent_basis()
    if basis is None or not importers()[source.kind].asks_consent or plan_of(source.reading).position("email") is None:
        return []
    return list(basis.topics())


@permits(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_columns(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    source = get_object_or_404(queries.unstarted_imports(), pk=import_id)
    try:
        form = _columns_form(request, source)
    except (FileRefused, OSError):
        messages.error(request, _("The file can't be read any more. Upload it again."))
        return redirect("customers:import_create")
    if request.method == "POST" and form.is_valid():
        source = actions.plan_import(source, plan=form.plan())
        return redirect("customers:import_consent" if _topics(source) else "customers:import_detail", source.pk)
    return _columns_page(request, source, form, ImportLayoutForm(initial=_layout_of(source)))


@permits(Permission.IMPORT_CUSTOMERS)
@require_POST
def import_layout(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    source = get_object_or_404(queries.unstarted_imports(), pk=import_id)
    form = ImportLayoutForm(request.POST)
    if form.is_valid():
        try:
            actions.read_import_anew(source, layout=form.layout())
        except FileRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("customers:import_columns", source.pk)
    return _columns_page(request, source, _columns_form(request, source, is_bound=False), form)


def _columns_form(request: WorkspaceRequest, source: Import, *, is_bound: bool = True) -> ImportColumnsForm:
    importer = importers()[source.kind]
    data = request.POST or None if is_bound else None
    head = sample_of(source, count=actions.SAMPLE)
    if importer.holds_purchases:
        home = request.workspace.currency
        return PurchaseColumnsForm(data, plan=plan_of(source.reading), head=head, importer=importer, home=home)
    return ImportColumnsForm(data, plan=plan_of(source.reading), head=head, importer=importer)


def _layout_of(source: Import) -> dict[str, Any]:
    return msgspec.structs.asdict(plan_of(source.reading).layout)


def _columns_page(
    request: WorkspaceRequest, source: Import, form: ImportColumnsForm, layout_form: ImportLayoutForm
) -> HttpResponse:
    words = {
        "source": source,
        "importer": importers()[source.kind],
        "form": form,
        "layout_form": layout_form,
        "asks_consent": _topics(source),
    }
    has_errors = form.errors or layout_form.errors
    return render(request, "customers/import_columns.html", words, status=422 if has_errors else 200)


@permits(Permission.IMPORT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def import_consent(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    source = get_object_or_404(queries.unstarted_imports(), pk=import_id)
    plan = plan_of(source.reading)
    topics = _topics(source)
    if not topics:
        return redirect("customers:import_detail", source.pk)
    form = ImportConsentForm(request.POST or None, topics=topics, columns=plan.columns, consents=plan.consents)
    if request.method == "POST" and form.is_valid():
        actions.plan_import(source, plan=msgspec.structs.replace(plan, consents=form.consents()))
        return redirect("customers:import_detail", source.pk)
    words = {"source": source, "form": form}
    return render(request, "customers/import_consent.html", words, status=422 if form.errors else 200)


@permits(Permission.IMPORT_CUSTOMERS)
@require_POST
def import_start(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    source = get_object_or_404(Import, pk=import_id)
    with refusal_told(request):
        actions.start_import(source)
    return redirect("customers:import_detail", source.pk)


@permits(Permission.IMPORT_CUSTOMERS)
@require_POST
def import_cancellation(request: WorkspaceRequest, import_id: int) -> HttpResponse:
    source = actions.cancel_import(get_object_or_404(Import, pk=import_id))
    return redirect("customers:import_detail", source.pk)


@permits(Permission.IMPORT_CUSTOMERS)
@require_safe
def import_refusals(request: WorkspaceRequest, import_id: int) -> HttpResponseBase:
    """The lines that were refused or doubtful, as they stood in the file, with the reason behind them."""
    source = get_object_or_404(Import, pk=import_id)
    return csv_download(
        request.workspace,
        name=f"import-{source.pk}-refused",
        header=[_("Line"), _("What became of it"), _("Column"), _("Reason"), *plan_of(source.reading).columns],
        batch=partial(queries.refusal_lines, source.pk),
    )
