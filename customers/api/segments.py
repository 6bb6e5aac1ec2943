"""Segments through the API: the same definitions that the builder writes (docs/segments.md)."""

from __future__ import annotations

from collections.abc import Mapping
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
from accounts.rest.fields import Flag, Instant, PublicId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.actions import segments as actions
from customers.api.batches import MOST_ITEMS
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer, Segment, SegmentKind, SegmentMembership
from customers.models.customers import LISTED
from customers.queries.filtering import Among
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused, Group, Match, definition_of
from customers.segments.previewing import exact_preview, preview

PREFIX = "seg"

_DEFINITION = {
    "type": "object",
    "description": "Conditions and groups of them; docs/segments.md has every field and operator.",
    "properties": {
        "match": {"type": "string", "enum": [match.value for match in Match]},
        "rules": {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": True}},
    },
    "required": ["match", "rules"],
}


@extend_schema_field(_DEFINITION)
class DefinitionField(serializers.Field):  # type: ignore[type-arg]
    """In, a definition that was understood; what can't be asked is refused with the path to it."""

    def to_internal_value(self, data: Any) -> Group:
        try:
            definition = definition_of(data)
            Understood(definition)
        except DefinitionRefused as refusal:
            place = {refusal.path: [str(refusal)]} if refusal.path else [str(refusal)]
            raise serializers.ValidationError(place, "invalid_value") from None
        return definition

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any] | None:
        return value or None


class SegmentSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    name = Text(max_length=120)
    kind = serializers.ChoiceField(SegmentKind.choices, read_only=True, help_text="`static`: a list by hand.")
    definition = DefinitionField(required=False, help_text="Who is meant; a list by hand has none.")
    members_count = serializers.IntegerField(read_only=True)
    is_building = Flag(read_only=True, help_text="Its rule is new, and not everybody has been looked at yet.")
    fault = serializers.CharField(read_only=True, help_text="Why its rule can't be asked any more; blank if it can.")
    created_at = Instant(read_only=True)
    archived_at = Instant(read_only=True, allow_null=True)


class SegmentQuery(ListQuery):
    kind = serializers.ChoiceField(SegmentKind.choices, required=False)
    archived = serializers.BooleanField(default=False, help_text="Those in the archive instead.")


class SegmentMemberSerializer(serializers.Serializer[Any]):
    customer = PublicId(CUSTOMER, source="customer_id")
    entered_at = Instant()


class MemberChangeSerializer(StrictSerializer):
    add = serializers.ListField(child=PublicId(CUSTOMER), required=False, default=list, max_length=MOST_ITEMS)
    remove = serializers.ListField(child=PublicId(CUSTOMER), required=False, default=list, max_length=MOST_ITEMS)


class MemberChangeAnswerSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField(help_text="How many were not on the list before.")
    removed = serializers.IntegerField(help_text="How many were on it.")


class PreviewRequestSerializer(StrictSerializer):
    definition = DefinitionField()
    exact = Flag(required=False, default=False, help_text="Count also where an estimate would be answered.")


class PreviewSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    is_estimate = serializers.BooleanField(help_text="Among very many customers a sample is asked, unless `exact`.")
    customers = serializers.ListField(child=PublicId(CUSTOMER), help_text="A few of them.")


class SegmentViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = SegmentSerializer
    required_scopes = {
        "GET": ApiScope.SEGMENTS_READ,
        "POST": ApiScope.SEGMENTS_WRITE,
        "PATCH": ApiScope.SEGMENTS_WRITE,
        "DELETE": ApiScope.SEGMENTS_WRITE,
    }
    query_class = SegmentQuery
    filters = {"kind": "kind"}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Segment.objects.all()

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        return super().filtered(rows, query).filter(archived_at__isnull=not query["archived"])

    def create(self, request: Request) -> Response:
        """Add a segment by a rule, or a list by hand. Whom a rule means is found within seconds, step by step."""
        given = self.valid(SegmentSerializer, request)
        return Response(self.shown(actions.add_segment(**given)), status=201)

    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        segment = self.row(id)
        given = self.valid(SegmentSerializer, request, partial=True)
        if "definition" in given and segment.kind == SegmentKind.STATIC:
            raise ApiError("invalid_value", _("A list by hand has no rule."), param="definition")
        actions.change_segment(segment, **{"name": segment.name, **given})
        return Response(self.shown(segment))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive a segment. Its members stay as they are, and nobody is reached through it."""
        return Response(self.shown(actions.archive_segment(self.row(id))))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Bring an archived segment back. Everybody is looked at anew."""
        return Response(self.shown(actions.restore_segment(self.row(id))))

    @extend_schema(responses=SegmentMemberSerializer(many=True))
    @action(detail=True, methods=["get"])
    def members(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """List who is in a segment. The last to come is the first."""
        there = {f"customer__{name}": value for name, value in LISTED.items()}
        rows = SegmentMembership.objects.filter(segment=self.row(id), **there)
        return self.page(rows, SegmentMemberSerializer, self.query_of(request, ListQuery))

    @extend_schema(request=MemberChangeSerializer, responses=MemberChangeAnswerSerializer)
    @members.mapping.post
    def change_members(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Put customers on a list by hand and take others off. Who is in a rule's segment is the rule's to say."""
        segment = self.row(id)
        given = self.valid(MemberChangeSerializer, request)
        for name in ("add", "remove"):
            _refuse_strangers(given[name], param=name)
        added = actions.list_customers(segment, given["add"])
        return Response({"added": added, "removed": actions.unlist_customers(segment, given["remove"])})

    @extend_schema(request=PreviewRequestSerializer, responses=PreviewSerializer)
    @action(detail=False, methods=["post"])
    def preview(self, request: Request) -> Response:
        """Say how many a definition means. Nothing is kept; a POST for its length."""
        given = self.valid(PreviewRequestSerializer, request)
        rule = Understood(given["definition"])
        found = exact_preview(rule) if given["exact"] else preview(rule)
        return Response(PreviewSerializer(found).data)


def _refuse_strangers(customer_ids: list[int], *, param: str) -> None:
    """Raises ApiError for a customer who is not this workspace's."""
    known = set(Customer.objects.filter(Among("pk", customer_ids)).values_list("pk", flat=True))
    for position, pk in enumerate(customer_ids):
        if pk not in known:
            message = _("There is no such customer in this workspace.")
            raise ApiError("unknown_reference", message, param=f"{param}[{position}]")
