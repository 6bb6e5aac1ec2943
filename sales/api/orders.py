from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import models
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.rest.fields import Instant, Integer, MinorUnits, PublicId, RelatedId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.actions.upsert import SHOP
from customers.api.batches import Batch, BatchAnswerSerializer, items_of
from customers.api.serializers import EXPANDED_CUSTOMER, CustomerSerializer
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from sales.actions import (
    archive_order,
    cancel_order,
    edit_order,
    fulfil_order,
    pay_order,
    place_order,
    refund_order,
    restore_order,
)
from sales.actions.upsert import upsert_orders
from sales.api.lines import LinesField, OrderLineSerializer
from sales.api.order_batches import OrderBatchSerializer, OrderItemSerializer, order_row
from sales.api.products import SALES_SCOPES
from sales.models import Order, Refund
from sales.money import LARGEST_RATE

PREFIX = "ord"
REFUND = "ref"


class OrderChangesSerializer(StrictSerializer):
    customer = RelatedId(CUSTOMER, Customer, serializer=CustomerSerializer, required=False, allow_null=True)
    number = Text(required=False, max_length=120, help_text="Unique for its source; the next of the day, unless said.")
    channel = Text(required=False, max_length=60, help_text="Where it was sold: `shop`, `web`, `phone` …")
    placed_at = Instant(required=False, help_text="Now, unless it is said.")
    currency = Text(required=False, max_length=3, help_text="Three letters, ISO 4217; the workspace's, unless said.")
    rate_micros = Integer(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=LARGEST_RATE,
        help_text="What one unit of `currency` was worth in the workspace's, in millionths.",
    )
    discount_minor = MinorUnits(required=False)
    lines = LinesField(child=OrderLineSerializer(), required=False)


class OrderSerializer(OrderChangesSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    source = Text(  # type: ignore[assignment]  # a name of DRF's too
        required=False, max_length=60, help_text=f"The system that numbers it; `{SHOP}`, unless it is said."
    )
    lines = LinesField(child=OrderLineSerializer(), allow_empty=False)
    paid = serializers.BooleanField(write_only=True, required=False, help_text="Paid when it was placed; true.")
    cart_key = Text(write_only=True, required=False, max_length=120, help_text="The cart that became this order.")
    total_minor = serializers.IntegerField(read_only=True, help_text="The lines less the discount.")
    value_minor = serializers.IntegerField(read_only=True, help_text="The total in the workspace's currency.")
    refunded_minor = serializers.IntegerField(read_only=True)
    units = serializers.IntegerField(read_only=True)
    paid_at = Instant(read_only=True, allow_null=True)
    fulfilled_at = Instant(read_only=True, allow_null=True)
    cancelled_at = Instant(read_only=True, allow_null=True)
    archived_at = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)
    updated_at = Instant(read_only=True)


class RefundSerializer(StrictSerializer):
    id = PublicId(REFUND, source="pk", read_only=True)
    amount_minor = MinorUnits(min_value=1, help_text="In the order's currency.")
    reason = Text(required=False, max_length=300)
    key = Text(required=False, max_length=120, help_text="Your own id for it: told twice it is one refund, for ever.")
    refunded_at = Instant(required=False, help_text="Now, unless it is said.")


class PaymentSerializer(StrictSerializer):
    paid_at = Instant(required=False, help_text="Now, unless it is said.")


class FulfilmentSerializer(StrictSerializer):
    fulfilled_at = Instant(required=False, help_text="Now, unless it is said.")


class CancellationSerializer(StrictSerializer):
    cancelled_at = Instant(required=False, help_text="Now, unless it is said.")


class OrderQuery(ListQuery):
    customer = PublicId(CUSTOMER, required=False, help_text="Whose they are.")
    source = serializers.CharField(required=False, max_length=60)  # type: ignore[assignment]  # a name of DRF's too
    number = serializers.CharField(required=False, max_length=120)
    channel = serializers.CharField(required=False, max_length=60)
    placed_from = Instant(required=False, help_text="Placed then or later.")
    placed_before = Instant(required=False, help_text="Placed before.")
    archived = serializers.BooleanField(default=False, help_text="Those in the archive instead.")


class OrderViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = OrderSerializer
    required_scopes = SALES_SCOPES
    query_class = OrderQuery
    filters = {
        "customer": "customer_id",
        "source": "source",
        "number": "number",
        "channel": "channel",
        "placed_from": "placed_at__gte",
        "placed_before": "placed_at__lt",
    }
    expansions = {"customer": EXPANDED_CUSTOMER}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Order.objects.with_lines()

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        return super().filtered(rows, query).filter(archived_at__isnull=not query["archived"])

    def create(self, request: Request) -> Response:
        order = {"placed_at": timezone.now(), "customer": None, "source": SHOP, **self.valid(OrderSerializer, request)}
        return Response(self.shown(place_order(**order)), status=201)

    @extend_schema(request=OrderChangesSerializer)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        order = edit_order(self.row(id), **self.valid(OrderChangesSerializer, request, partial=True))
        return Response(self.shown(order))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive an order. What was entered by mistake no longer counts, and its number stays taken."""
        return Response(self.shown(archive_order(self.row(id))))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Bring an archived order back."""
        return Response(self.shown(restore_order(self.row(id))))

    @extend_schema(request=PaymentSerializer)
    @action(detail=True, methods=["post"])
    def payment(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Say that an order was paid. Twice changes nothing."""
        return Response(self.shown(pay_order(self.row(id), **self.valid(PaymentSerializer, request))))

    @extend_schema(request=FulfilmentSerializer)
    @action(detail=True, methods=["post"])
    def fulfilment(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Say that the goods were handed over or sent. Twice changes nothing."""
        return Response(self.shown(fulfil_order(self.row(id), **self.valid(FulfilmentSerializer, request))))

    @extend_schema(request=CancellationSerializer)
    @action(detail=True, methods=["post"])
    def cancellation(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Cancel an order. It no longer counts as bought; money that was paid is given back by a refund."""
        return Response(self.shown(cancel_order(self.row(id), **self.valid(CancellationSerializer, request))))

    @extend_schema(responses=RefundSerializer(many=True))
    @action(detail=True, methods=["get"])
    def refunds(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """List what was given back of an order."""
        query = self.query_of(request, ListQuery)
        return self.page(Refund.objects.filter(order=self.row(id)), RefundSerializer, query)

    @extend_schema(request=RefundSerializer, responses={201: RefundSerializer})
    @refunds.mapping.post
    def add_refund(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Refund part of an order or all of it."""
        refund = refund_order(self.row(id), **self.valid(RefundSerializer, request))
        return Response(RefundSerializer(refund).data, status=201)

    @extend_schema(request=OrderBatchSerializer, responses=BatchAnswerSerializer)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request) -> Response:
        """Add or change up to 1,000 orders, with an answer for each."""
        asked = self.valid(OrderBatchSerializer, request)
        batch = Batch(items_of(request, "orders"), OrderItemSerializer(), order_row)
        outcomes = upsert_orders(
            batch.rows, source="api", system=asked["source"], adds_customers=asked["adds_customers"]
        )
        return batch.answer(outcomes, prefix=PREFIX, names={"customer_id": "customer"})
