from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers import actions, queries
from customers.forms import AttributeForm, AttributeNameForm
from customers.models import Attribute
from customers.refusals import Refused


@permits(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def attribute_list(request: WorkspaceRequest) -> HttpResponse:
    form = AttributeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.define_attribute(**form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            return redirect("customers:attribute_list")
    attributes = queries.attributes_with_uses()
    words = {"form": form, "attributes": attributes, "most_counted": queries.MOST_COUNTED}
    return render(request, "customers/attribute_list.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def attribute_edit(request: WorkspaceRequest, attribute_id: int) -> HttpResponse:
    attribute = get_object_or_404(Attribute, pk=attribute_id)
    form = AttributeNameForm(request.POST or None, initial={"label": attribute.label})
    if request.method == "POST" and form.is_valid():
        try:
            actions.rename_attribute(attribute, label=form.cleaned_data["label"])
        except Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            return redirect("customers:attribute_list")
    words = {"form": form, "attribute": attribute}
    return render(request, "customers/attribute_edit.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def attribute_archival(request: WorkspaceRequest, attribute_id: int) -> HttpResponse:
    attribute = actions.archive_attribute(get_object_or_404(Attribute, pk=attribute_id))
    messages.success(request, _("“%s” is archived. Its values are kept.") % attribute)
    return redirect("customers:attribute_list")


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def attribute_restoration(request: WorkspaceRequest, attribute_id: int) -> HttpResponse:
    attribute = actions.restore_attribute(get_object_or_404(Attribute, pk=attribute_id))
    messages.success(request, _("“%s” is back on the pages.") % attribute)
    return redirect("customers:attribute_list")
