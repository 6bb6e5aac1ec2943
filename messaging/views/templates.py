from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.views.refusals import refusal_told
from messaging import actions, queries
from messaging.block_catalogue import catalogue, merge_fields
from messaging.forms.templates import TemplateForm, initial_of, initial_of_starter
from messaging.models import Template, TemplateVersion
from messaging.previewing import preview_wording, render_for
from messaging.rendering import BadTemplate
from messaging.starters import STARTERS, starter
from messaging.views.letters import filled_in_for, in_a_sandbox, letter, letter_refused

page = require_http_methods(["GET", "HEAD", "POST"])


@permits(Permission.VIEW_MESSAGES)
@require_safe
@vary_on_headers("HX-Request")
def template_list(request: WorkspaceRequest) -> HttpResponse:
    sought, is_archived = request.GET.get("q", "").replace("\x00", "").strip(), bool(request.GET.get("archived"))
    rows = queries.templates_for_list(q=sought[:120], archived=is_archived)
    found = keyset_page(rows, sort="name", cursor=request.GET.get("cursor", ""))
    words = {"templates": found.rows, "next_cursor": found.next_cursor, "q": sought, "is_archived": is_archived}
    return render(request, "messaging/template_list.html" + ("#rows" if request.htmx else ""), words)


@permits(Permission.EDIT_MESSAGES)
@page
def template_create(request: WorkspaceRequest) -> HttpResponse:
    """First it is asked with which text to begin; `starter` says."""
    chosen = starter(request.GET.get("starter", ""))
    if chosen is None and request.method != "POST":
        return render(request, "messaging/template_create.html", {"starters": STARTERS})
    form = TemplateForm(request.POST or None, initial=initial_of_starter(chosen or STARTERS[0]))
    if form.is_valid():
        try:
            version = actions.write_template(
                name=form.cleaned_data["name"], wording=form.wording, written_by=request.user
            )
        except BadTemplate as error:
            form.refuse(error)
        else:
            messages.success(request, _("%s was added.") % version.template)
            return redirect("messaging:template_detail", version.template_id)
    return _editor(request, form, None)


@permits(Permission.EDIT_MESSAGES)
@page
def template_edit(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    template = _own(template_id)
    version = queries.newest_version(template)
    form = TemplateForm(request.POST or None, initial=initial_of(template, version) if version else {})
    if form.is_valid():
        try:
            actions.edit_template(
                template, name=form.cleaned_data["name"], wording=form.wording, written_by=request.user
            )
        except BadTemplate as error:
            form.refuse(error)
        else:
            messages.success(request, _("Saved. What waits in the queue already keeps its words."))
            return redirect("messaging:template_detail", template.pk)
    return _editor(request, form, template)


@permits(Permission.VIEW_MESSAGES)
@require_safe
def template_detail(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    template = _own(template_id)
    versions = list(queries.versions_of(template)[:50])
    words = {
        "template": template,
        "versions": versions,
        "uses": queries.uses_of(template),
        "teammates": queries.teammates(request.workspace),
    }
    return render(request, "messaging/template_detail.html", words)


@permits(Permission.VIEW_MESSAGES)
@require_safe
@in_a_sandbox
def template_html(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    """The newest version, or the one that is asked for, as a customer or an invented one would get it."""
    versions = TemplateVersion.objects.select_related("template").filter(template=template_id, template__key="")
    asked = re.fullmatch("[0-9]{1,8}", request.GET.get("version", ""))
    version = versions.filter(number=int(asked[0])).first() if asked else None
    version = version or versions.order_by("-number").first()
    if version is None:
        return letter_refused(_("There is no such text."), status=404)
    customer, to = filled_in_for(request.GET.get("preview_for", ""))
    try:
        rendered = render_for(customer, version)
    except BadTemplate as error:
        return letter_refused(str(error), status=200)
    return letter(rendered.html, recipient=to, subject=rendered.subject)


@permits(Permission.EDIT_MESSAGES)
@page
@in_a_sandbox
def template_preview(request: WorkspaceRequest) -> HttpResponse:
    """Of what stands in the editor, saved or not. Writes nothing."""
    form = TemplateForm(request.POST or None)
    form.is_valid()
    customer, to = filled_in_for(request.POST.get("preview_for", ""))
    if not form.is_bound or "blocks" in form.errors:
        return letter_refused(_("What you write appears here."), status=200)
    try:
        rendered = preview_wording(form.wording, customer=customer)
    except BadTemplate as error:
        return letter_refused(str(error), status=422)
    return letter(rendered.html, recipient=to, subject=rendered.subject)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def template_copy(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    copy = actions.duplicate_template(_own(template_id), written_by=request.user)
    messages.success(request, _("%s was added.") % copy)
    return redirect("messaging:template_edit", copy.pk)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def template_archival(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    with refusal_told(request):
        template = actions.archive_template(_own(template_id))
        messages.success(request, _("%s is archived: it is offered nowhere any more.") % template)
    return redirect("messaging:template_detail", template_id)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def template_restoration(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    template = actions.restore_template(_own(template_id))
    messages.success(request, _("%s is back.") % template)
    return redirect("messaging:template_detail", template.pk)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def version_restoration(request: WorkspaceRequest, template_id: int, version_id: int) -> HttpResponse:
    version = get_object_or_404(
        TemplateVersion.objects.select_related("template"), pk=version_id, template=_own(template_id)
    )
    try:
        newest = actions.restore_version(version, written_by=request.user)
    except BadTemplate as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("It says again what it said then, as version %d.") % newest.number)
    return redirect("messaging:template_detail", template_id)


@permits(Permission.SEND_MESSAGES)
@require_POST
def template_test(request: WorkspaceRequest, template_id: int) -> HttpResponse:
    """The saved words, to oneself or somebody of the team."""
    template, sought = _own(template_id), request.POST.get("preview_for", "")
    customer, _to = filled_in_for(sought)
    to = queries.teammate(request.workspace, request.POST.get("to", "")) or request.user
    if sought.strip() and customer is None:
        messages.error(request, _("No customer was found by this name. Nothing was sent."))
    else:
        try:
            actions.send_test_message(template, to=to, customer=customer)
            messages.success(request, _("A test is on its way to %s.") % to.email)
        except BadTemplate as error:
            messages.error(request, str(error))
    return redirect("messaging:template_detail", template.pk)


def _own(template_id: int) -> Template:
    """What the product itself sends is edited on pages of its own."""
    template: Template = get_object_or_404(Template, pk=template_id, key="")
    return template


def _editor(request: WorkspaceRequest, form: TemplateForm, template: Template | None) -> HttpResponse:
    words: dict[str, Any] = {
        "form": form,
        "template": template,
        "catalogue": catalogue(),
        "merge_fields": merge_fields(),
    }
    return render(request, "messaging/template_edit.html", words, status=422 if form.errors else 200)
