"""How a customer reads and is written through the API."""

from __future__ import annotations

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api_keys import ApiScope
from accounts.rest.fields import Day, Instant, PublicId, Text
from accounts.rest.pages import ListQuery
from accounts.rest.serializers import StrictSerializer
from accounts.rest.views import Expansion
from customers.actions.upsert import SHOP
from customers.api.batches import MOST_ITEMS
from customers.models import Customer
from customers.models.customers import Channel
from customers.normalising import clean_email
from customers.refusals import ValueRefused

PREFIX = "cus"
MOST_ATTRIBUTES = 100
MOST_TAGS = 50
MOST_EXTERNAL_IDS = 20

AttributeInput = str | int | float | bool | date | None


class ExternalIdSerializer(StrictSerializer):
    source = Text(max_length=60, help_text="The other system, for example `shop`.")  # type: ignore[assignment]  # a name of DRF's too
    value = Text(max_length=200, help_text="What it calls the customer. Kept for ever.")


class ExternalIdsField(serializers.ListField):
    child = ExternalIdSerializer()

    def to_representation(self, data: Any) -> list[Any]:
        return super().to_representation(data.all())


class FactsSerializer(serializers.Serializer[Any]):
    """What the customer has bought. Money is in the workspace's currency."""

    orders_count = serializers.IntegerField()
    purchase_days = serializers.IntegerField()
    units = serializers.IntegerField()
    spent_minor = serializers.IntegerField()
    first_order_on = serializers.DateField(allow_null=True)
    last_order_on = serializers.DateField(allow_null=True)
    last_visit_at = Instant(allow_null=True)


@extend_schema_field({"type": "string", "nullable": True, "maxLength": 40, "example": "1990-03-12"})
class BirthdayField(serializers.Field[Any, Any, Any, Any]):
    """`1990-03-12`, or `03-12` from those who do not tell their age."""

    def to_internal_value(self, data: Any) -> str:
        longest = 40
        if not isinstance(data, str) or len(data) > longest:
            raise serializers.ValidationError("Write a birthday as 1990-03-12, or 03-12 without the year.")
        return data

    def get_attribute(self, instance: Any) -> Any:
        return instance

    def to_representation(self, value: Customer) -> str | None:
        if value.birthday is None:
            return None
        month, day = value.birthday
        return f"{value.birth_year:04}-{month:02}-{day:02}" if value.birth_year else f"{month:02}-{day:02}"


class AttributesField(serializers.DictField):
    """What this business wants to know of its customers; null takes a value away, what is not sent stays."""

    def to_internal_value(self, data: Any) -> dict[str, AttributeInput]:
        if not isinstance(data, dict):
            self.fail("not_a_dict", input_type=type(data).__name__)
        if len(data) > MOST_ATTRIBUTES:
            raise serializers.ValidationError(f"At most {MOST_ATTRIBUTES} attributes at once.")
        return {key: self._value(key, value) for key, value in data.items()}

    def _value(self, key: str, value: Any) -> AttributeInput:
        if isinstance(value, str):
            return _as_day(value)
        if value is None or isinstance(value, bool | float):
            return value
        if isinstance(value, int):
            return float(value) if abs(value) > 2**53 else value
        raise serializers.ValidationError({key[:60]: ["Write a text, a number, true, false or null."]})


def _as_day(text: str) -> str | date:
    """A text that is a day counts as one."""
    iso_length = 10
    try:
        return date.fromisoformat(text) if len(text) == iso_length and text[4] == "-" else text
    except ValueError:
        return text


class TagsField(serializers.ListField):
    child = Text(max_length=60, allow_blank=False)

    def to_representation(self, data: Any) -> list[str]:
        return sorted(use.tag.name for use in data.all())


