"""Templates through the API: the same blocks that the editor writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.errors import ApiError
from accounts.rest.fields import Instant, PublicId, RelatedId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from messaging import actions
from messaging.actions import Wording
from messaging.models import Template, TemplateVersion
from messaging.previewing import preview_wording, render_for
from messaging.queries import newest_version
from messaging.rendering import BadTemplate, Rendered, clean_blocks

PREFIX = "tpl"
LONGEST_BODY = 100_000
_BLOCKS = {
    "type": "array",
    "nullable": True,
    "description": "The blocks that the editor shows, each with its `type`; none of a body that was written by hand.",
    "items": {
        "type": "object",
        "properties": {"type": {"type": "string"}},
        "required": ["type"],
        "additionalProperties": True,
    },
}


@extend_schema_field(_BLOCKS)
class BlocksField(serializers.Field):  # type: ignore[type-arg]
    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        try:
            return clean_blocks(data)
        except BadTemplate as error:
            raise serializers.ValidationError(str(error), "invalid_value") from None

    def to_representation(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return value


class TemplateSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    name = Text(max_length=120)
    subject = Text(max_length=300)
    preheader = Text(max_length=300, required=False, allow_blank=True)
    blocks = BlocksField(required=False, allow_null=True)
    body = Text(
        max_length=LONGEST_BODY,
        required=False,
        help_text="HTML, or plain text whose blank lines part its paragraphs; instead of `blocks`.",
    )
    own_text = Text(
        max_length=LONGEST_BODY,
        required=False,
        allow_blank=True,
        help_text="The plain part, instead of what is made of the body.",
    )
    version = serializers.IntegerField(read_only=True, help_text="Counts the edits.")
    created_at = Instant(read_only=True)
    archived_at = Instant(read_only=True, allow_null=True)


class TemplatePreviewRequestSerializer(StrictSerializer):
    customer = RelatedId(
        CUSTOMER,
        Customer,
        required=False,
        allow_null=True,
        help_text="For whom; none: an invented customer. The key needs customers:read too.",
    )
    subject = Text(max_length=300, required=False)
    preheader = Text(max_length=300, required=False, allow_blank=True)
    blocks = BlocksField(required=False)
    body = Text(max_length=LONGEST_BODY, required=False)
    own_text = Text(max_length=LONGEST_BODY, required=False, allow_blank=True)


class TemplatePreviewSerializer(serializers.Serializer[Any]):
    subject = serializers.CharField()
    html = serializers.CharField()
    text = serializers.CharField()


class TemplateQuery(ListQuery):
    archived = serializers.BooleanField(default=False, help_text="Those in the archive instead.")


class TemplateViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = TemplateSerializer
    required_scopes = {
        "GET": ApiScope.MESSAGES_READ,
        "POST": ApiScope.TEMPLATES_WRITE,
        "PATCH": ApiScope.TEMPLATES_WRITE,
        "DELETE": ApiScope.TEMPLATES_WRITE,
    }

    query_class = TemplateQuery

    def get_queryset(self) -> models.QuerySet[Any]:
        newest = TemplateVersion.objects.filter(template=OuterRef("pk")).order_by("-number")
        said = {
            name: Subquery(newest.values(name)[:1]) for name in ("subject", "preheader", "blocks", "body", "own_text")
        }
        return Template.objects.filter(key="").annotate(**said, version=Subquery(newest.values("number")[:1]))

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        return super().filtered(rows, query).filter(archived_at__isnull=not query["archived"])

    def create(self, request: Request) -> Response:
        """Add a template. What cannot be sent, such as an unknown variable, is refused with where it stands."""
        given = self.valid(TemplateSerializer, request)
        if "blocks" not in given and "body" not in given:
            raise ApiError("missing_field", _("A template needs blocks or a body."), param="blocks")
        with _told():
            version = actions.write_template(name=given["name"], wording=_wording(given, None))
        return Response(self.shown(self.get_queryset().get(pk=version.template_id)), status=201)

    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Change what a template says, as a new version. What is queued already keeps its words."""
        template = self.row(id)
        given = self.valid(TemplateSerializer, request, partial=True)
        with _told():
            actions.edit_template(
                template, name=given.get("name", template.name), wording=_wording(given, newest_version(template))
            )
        return Response(self.shown(self.get_queryset().get(pk=template.pk)))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive a template. What was sent of it stays readable."""
        template = self.row(id)
        template.archived_at = actions.archive_template(template).archived_at
        return Response(self.shown(template))

    @extend_schema(request=TemplatePreviewRequestSerializer, responses=TemplatePreviewSerializer)
    @action(detail=True, methods=["post"])
    def preview(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Fill a template in for a customer, with the words that it has or with those given. Nothing is kept."""
        version = newest_version(self.row(id))
        given = self.valid(TemplatePreviewRequestSerializer, request)
        customer = given.pop("customer", None)
        if customer and ApiScope.CUSTOMERS_READ not in self.key.scopes:
            # Words of the caller's own can name whatever is known of the customer.
            message = f"To fill it in for a customer, the key needs {ApiScope.CUSTOMERS_READ}."
            raise ApiError("missing_scope", message, param="customer")
        with _told():
            rendered = _rendered(version, given, customer)
        return Response(TemplatePreviewSerializer(rendered).data)


def _rendered(version: TemplateVersion | None, given: dict[str, Any], customer: Customer | None) -> Rendered:
    if version is not None and not given:
        return render_for(customer, version)
    return preview_wording(_wording(given, version), customer=customer)


def _wording(given: dict[str, Any], version: TemplateVersion | None) -> Wording:
    """What is given, and else what the template says. A body takes the place of blocks, and they of it."""
    old = Wording.of(version) if version else Wording("")
    blocks, body = old.blocks, old.body
    if given.get("blocks") is not None:
        blocks, body = given["blocks"], ""
    elif "body" in given:
        blocks, body = None, given["body"]
    return Wording(
        given.get("subject", old.subject),
        body,
        given.get("preheader", old.preheader),
        given.get("own_text", old.own_text),
        blocks,
    )


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a text, as the API says it."""
    try:
        yield
    except BadTemplate as error:
        raise ApiError("invalid_value", str(error), param=error.field) from None
