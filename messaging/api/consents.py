from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_keys import ApiScope
from accounts.rest.errors import ApiError, error_fields, first_error
from accounts.rest.fields import Instant, PublicId, Text
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import ResourceViewSet
from customers.actions.upsert import SHOP
from customers.api.batches import MOST_ITEMS, ErrorSerializer, items_of
from customers.api.serializers import PREFIX as CUSTOMER
from customers.normalising import clean_email
from customers.refusals import Refused
from messaging.actions.told_consents import TakenConsents, ToldConsent, take_consents
from messaging.models import ConsentState

STATES = (ConsentState.GIVEN.value, ConsentState.WITHDRAWN.value)


class ConsentItemSerializer(StrictSerializer):
    """One person's word on one topic, by `customer`, else by `external_id`, else by `email`."""

    customer = PublicId(CUSTOMER, required=False, source="customer_id")
    external_id = Text(required=False, max_length=200, help_text="What the batch's `source` calls them.")
    email = Text(required=False, max_length=254)
    topic = Text(max_length=60, help_text="The key of the topic, as its page shows it.")
    state = serializers.ChoiceField(STATES)
    at = Instant(help_text="When they said so; later than that, only a newer word counts.")
    wording = Text(required=False, max_length=2000, help_text="What they agreed to, word for word. The proof.")
    confirmed_at = Instant(
        required=False,
        help_text="When they confirmed it themselves, by a link sent to their address, where that was done elsewhere. "
        "Without it, a topic with double opt-in has Rapport ask them, if `at` is less than a day ago.",
    )
    detail = Text(required=False, max_length=300, help_text="Where: which form, which page, which till.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not any(attrs.get(name) for name in ("customer_id", "external_id", "email")):
            raise serializers.ValidationError({"customer": ["Say whose consent it is."]}, "missing_field")
        if attrs["state"] == ConsentState.GIVEN and not attrs.get("wording"):
            raise serializers.ValidationError({"wording": ["Without what they agreed to there is no proof."]})
        if attrs["state"] != ConsentState.GIVEN and attrs.get("confirmed_at"):
            raise serializers.ValidationError({"confirmed_at": ["Only what was given can have been confirmed."]})
        return attrs


@extend_schema_field(ConsentItemSerializer(many=True))
class ConsentItems(serializers.ListField):
    """Checked one by one, so that a wrong one does not stop the others."""

    child = serializers.JSONField()


class ConsentBatchSerializer(StrictSerializer):
    source = Text(  # type: ignore[assignment]  # a name of DRF's too
        required=False, default=SHOP, max_length=60, help_text="The system whose external ids these are."
    )
    consents = ConsentItems(max_length=MOST_ITEMS, allow_empty=False, help_text=f"At most {MOST_ITEMS:,}.")


class RefusedConsentSerializer(ErrorSerializer):
    index = serializers.IntegerField(help_text="The item's place in the batch, from 0.")


class TakenConsentsSerializer(serializers.Serializer[Any]):
    recorded = serializers.IntegerField(help_text="Statements that said something new.")
    unchanged = serializers.IntegerField(help_text="Those that were known, or older than what is.")
    errors = RefusedConsentSerializer(many=True)  # type: ignore[assignment]  # a name of DRF's too


class ConsentViewSet(ResourceViewSet):
    prefix = "con"
    required_scopes = {"POST": ApiScope.CONSENTS_WRITE}
    http_method_names = ["post"]

    @extend_schema(request=ConsentBatchSerializer, responses={200: TakenConsentsSerializer})
    def create(self, request: Request) -> Response:
        """Record what people agreed to or took back. Up to 1,000 statements, each with its date and its proof."""
        system = self.valid(ConsentBatchSerializer, request)["source"]
        errors: dict[int, ApiError] = {}
        told: dict[int, ToldConsent] = {}
        items = items_of(request, "consents")
        for position, item in enumerate(items):
            try:
                told[position] = _told(ConsentItemSerializer().run_validation(item))
            except serializers.ValidationError as error:
                errors[position] = first_error(error.detail)
            except Refused as refusal:
                errors[position] = _error(refusal)
        taken = take_consents(list(told.values()), system=system)
        positions = list(told)
        errors |= {positions[place]: _error(refusal) for place, refusal in taken.refusals.items()}
        return Response(_answer(len(items), taken, errors))


def _told(item: Mapping[str, Any]) -> ToldConsent:
    """Raises ValueRefused."""
    values = {name: value for name, value in item.items() if name != "email"}
    if email := item.get("email"):
        values["email_norm"] = clean_email(email).norm
    return ToldConsent(**{**values, "state": ConsentState(values["state"])})


def _error(refusal: Refused) -> ApiError:
    return ApiError("invalid_value", str(refusal), param=refusal.field or None)


def _answer(count: int, taken: TakenConsents, errors: Mapping[int, ApiError]) -> dict[str, Any]:
    listed = [
        {"index": position, **error_fields(error.code, error.message, param=error.param)}
        for position, error in sorted(errors.items())
    ]
    return {"recorded": taken.recorded, "unchanged": count - taken.recorded - len(errors), "errors": listed}
