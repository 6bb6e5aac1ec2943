"""Fields that take what they say and nothing that merely looks like it: a number in quotes is no number."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import models
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import WorkspaceOwned
from accounts.public_ids import decode_id, encode_id

MAX_MINOR = 10**15
"""No amount is larger; programs that keep numbers as doubles still hold it exactly."""


class Text(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("allow_blank", not kwargs.get("required", True))
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Integer(serializers.IntegerField):
    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class MinorUnits(Integer):
    """An amount of money in the smallest unit of its currency: 1250 is 12.50 EUR."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("min_value", 0)
        super().__init__(max_value=MAX_MINOR, **kwargs)


class Flag(serializers.BooleanField):
    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Instant(serializers.DateTimeField):
    """ISO 8601 with its offset; answered in UTC."""

    default_error_messages = {
        "invalid": "Write an instant as ISO 8601 with its offset, for example 2026-03-02T09:30:00Z.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        instant = parse_instant(value)
        if instant is None:
            self.fail("invalid")
        return instant

    def to_representation(self, value: Any) -> str:
        return iso(value)


_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def parse_instant(value: Any) -> datetime | None:
    """ISO 8601 with an offset, between the years 1900 and 2200; else None."""
    try:
        instant = datetime.fromisoformat(value)
        is_ours = _EARLIEST <= instant < _LATEST
    except (TypeError, ValueError):
        return None
    return instant if is_ours else None


def iso(value: datetime) -> str:
    """`2026-03-02T09:30:00Z`, with microseconds where there are any."""
    return timezone.localtime(value, UTC).isoformat().replace("+00:00", "Z")


class Day(serializers.DateField):
    default_error_messages = {"invalid": "Write a day as YYYY-MM-DD."}

    def to_internal_value(self, value: Any) -> Any:
        if not isinstance(value, str):
            self.fail("invalid")
        return super().to_internal_value(value)


@extend_schema_field({"type": "string", "example": "cus_UkLWZg9D"})
class PublicId(serializers.Field):  # type: ignore[type-arg]
    """The opaque id of a row: out, `cus_…`; in, the row's number."""

    def __init__(self, prefix: str, **kwargs: Any) -> None:
        self.prefix = prefix
        super().__init__(**kwargs)

    def to_representation(self, value: int | models.Model) -> str:
        return encode_id(self.prefix, value.pk if isinstance(value, models.Model) else value)

    def to_internal_value(self, data: Any) -> Any:
        pk = decode_id(self.prefix, data) if isinstance(data, str) else None
        if pk is None:
            raise serializers.ValidationError(f"Write an id that begins with {self.prefix}_.", "unknown_reference")
        return pk


class RelatedId(PublicId):
    """The id of another row of this workspace: in, the row itself. Anybody else's row is as unknown as none.

    Out, the id; or the row as `serializer` shows it, where the request expands the field.
    """

    def __init__(
        self,
        prefix: str,
        model: type[WorkspaceOwned],
        *,
        serializer: type[serializers.BaseSerializer[Any]] | None = None,
        **kwargs: Any,
    ) -> None:
        self.model, self.serializer = model, serializer
        super().__init__(prefix, **kwargs)

    def get_attribute(self, instance: Any) -> Any:
        """The number that the row holds already: no query to show an id."""
        is_expanded = self.field_name in self.context.get("expanded", ())
        return getattr(instance, str(self.source) if is_expanded else f"{self.source}_id")

    def to_representation(self, value: Any) -> Any:
        if self.serializer and isinstance(value, models.Model):
            return self.serializer(value, context={**self.context, "expanded": frozenset()}).data
        return super().to_representation(value)

    def to_internal_value(self, data: Any) -> Any:
        row = self.model.objects.filter(pk=super().to_internal_value(data)).first()
        if row is None:
            raise serializers.ValidationError(f"There is no {data} in this workspace.", "unknown_reference")
        return row
