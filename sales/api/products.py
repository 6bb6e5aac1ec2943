from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.fields import Instant, MinorUnits, PublicId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from accounts.scope import current_workspace
from sales.actions import add_product, archive_product, edit_product, restore_product
from sales.models import Product

PREFIX = "prd"

SALES_SCOPES = {
    "GET": ApiScope.SALES_READ,
    "POST": ApiScope.SALES_WRITE,
    "PATCH": ApiScope.SALES_WRITE,
    "DELETE": ApiScope.SALES_WRITE,
}


class ProductSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    sku = Text(max_length=80, help_text="What the shop calls it; no two products share one.")
    name = Text(max_length=200)
    category = Text(required=False, max_length=120)
    price_minor = MinorUnits(required=False)
    currency = serializers.SerializerMethodField(help_text="The workspace's.")
    url = Text(required=False, max_length=500)
    archived_at = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)

    def get_currency(self, product: Product) -> str:
        return current_workspace().currency


class ProductQuery(ListQuery):
    sku = serializers.CharField(required=False, max_length=80)
    category = serializers.CharField(required=False, max_length=120)
    archived = serializers.BooleanField(default=False, help_text="Those in the archive instead.")


class ProductViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = ProductSerializer
    required_scopes = SALES_SCOPES
    query_class = ProductQuery
    filters = {"sku": "sku", "category": "category"}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Product.objects.all()

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        return super().filtered(rows, query).filter(archived_at__isnull=not query["archived"])

    def create(self, request: Request) -> Response:
        product = add_product(**self.valid(ProductSerializer, request))
        return Response(self.shown(product), status=201)

    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        product = self.row(id)
        edit_product(product, **self.valid(ProductSerializer, request, partial=True))
        return Response(self.shown(product))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive a product. It is off offer; orders keep it."""
        return Response(self.shown(archive_product(self.row(id))))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Bring an archived product back."""
        return Response(self.shown(restore_product(self.row(id))))
