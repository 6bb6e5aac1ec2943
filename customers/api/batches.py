"""Batches of the API: up to a thousand items in, an answer for each of them out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.public_ids import encode_id
from accounts.rest.errors import ApiError, error_fields, first_error
from accounts.rest.serializers import StrictSerializer
from customers.outcomes import Outcome, Status
from customers.refusals import Refused

MOST_ITEMS = 1000

Row = TypeVar("Row")


class ErrorSerializer(serializers.Serializer[Any]):
    type = serializers.CharField()
    code = serializers.CharField()
    message = serializers.CharField()
    param = serializers.CharField(allow_null=True)
    doc_url = serializers.CharField()


class OutcomeSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="The item's place in the batch, from 0.")
    id = serializers.CharField(allow_null=True)
    status = serializers.ChoiceField(
        list(Status), help_text="`repeated`: a later item of the batch is about the same, and its outcome stands there."
    )
    warning = serializers.CharField(allow_null=True)
    error = ErrorSerializer(allow_null=True)


class BatchAnswerSerializer(serializers.Serializer[Any]):
    data = OutcomeSerializer(many=True)  # type: ignore[assignment]  # a name of DRF's too


class Batch(Generic[Row]):
    """The items of a request, made into rows; an item that is no row is refused and the rest goes on."""

    def __init__(
        self, items: Sequence[Any], serializer: StrictSerializer, to_row: Callable[[Mapping[str, Any]], Row]
    ) -> None:
        self._refusals: dict[int, ApiError] = {}
        self._positions: list[int] = []
        self.rows: list[Row] = []
        for position, item in enumerate(items):
            try:
                row = to_row(serializer.run_validation(item))
            except serializers.ValidationError as error:
                self._refusals[position] = first_error(error.detail)
            except Refused as error:
                self._refusals[position] = ApiError("invalid_value", str(error), param=error.field or None)
            else:
                self._positions.append(position)
                self.rows.append(row)

    def answer(self, outcomes: Iterable[Outcome], *, prefix: str, names: Mapping[str, str]) -> Response:
        """`outcomes` are those of `rows`, in their order; `names` says what the API calls the fields of a row."""
        answers = {position: _refusal(position, error) for position, error in self._refusals.items()}
        for position, outcome in zip(self._positions, outcomes, strict=True):
            answers[position] = _answer(position, outcome, prefix, names)
        return Response({"data": [answers[position] for position in range(len(answers))]})


def items_of(request: Request, name: str) -> list[Any]:
    """The list under `name`. Raises ApiError if it is none, is empty or too long."""
    items = request.data.get(name) if isinstance(request.data, dict) else None
    if not isinstance(items, list) or not items:
        raise ApiError("missing_field", f"Send at least one item in the list “{name}”.", param=name)
    if len(items) > MOST_ITEMS:
        raise ApiError("invalid_value", f"There are {len(items):,} items; at most {MOST_ITEMS:,} fit.", param=name)
    return items


def _answer(index: int, outcome: Outcome, prefix: str, names: Mapping[str, str]) -> dict[str, Any]:
    if outcome.status is Status.REFUSED:
        param = names.get(outcome.field, outcome.field) or None
        return _refusal(index, ApiError("invalid_value", outcome.reason, param=param))
    return {
        "index": index,
        "id": None if outcome.id is None else encode_id(prefix, outcome.id),
        "status": outcome.status,
        "warning": outcome.warning or None,
        "error": None,
    }


def _refusal(index: int, error: ApiError) -> dict[str, Any]:
    fields = error_fields(error.code, error.message, param=error.param)
    return {"index": index, "id": None, "status": Status.REFUSED, "warning": None, "error": fields}
