from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from django.db import models
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.views import Expansion, ResourceViewSet
from accounts.scope import current_workspace
from customers.actions import archive_customer, restore_customer
from customers.actions.upsert import upsert_customers
from customers.api.batches import Batch, BatchAnswerSerializer, items_of
from customers.api.serializers import (
    PREFIX,
    CustomerBatchSerializer,
    CustomerItemSerializer,
    CustomerQuery,
    CustomerSerializer,
)
from customers.api.writing import SOURCE, change_customer, create_customer, customer_row
from customers.models import Customer
from customers.normalising import country_of_zone


class CustomerViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = CustomerSerializer
    required_scopes = {
        "GET": ApiScope.CUSTOMERS_READ,
        "POST": ApiScope.CUSTOMERS_WRITE,
        "PATCH": ApiScope.CUSTOMERS_WRITE,
        "DELETE": ApiScope.CUSTOMERS_WRITE,
    }
    query_class = CustomerQuery
    filters = {
        "email": "email_norm",
        "phone": "phone_norm",
        "tag": "customer_tags__tag__name",
        "joined_from": "joined_on__gte",
        "joined_before": "joined_on__lt",
    }
    expansions = {"facts": Expansion(ApiScope.SALES_READ, select=("facts",))}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Customer.objects.filter(erased_at=None).prefetch_related("customer_tags__tag", "external_ids")

    def filtered(self, rows: models.QuerySet[Any], query: Mapping[str, Any]) -> models.QuerySet[Any]:
        rows = super().filtered(rows, query).filter(merged_into=None, archived_at__isnull=not query["archived"])
        if "external_id" in query:
            source, value = query["external_id"]
            rows = rows.filter(external_ids__source=source, external_ids__value=value)
        return rows

    def row(self, public_id: str, *, expand: bool = False) -> Customer:
        """Whoever answers for that id: after a merge, the customer who remains."""
        customer: Customer = super().row(public_id, expand=expand)
        while customer.merged_into_id is not None:
            rows = self.with_expanded(self.get_queryset()) if expand else self.get_queryset()
            customer = rows.get(pk=customer.merged_into_id)
        return customer

    def create(self, request: Request) -> Response:
        customer = create_customer(self.valid(CustomerSerializer, request))
        return Response(self.shown(customer), status=201)

    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        customer = self.row(id)
        change_customer(customer, self.valid(CustomerSerializer, request, partial=True))
        return Response(self.shown(customer))

    def destroy(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Archive a customer. Out of lists, segments and sending, and kept."""
        return Response(self.shown(archive_customer(self.row(id))))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def restoration(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Bring an archived customer back."""
        return Response(self.shown(restore_customer(self.row(id))))

    @extend_schema(request=CustomerBatchSerializer, responses=BatchAnswerSerializer)
    @action(detail=False, methods=["post"])
    def batch(self, request: Request) -> Response:
        """Add or change up to 1,000 customers, with an answer for each."""
        system = self.valid(CustomerBatchSerializer, request)["source"]
        country = country_of_zone(current_workspace().zone)
        batch = Batch(items_of(request, "customers"), CustomerItemSerializer(), partial(customer_row, country=country))
        outcomes = upsert_customers(batch.rows, source=SOURCE, system=system)
        return batch.answer(outcomes, prefix=PREFIX, names={"customer_id": "id", "birth_monthday": "birthday"})
