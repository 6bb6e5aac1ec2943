"""Serializers that refuse what they do not know, by name."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail


class StrictSerializer(serializers.Serializer[Any]):
    """A field that is misspelt, or only ever answered, is an error and not silence."""

    unknown_code = "unknown_field"

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if isinstance(data, Mapping):
            self._refuse_unknown(data)
        values: dict[str, Any] = super().to_internal_value(data)
        return values

    def _refuse_unknown(self, data: Mapping[str, Any]) -> None:
        writable = [name for name, field in self.fields.items() if not field.read_only]
        errors = {
            name: [ErrorDetail(self._unknown_message(name, writable), self.unknown_code)]
            for name in data
            if name not in writable
        }
        if errors:
            raise serializers.ValidationError(errors)

    def _unknown_message(self, name: str, writable: list[str]) -> str:
        shown = name[:60]
        if name in self.fields:
            return f"“{shown}” can't be written."
        if close := get_close_matches(shown, writable, n=1):
            return f"There is no “{shown}”. Do you mean “{close[0]}”?"
        return f"There is no “{shown}”."


class QuerySerializer(StrictSerializer):
    """The query parameters of an endpoint."""

    unknown_code = "unknown_parameter"
