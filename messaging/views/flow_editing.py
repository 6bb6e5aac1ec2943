from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Permission, permits
from accounts.requests import WorkspaceRequest
from customers.queries import field_catalogue, property_operators
from customers.refusals import Refused
from customers.views.refusals import refusal_told
from messaging.actions import flows as actions
from messaging.actions.flow_presets import add_flow_from_preset
from messaging.flows.catalogue import editor_catalogue
from messaging.flows.definitions import FlowRefused
from messaging.flows.presets import PRESETS
from messaging.forms.flows import FlowForm
from messaging.models import Flow
from messaging.refusals import FlowChangedMeanwhile
from messaging.views.flows import current_of

FIRST_DEFINITION = {
    "trigger": {"on": "event", "event": "CustomerJoined"},
    "reentry": {"policy": "once"},
    "steps": [{"key": "wait-1", "do": "wait", "days": 1}],
}


@permits(Permission.EDIT_MESSAGES)
@require_POST
def flow_from_preset(request: WorkspaceRequest, preset: str) -> HttpResponse:
    if preset not in PRESETS:
        raise Http404
    with refusal_told(request):
        flow = add_flow_from_preset(preset, written_by=request.user)
        messages.success(request, _("Made as a draft, with texts of its own. Read them, then switch it on."))
        return redirect("messaging:flow_detail", flow.pk)
    return redirect("messaging:flow_list")


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_create(request: WorkspaceRequest) -> HttpResponse:
    form = FlowForm(request.POST or None, initial={"definition": written(FIRST_DEFINITION)})
    words: dict[str, Any] = {"form": form}
    if flow := _saved(form, partial(actions.add_flow, written_by=request.user), words):
        return redirect("messaging:flow_detail", flow.pk)
    return _editor(request, "messaging/flow_create.html", words)


@permits(Permission.EDIT_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def flow_edit(request: WorkspaceRequest, flow_id: int) -> HttpResponse:
    flow = get_object_or_404(
        Flow.objects.select_related("current"), pk=flow_id, archived_at=None, current__isnull=False
    )
    version = current_of(flow)
    initial = {"name": flow.name, "definition": written(version.definition), "based_on": version.number}
    form = FlowForm(request.POST or None, initial=initial)
    words: dict[str, Any] = {"form": form, "flow": flow}
    save = partial(actions.change_flow, flow, written_by=request.user)
    if _saved(form, lambda **said: save(**said, based_on=form.cleaned_data["based_on"]), words):
        messages.success(request, _("Saved. Whoever is on the way goes on as before; the change is for who comes now."))
        return redirect("messaging:flow_detail", flow.pk)
    return _editor(request, "messaging/flow_edit.html", words)


def written(definition: Any) -> str:
    return json.dumps(definition, indent=2, ensure_ascii=False)


def _saved(form: FlowForm, save: Callable[..., Flow], words: dict[str, Any]) -> Flow | None:
    """What the form says, carried out; or None, and the form says why, with what is wrong at which step."""
    if not (form.is_bound and form.is_valid()):
        return None
    try:
        return save(name=form.cleaned_data["name"], definition=form.cleaned_data["definition"])
    except FlowRefused as refused:
        words["faults"] = refused.faults
        form.add_error(None, _("Some steps can't be carried out. What is wrong stands below and at each step."))
    except FlowChangedMeanwhile as refused:
        words["meanwhile"] = refused.number
        # Saved again, it is over the version that was just told of.
        form.data = {name: form.data.get(name) for name in form.fields} | {"based_on": str(refused.number)}
        form.add_error(None, str(refused))
    except Refused as refused:
        form.add_error(refused.field or None, str(refused))
    return None


def _editor(request: WorkspaceRequest, template: str, words: dict[str, Any]) -> HttpResponse:
    faults = words.get("faults", [])
    words |= {
        "editor": editor_catalogue(),
        "catalogue": field_catalogue(),
        "property_operators": property_operators(),
        "step_faults": [{"step": each.step, "part": each.part, "message": each.message} for each in faults],
    }
    return render(request, template, words, status=422 if words["form"].errors else 200)
