from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from messaging import actions, queries
from messaging.forms import FrequencyForm, QuietHoursForm
from messaging.models import FrequencyPolicy


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def policy_list(request: WorkspaceRequest) -> HttpResponse:
    form = FrequencyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.set_frequency_policy(**form.cleaned_data)
        messages.success(request, _("Saved. It counts what is sent from now on."))
        return redirect("messaging:policy_list")
    return _page(request, frequency_form=form)


@permits(Permission.EDIT_MESSAGES)
@require_POST
def policy_removal(request: WorkspaceRequest, policy_id: int) -> HttpResponse:
    actions.remove_frequency_policy(get_object_or_404(FrequencyPolicy, pk=policy_id, is_wish=False))
    messages.success(request, _("The limit is gone. What waited for it is sent now."))
    return redirect("messaging:policy_list")


@permits(Permission.EDIT_MESSAGES)
@require_POST
def quiet_hours(request: WorkspaceRequest) -> HttpResponse:
    form = QuietHoursForm(request.POST)
    if not form.is_valid():
        return _page(request, quiet_form=form)
    actions.set_quiet_hours(**form.cleaned_data)
    messages.success(request, _("Saved. What comes up in these hours waits until they are over."))
    return redirect("messaging:policy_list")


@permits(Permission.EDIT_MESSAGES)
@require_POST
def quiet_hours_end(request: WorkspaceRequest) -> HttpResponse:
    actions.end_quiet_hours()
    messages.success(request, _("There are no quiet hours any more. What waited for their end is sent now."))
    return redirect("messaging:policy_list")


def _page(
    request: WorkspaceRequest, *, frequency_form: FrequencyForm | None = None, quiet_form: QuietHoursForm | None = None
) -> HttpResponse:
    quiet = queries.quiet_hours()
    forms = {
        "form": frequency_form or FrequencyForm(),
        "quiet_form": quiet_form or QuietHoursForm(quiet=quiet),
    }
    words = {**forms, "quiet": quiet, "policies": queries.frequency_policies()}
    status = 422 if any(form.errors for form in forms.values()) else 200
    return render(request, "messaging/policy_list.html", words, status=status)
