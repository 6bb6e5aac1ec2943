from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from messaging import queries
from messaging.forms import ExplanationForm
from messaging.models import Campaign


@permits(Permission.VIEW_MESSAGES)
@require_safe
def explanation(request: WorkspaceRequest) -> HttpResponse:
    """Why did, or did not, this person get it."""
    form = ExplanationForm(request.GET or None)
    words: dict[str, object] = {"form": form}
    if form.is_valid():
        about, customer = form.cleaned_data["about"], form.cleaned_data["customer"]
        explain = queries.explain_campaign if isinstance(about, Campaign) else queries.explain_flow
        words |= {"about": about, "customer": customer, "explanation": explain(about, customer)}
    return render(request, "messaging/explanation.html", words, status=422 if form.errors else 200)
