from __future__ import annotations

from functools import partial

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from accounts.scope import current_actor
from customers import actions, queries
from customers.forms import TagForm
from customers.models import Tag
from customers.refusals import Refused
from customers.tasks import remove_used_tag


@permits(Permission.EDIT_CUSTOMERS)
@require_safe
def tag_list(request: WorkspaceRequest) -> HttpResponse:
    words = {"tags": queries.tags_with_uses(), "most_counted": queries.MOST_COUNTED}
    return render(request, "customers/tag_list.html", words)


@permits(Permission.EDIT_CUSTOMERS)
@require_http_methods(["GET", "HEAD", "POST"])
def tag_edit(request: WorkspaceRequest, tag_id: int) -> HttpResponse:
    tag = get_object_or_404(Tag, pk=tag_id)
    form = TagForm(request.POST if request.method == "POST" else None, initial={"tag": tag.name})
    if form.is_bound and form.is_valid():
        try:
            actions.rename_tag(tag, name=form.cleaned_data["tag"])
        except Refused as refused:
            form.add_error("tag", str(refused))
        else:
            return redirect("customers:tag_list")
    return render(request, "customers/tag_edit.html", {"form": form, "tag": tag}, status=422 if form.errors else 200)


@permits(Permission.EDIT_CUSTOMERS)
@require_POST
def tag_deletion(request: WorkspaceRequest, tag_id: int) -> HttpResponse:
    """At once if that takes under a second, else the rest goes on in the background."""
    tag = get_object_or_404(Tag, pk=tag_id)
    if actions.remove_tag(tag):
        messages.success(request, _("The tag “%s” is gone.") % tag)
    else:
        args = [tag.pk, current_actor()]
        transaction.on_commit(partial(remove_used_tag.apply_async, args, workspace=request.workspace))
        messages.info(request, _("So many have “%s” that taking it off goes on in the background.") % tag)
    return redirect("customers:tag_list")
