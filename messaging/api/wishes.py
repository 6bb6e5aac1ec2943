from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import models
from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.fields import Flag, Instant, PublicId
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from messaging.actions import change_wish
from messaging.eligibility import survivors
from messaging.models import ContactWish
from messaging.queries import contact_wish

LONGEST_PAUSE = timedelta(days=366)


class ContactWishSerializer(StrictSerializer):
    customer = PublicId(CUSTOMER, read_only=True, source="customer_id")
    paused_until = Instant(
        required=False,
        allow_null=True,
        source="pause_ends_at",
        help_text="Until then nothing with a topic is sent to them; null: no pause. At most a year from now.",
    )
    less_often = Flag(required=False, source="is_less_often", help_text="At most one message with a topic a week.")

    def validate_paused_until(self, until: datetime | None) -> datetime | None:
        now = timezone.now()
        if until and not now < until <= now + LONGEST_PAUSE:
            raise serializers.ValidationError("A pause ends at a moment to come, within a year.")
        return until


class ContactWishViewSet(ResourceViewSet):
    prefix = CUSTOMER
    serializer_class = ContactWishSerializer
    required_scopes = {"GET": ApiScope.CUSTOMERS_READ, "PATCH": ApiScope.CONSENTS_WRITE}
    http_method_names = ["get", "head", "patch"]

    def get_queryset(self) -> models.QuerySet[Any]:
        return Customer.objects.filter(erased_at=None)

    def row(self, public_id: str, *, expand: bool = False) -> ContactWish:
        """That of whoever answers for the id: after a merge, the customer who remains."""
        asked: Customer = super().row(public_id, expand=expand)
        customer = survivors([asked.pk])[asked.pk]
        if customer.erased_at:
            raise Http404(f"There is no {public_id[:40]} in this workspace.")
        return contact_wish(customer)

    @extend_schema(responses=ContactWishSerializer)
    def retrieve(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """How often a customer wants to be written to, as they chose."""
        return super().retrieve(request, id)

    @extend_schema(request=ContactWishSerializer, responses=ContactWishSerializer)
    def partial_update(self, request: Request, id: str) -> Response:  # noqa: A002  the name in the address
        """Pass on what a customer chose, on your own account page for example: the same as on their preference page."""
        wish = self.row(id)
        told = self.valid(ContactWishSerializer, request, partial=True)
        return Response(self.get_serializer(change_wish(wish.customer, told)).data)
