from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers import actions
from customers.forms import NoteForm, TagForm
from customers.models import Customer, Note, Tag
from customers.refusals import Refused
from customers.views.profiles import detail_words


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def note_create(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    form = NoteForm(request.POST)
    if form.is_valid():
        try:
            actions.write_note(customer, text=form.cleaned_data["text"], author=request.user)
        except Refused as refused:
            form.add_error("text", str(refused))
        else:
            return redirect("customers:customer_detail", customer.pk)
    return render(
        request, "customers/customer_detail.html", detail_words(request, customer, note_form=form), status=422
    )


@permits(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def note_edit(request: WorkspaceRequest, note_id: int) -> HttpResponse:
    note = get_object_or_404(Note.objects.select_related("customer"), pk=note_id, archived_at=None)
    form = NoteForm(request.POST or None, initial={"text": note.text})
    if request.method == "POST" and form.is_valid():
        try:
            actions.edit_note(note, text=form.cleaned_data["text"])
        except Refused as refused:
            form.add_error("text", str(refused))
        else:
            return redirect("customers:customer_detail", note.customer_id)
    return render(request, "customers/note_edit.html", {"form": form, "note": note}, status=422 if form.errors else 200)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def note_archival(request: WorkspaceRequest, note_id: int) -> HttpResponse:
    note = get_object_or_404(Note, pk=note_id)
    actions.archive_note(note)
    messages.success(request, _("The note is archived."))
    return redirect("customers:customer_detail", note.customer_id)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def tag_create(request: WorkspaceRequest, customer_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    form = TagForm(request.POST)
    if form.is_valid():
        try:
            actions.tag_customer(customer, name=form.cleaned_data["tag"])
        except Refused as refused:
            form.add_error("tag", str(refused))
        else:
            return redirect("customers:customer_detail", customer.pk)
    return render(request, "customers/customer_detail.html", detail_words(request, customer, tag_form=form), status=422)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def tag_removal(request: WorkspaceRequest, customer_id: int, tag_id: int) -> HttpResponse:
    customer = get_object_or_404(Customer, pk=customer_id, merged_into=None, erased_at=None)
    actions.untag_customer(customer, get_object_or_404(Tag, pk=tag_id))
    return redirect("customers:customer_detail", customer.pk)
