"""Flows through the API: written as the editor writes them, switched on and off, and entered (docs/flows.md)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.errors import ApiError
from accounts.rest.fields import Flag, Instant, Integer, PublicId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.api.batches import MOST_ITEMS
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from customers.queries.filtering import Among
from messaging.actions import flows as actions
from messaging.flows.checking import checked
from messaging.flows.definitions import DEEPEST, LONGEST_DEFINITION, Fault, FlowRefused
from messaging.models import EnrolmentState, Flow, FlowState
from messaging.refusals import FlowChangedMeanwhile

PREFIX = "flw"
INSIDE = ("stay", "leave")


_DEFINITION = {
    "type": "object",
    "description": "What it does; docs/flows.md has every step, with what it says.",
    "properties": {
        "trigger": {"type": "object", "additionalProperties": True},
        "steps": {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": True}},
    },
    "required": ["trigger", "steps"],
    "additionalProperties": True,
}


@extend_schema_field(_DEFINITION)
class FlowDefinitionField(serializers.Field):  # type: ignore[type-arg]
    """As it was written. What it says is for the action to judge."""

    def to_internal_value(self, data: Any) -> Any:
        if len(json.dumps(data)) > LONGEST_DEFINITION:
            words = _("A flow is written in %(most)s characters at most.") % {"most": LONGEST_DEFINITION}
            raise serializers.ValidationError(words, "invalid_value")
        return data

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


class FlowSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    name = Text(max_length=120)
    state = serializers.ChoiceField(FlowState.choices, read_only=True)
    version = serializers.IntegerField(source="current.number", read_only=True, help_text="Counts the edits.")
    definition = FlowDefinitionField(source="current.definition")
    switched_on_at = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)
    archived_at = Instant(read_only=True, allow_null=True)


class FlowChangeSerializer(FlowSerializer):
    based_on = Integer(
        required=False,
        write_only=True,
        help_text="The `version` that the change was made to. Where another was saved meanwhile, nothing is changed.",
    )


class FlowCheckRequestSerializer(StrictSerializer):
    definition = FlowDefinitionField()


class FlowProblemSerializer(serializers.Serializer[Any]):
    param = serializers.CharField(help_text="Where: `definition.steps[1].template`.")
    step = serializers.CharField(help_text="The key of the step; blank where it is the flow itself.")
    message = serializers.CharField()


class FlowCheckSerializer(serializers.Serializer[Any]):
    problems = FlowProblemSerializer(many=True, help_text="All that is wrong. None: it can be saved.")


class FlowQuery(ListQuery):
    state = serializers.ChoiceField(FlowState.choices, required=False)


class EnrolmentRequestSerializer(StrictSerializer):
    customers = serializers.ListField(child=PublicId(CUSTOMER), min_length=1, max_length=MOST_ITEMS)


class EnrolmentAnswerSerializer(serializers.Serializer[Any]):
    entered = serializers.ListField(
        child=PublicId(CUSTOMER), help_text="Whom the entry filter fits and the policy lets in; the others stay out."
    )
    held_out = serializers.ListField(
        child=PublicId(CUSTOMER), help_text="Who would have, and are left in peace to measure what the flow brings."
    )


class SwitchSerializer(StrictSerializer):
    is_on = Flag()
    inside = serializers.ChoiceField(
        INSIDE, required=False, default="stay", help_text="Switched off: whether those on the way go on or leave."
    )


class FlowViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = FlowSerializer
    required_scopes = {
        "GET": ApiScope.FLOWS_READ,
        "POST": ApiScope.FLOWS_WRITE,
        "PATCH": ApiScope.FLOWS_WRITE,
        "DELETE": ApiScope.FLOWS_WRITE,
    }
    action_scopes = dict.fromkeys(("enrolments", "switch"), ApiScope.FLOWS_SEND)
    query_class = FlowQuery
    filters = {"state": "state"}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Flow.objects.select_related("current")

    def create(self, request: Request) -> Response:
        """Write a flow as a draft. What can't be carried out is refused with where it stands."""
        given = self.valid(FlowSerializer, request)
        definition = given["current"]["definition"]
        with _told(definition):
            flow = actions.add_flow(name=given["name"], definition=definition)
        return Response(self.shown(flow), status=201)

    @extend_schema(request=FlowChangeSerializer)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Change a flow: a definition takes the place of the whole. Whoever is on the way goes on as before."""
        flow = self.row(id)
        given = self.valid(FlowChangeSerializer, request, partial=True)
        definition = given.get("current", {}).get("definition", flow.current.definition)
        with _told(definition):
            actions.change_flow(
                flow, name=given.get("name", flow.name), definition=definition, based_on=given.get("based_on")
            )
        return Response(self.shown(flow))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive a flow. Whoever is on the way leaves it; what came of it stays to be read."""
        return Response(self.shown(actions.archive_flow(self.row(id))))

    @extend_schema(request=FlowCheckRequestSerializer, responses=FlowCheckSerializer)
    @action(detail=False, methods=["post"])
    def check(self, request: Request) -> Response:
        """Say all that is wrong with a definition. Nothing is kept."""
        definition = self.valid(FlowCheckRequestSerializer, request)["definition"]
        faults: list[Fault] = []
        try:
            checked(definition)
        except FlowRefused as refused:
            faults = refused.faults
        problems = [{"param": _param(each, definition), "step": each.step, "message": each.message} for each in faults]
        return Response(FlowCheckSerializer({"problems": problems}).data)

    @extend_schema(request=EnrolmentRequestSerializer, responses=EnrolmentAnswerSerializer)
    @action(detail=True, methods=["post"])
    def enrolments(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Bring customers into a flow that is on. Whoever was in already, as far as its policy says, stays out."""
        flow = self.row(id)
        customer_ids = self.valid(EnrolmentRequestSerializer, request)["customers"]
        known = set(Customer.objects.filter(Among("pk", sorted(customer_ids))).values_list("pk", flat=True))
        for position, pk in enumerate(customer_ids):
            if pk not in known:
                message = _("There is no such customer in this workspace.")
                raise ApiError("unknown_reference", message, param=f"customers[{position}]")
        enrolled = actions.enrol_by_hand(flow, customer_ids)
        held_out = {each.customer_id for each in enrolled if each.state == EnrolmentState.HELD_OUT}
        entered = [each.customer_id for each in enrolled if each.customer_id not in held_out]
        return Response(EnrolmentAnswerSerializer({"entered": entered, "held_out": sorted(held_out)}).data)

    @extend_schema(request=SwitchSerializer)
    @action(detail=True, methods=["post"])
    def switch(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Switch a flow on or off. Twice is once."""
        flow, said = self.row(id), self.valid(SwitchSerializer, request)
        if said["is_on"]:
            return Response(self.shown(actions.switch_on_flow(flow)))
        return Response(self.shown(actions.switch_off_flow(flow, is_left=said["inside"] == "leave")))


@contextmanager
def _told(definition: Any) -> Iterator[None]:
    """What is wrong with a definition, and that somebody was faster, as the API says it."""
    try:
        yield
    except FlowRefused as refused:
        raise ApiError(
            "invalid_value", refused.faults[0].message, param=_param(refused.faults[0], definition)
        ) from None
    except FlowChangedMeanwhile as refused:
        message = _("Version %(number)s was saved meanwhile. Read it, and base the change on it.")
        raise ApiError("conflict", message % {"number": refused.number}, param="based_on") from None


def _param(fault: Fault, definition: Any) -> str:
    """Where in the body it stands."""
    place = _path_of(fault.step, definition.get("steps"), "definition.steps") if fault.step else "definition"
    return place if fault.part == "definition" else f"{place}.{fault.part}"


def _path_of(key: str, steps: Any, path: str, *, depth: int = 0) -> str:
    for place, step in enumerate(steps if isinstance(steps, list) and depth <= DEEPEST else ()):
        if isinstance(step, dict):
            here = f"{path}[{place}]"
            arms = (_path_of(key, step.get(arm), f"{here}.{arm}", depth=depth + 1) for arm in ("then", "else"))
            if found := here if step.get("key") == key else next(filter(None, arms), ""):
                return found
    return ""