class ProfileSerializer(StrictSerializer):
    name = Text(required=False, max_length=200)
    email = Text(required=False, max_length=254)
    phone = Text(required=False, max_length=40)
    birthday = BirthdayField(required=False, allow_null=True, help_text=BirthdayField.__doc__)
    language = Text(required=False, max_length=10, help_text="A tag such as `de` or `pt-BR`.")
    zone = Text(required=False, max_length=64, help_text="An IANA time zone such as `Europe/Berlin`.")
    address = Text(required=False, max_length=300)
    city = Text(required=False, max_length=120)
    postal_code = Text(required=False, max_length=20)
    country = Text(required=False, max_length=2, help_text="Two letters, ISO 3166.")
    preferred_channel = serializers.ChoiceField(Channel.choices, required=False)
    source_channel = Text(required=False, max_length=60, help_text="How they found you.")
    joined_on = Day(required=False, help_text="Today, unless it is said.")
    attributes = AttributesField(required=False, help_text=AttributesField.__doc__)
    tags = TagsField(required=False, max_length=MOST_TAGS, source="customer_tags", help_text="These are added.")


class CustomerSerializer(ProfileSerializer):
    id = PublicId(PREFIX, source="pk", read_only=True)
    external_ids = ExternalIdsField(
        required=False, max_length=MOST_EXTERNAL_IDS, help_text="What other systems call them; these are added."
    )
    is_anonymous = serializers.BooleanField(read_only=True, help_text="A visitor who is not known yet.")
    facts = FactsSerializer(read_only=True, allow_null=True, help_text="Answered if `expand[]=facts`, else null.")
    archived_at = Instant(read_only=True, allow_null=True)
    created_at = Instant(read_only=True)
    updated_at = Instant(read_only=True)

    def get_fields(self) -> dict[str, Any]:
        """The facts are another table: they are not even looked at unless they are asked for."""
        fields: dict[str, Any] = super().get_fields()
        if "facts" not in self.context.get("expanded", ("facts",)):
            fields["facts"] = serializers.SerializerMethodField(method_name="no_facts")
        return {"id": fields.pop("id"), **fields}

    def no_facts(self, customer: Customer) -> None:
        return None


# Where another resource shows its customer as a whole.
EXPANDED_CUSTOMER = Expansion(
    ApiScope.CUSTOMERS_READ,
    select=("customer",),
    prefetch=("customer__customer_tags__tag", "customer__external_ids"),
)


class CustomerItemSerializer(ProfileSerializer):
    """One customer of a batch, known by `id`, else by `external_id`, else by `email`; or new."""

    id = PublicId(PREFIX, required=False)
    external_id = Text(required=False, max_length=200, help_text="What the batch's `source` calls the customer.")


@extend_schema_field(CustomerItemSerializer(many=True))
class CustomerItems(serializers.ListField):
    """Checked one by one, so that a wrong one does not stop the others."""

    child = serializers.JSONField()


class CustomerQuery(ListQuery):
    email = serializers.CharField(required=False, max_length=254, help_text="Who has this e-mail address.")
    phone = serializers.CharField(required=False, max_length=40, help_text="Who has this number: `+49301234567`.")
    external_id = serializers.CharField(
        required=False, max_length=260, help_text="Whom another system calls this: `source:value`."
    )
    tag = serializers.CharField(required=False, max_length=60, help_text="Who has this tag.")
    joined_from = serializers.DateField(required=False, help_text="Who joined on this day or later.")
    joined_before = serializers.DateField(required=False, help_text="Who joined before this day.")
    archived = serializers.BooleanField(default=False, help_text="Those in the archive instead.")

    def validate_email(self, value: str) -> str:
        try:
            return clean_email(value).norm
        except ValueRefused as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_external_id(self, value: str) -> tuple[str, str]:
        source, colon, name = value.partition(":")
        if not colon:
            raise serializers.ValidationError("Write `source:value`, for example `shop:1234`.")
        return source, name


class CustomerBatchSerializer(StrictSerializer):
    source = Text(  # type: ignore[assignment]  # a name of DRF's too
        required=False, default=SHOP, max_length=60, help_text="Whose `external_id` the items give."
    )
    customers = CustomerItems(max_length=MOST_ITEMS, allow_empty=False, help_text=f"At most {MOST_ITEMS:,}.")
