"""Flows through the API: which there are, bringing customers in, and the switch (docs/flows.md)."""

from __future__ import annotations

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
from accounts.rest.fields import Flag, Instant, PublicId
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.api.batches import MOST_ITEMS
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from customers.queries.filtering import Among
from messaging.actions import flows as actions
from messaging.models import EnrolmentState, Flow, FlowState

PREFIX = "flw"
INSIDE = ("stay", "leave")


@extend_schema_field({"type": "object", "additionalProperties": True})
class FlowDefinitionField(serializers.JSONField):
    pass


class FlowSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    name = serializers.CharField(read_only=True)
    state = serializers.ChoiceField(FlowState.choices, read_only=True)
    version = serializers.IntegerField(source="current.number", read_only=True)
    definition = FlowDefinitionField(
        source="current.definition", read_only=True, help_text="What it does; docs/flows.md has the form."
    )
    switched_on_at = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)
    archived_at = Instant(read_only=True, allow_null=True)


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
    required_scopes = {"GET": ApiScope.FLOWS_READ, "POST": ApiScope.FLOWS_WRITE}
    query_class = FlowQuery
    filters = {"state": "state"}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Flow.objects.select_related("current")

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
