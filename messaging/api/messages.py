from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers

from accounts.api_keys import ApiScope
from accounts.rest.fields import Instant, PublicId, RelatedId
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.api.serializers import EXPANDED_CUSTOMER, CustomerSerializer
from customers.api.serializers import PREFIX as CUSTOMER
from customers.models import Customer
from messaging.models import Message, MessageState
from messaging.reasons import Reason

PREFIX = "msg"


class MessageSerializer(StrictSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    customer = RelatedId(CUSTOMER, Customer, serializer=CustomerSerializer, read_only=True, allow_null=True)
    purpose = serializers.CharField(read_only=True, help_text="What it is for, for example `birthday`.")
    topic = serializers.CharField(
        source="topic.key", read_only=True, default=None, allow_null=True, help_text="None: it was asked for."
    )
    address = serializers.CharField(read_only=True, help_text="Blank once its owner was erased.")
    state = serializers.ChoiceField(MessageState.choices, read_only=True)
    reason = serializers.CharField(read_only=True, help_text="Why it was not sent, as a code; blank if it was.")
    reason_words = serializers.SerializerMethodField(help_text="The reason as a sentence.")
    not_before = Instant(read_only=True)
    created_at = Instant(read_only=True)
    sent_at = Instant(read_only=True, allow_null=True)
    opened_at = Instant(
        read_only=True, allow_null=True, help_text="When a person first read it; machines do not count."
    )
    clicked_at = Instant(read_only=True, allow_null=True, help_text="When a person first followed one of its links.")

    def get_reason_words(self, message: Message) -> str:
        return str(Reason(message.reason).label) if message.reason in Reason.values else ""


class MessageQuery(ListQuery):
    customer = PublicId(CUSTOMER, required=False, help_text="To whom.")
    state = serializers.ChoiceField(MessageState.choices, required=False)
    created_from = Instant(required=False, help_text="Made then or later.")
    created_before = Instant(required=False, help_text="Made before.")


class MessageViewSet(ResourceViewSet):
    prefix = PREFIX
    serializer_class = MessageSerializer
    required_scopes = {"GET": ApiScope.MESSAGES_READ}
    query_class = MessageQuery
    filters = {
        "customer": "customer_id",
        "state": "state",
        "created_from": "created_at__gte",
        "created_before": "created_at__lt",
    }
    expansions = {"customer": EXPANDED_CUSTOMER}

    def get_queryset(self) -> models.QuerySet[Any]:
        return Message.objects.select_related("topic")
