from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from messaging import actions
from messaging.forms import TrackingForm
from messaging.queries import tracking_policy


@permits(Permission.EDIT_WORKSPACE)
@require_http_methods(["GET", "HEAD", "POST"])
def tracking_edit(request: WorkspaceRequest) -> HttpResponse:
    form = TrackingForm(request.POST or None, policy=tracking_policy())
    if request.method == "POST" and form.is_valid():
        actions.write_tracking_policy(**form.cleaned_data)
        messages.success(request, _("Saved. It holds for messages that leave from now on."))
        return redirect("messaging:tracking_edit")
    return render(request, "messaging/tracking_edit.html", {"form": form}, status=422 if form.errors else 200)
