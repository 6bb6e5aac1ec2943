"""Why a sale could not be written: a sentence for whoever asked, and the argument that it is about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from customers.normalising import clean_line
from customers.refusals import Refused, ValueRefused


class NumberTaken(Refused):
    pass


class SkuTaken(Refused):
    pass


class CurrencyUnknown(Refused):
    pass


class RateRequired(Refused):
    pass


class AmountRefused(Refused):
    pass


class DateRefused(Refused):
    pass


class LineRefused(Refused):
    """`position` is the line's, from 1."""

    def __init__(self, message: str, *, position: int | None = None) -> None:
        super().__init__(message, field="lines")
        self.position = position


class OrderClosed(Refused):
    """It is cancelled or archived, so it can't be changed."""


class RefundTooLarge(Refused):
    pass


class KeyReused(Refused):
    """The same idempotency key, with another request."""


def clean_columns(row: models.Model) -> None:
    """Tidy the row's texts and refuse what its columns would, before Postgres does. Raises ValueRefused."""
    columns = [field for field in row._meta.concrete_fields if not field.is_relation]
    for field in columns:
        if isinstance(field, models.CharField):
            setattr(row, field.name, clean_line(getattr(row, field.name), field=field.name, longest=field.max_length))
    try:
        row.clean_fields(exclude={field.name for field in row._meta.concrete_fields if field.is_relation})
    except ValidationError as error:
        name, messages = next(iter(error.message_dict.items()))
        label = next(str(field.verbose_name) for field in columns if field.name == name)
        raise ValueRefused(f"{label.capitalize()}: {' '.join(messages)}", field=name) from error


@contextmanager
def translate(constraint: str, refusal: Refused) -> Iterator[None]:
    """Turn the breach of one constraint into a refusal; the savepoint keeps the transaction usable."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) != constraint:
            raise
        raise refusal from error
