from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models, transaction
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import Instant, PublicId, RelatedId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.api.serializers import EXPANDED_CUSTOMER, CustomerSerializer
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from sales.actions import archive_cart, update_cart
from sales.actions.lines import NewLine
from sales.api.lines import CartLineSerializer, LinesField
from sales.api.products import SALES_SCOPES
from sales.models import Cart, Order

PREFIX = "crt"


class CartChangesSerializer(StrictSerializer):
    customer = RelatedId(CUSTOMER, Customer, serializer=CustomerSerializer, required=False, allow_null=True)
    currency = Text(required=False, max_length=3, help_text="Three letters, ISO 4217; the workspace's, unless said.")
    url = Text(required=False, max_length=500, help_text="Where its owner finds it again.")
    touched_at = Instant(required=False, help_text="Now, unless it is said; older news than what is known is dropped.")
    lines = LinesField(child=CartLineSerializer(), required=False)


class CartSerializer(CartChangesSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    key = Text(max_length=120, help_text="What the shop calls it; touched again it is the same cart.")
    lines = LinesField(child=CartLineSerializer())
    total_minor = serializers.IntegerField(read_only=True)
    ordered_at = Instant(read_only=True, allow_null=True)
    order = RelatedId("ord", Order, read_only=True, help_text="What it became.")
    archived_at = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)


class CartQuery(ListQuery):
    customer = PublicId(CUSTOMER, required=False, help_text="Whose they are.")
    key = serializers.CharField(required=False, max_length=120)
    open = serializers.BooleanField(required=False, help_text="Those that became an order, or not.")
    archived = serializers.BooleanField(default=False, help_text="Those in the archive instead.")


class CartViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = CartSerializer
    required_scopes = SALES_SCOPES
    query_class = CartQuery
    filters = {"customer": "customer_id", "key": "key", "open": "ordered_at__isnull"}
    expansions = {"customer": EXPANDED_CUSTOMER}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Cart.objects.with_lines()

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        return super().filtered(rows, query).filter(archived_at__isnull=not query["archived"])

    @extend_schema(responses={200: CartSerializer, 201: CartSerializer})
    def create(self, request: Request) -> Response:
        """Say what is in a cart now. A new one, or the one of that key: all of its lines."""
        cart = {"customer": None, **self.valid(CartSerializer, request)}
        is_known = Cart.objects.filter(key=cart["key"]).exists()
        return Response(self.shown(update_cart(**cart)), status=200 if is_known else 201)

    @extend_schema(request=CartChangesSerializer)
    @transaction.atomic
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        cart = self.row(id)
        changes = self.valid(CartChangesSerializer, request, partial=True)
        return Response(self.shown(update_cart(**{**_as_it_is(cart), **changes})))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive a cart. Touched again it comes back."""
        return Response(self.shown(archive_cart(self.row(id))))


def _as_it_is(cart: Cart) -> dict[str, Any]:
    lines = [
        NewLine(
            product=line.product,
            description=line.description,
            quantity=line.quantity,
            unit_price_minor=line.unit_price_minor,
        )
        for line in cart.lines.all()
    ]
    return {"key": cart.key, "customer": None, "currency": cart.currency, "lines": lines}
