from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.paging import keyset_page
from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.refusals import Refused
from messaging import actions, queries
from messaging.forms import AddressForm, ReleaseForm
from messaging.models import Suppression


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def suppression_list(request: WorkspaceRequest) -> HttpResponse:
    form = AddressForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.block_address(**form.cleaned_data)
        except Refused as refused:
            form.add_error(refused.field, str(refused))
        else:
            messages.success(request, _("Nothing is sent to this address any more."))
            return redirect("messaging:suppression_list")
    sought = request.GET.get("q", "").replace("\x00", "").strip()[:254]
    page = keyset_page(queries.suppressions_matching(sought), sort="-at", cursor=request.GET.get("cursor", ""))
    words = {"form": form, "sought": sought, "suppressions": page.rows, "next_cursor": page.next_cursor}
    return render(request, "messaging/suppression_list.html", words, status=422 if form.errors else 200)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def suppression_removal(request: WorkspaceRequest, suppression_id: int) -> HttpResponse:
    suppression = get_object_or_404(Suppression, pk=suppression_id)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        actions.release_address(suppression, why=form.cleaned_data["why"])
        messages.success(request, _("Lifted. Consent that was withdrawn stays withdrawn."))
    else:
        messages.error(request, _("Say why the address may be written to again."))
    return redirect("messaging:suppression_list")
