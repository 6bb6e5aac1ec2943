"""What a list of customers is filtered by, as the rule of a segment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from accounts.public_ids import encode_id
from customers.queries import CustomerFilter
from customers.queries.filtering import BirthdayWhen, Kept

Plain = dict[str, Any]

_DAYS = {"joined": "joined_on", "first_order": "first_order_on", "last_order": "last_order_on"}
_AMOUNTS = {"spent": "spent", "orders": "orders"}
# Of a month a segment knows nothing: it would mean others from the first of the next one on.
_BIRTHDAYS: Mapping[BirthdayWhen, int] = {BirthdayWhen.TODAY: 1, BirthdayWhen.WEEK: 7}


def rule_of_filter(wanted: CustomerFilter) -> Plain | None:
    """In the JSON form; None where nothing is filtered, or by something that no rule can say."""
    is_sayable = not wanted.search and wanted.kept is Kept.PRESENT
    if not is_sayable or (wanted.birthday and wanted.birthday not in _BIRTHDAYS):
        return None
    rules = list(_conditions(wanted))
    return {"match": "all", "rules": rules} if rules else None


def _conditions(wanted: CustomerFilter) -> Iterator[Plain]:
    if wanted.segment_id is not None:
        yield {"field": "segment", "is": "any_of", "value": [encode_id("seg", wanted.segment_id)]}
    if wanted.tag_id is not None:
        yield {"field": "tag", "is": "any_of", "value": [encode_id("tag", wanted.tag_id)]}
    if wanted.source_channel:
        yield {"field": "source_channel", "is": "equals", "value": wanted.source_channel}
    if wanted.birthday:
        yield {"field": "birthday", "is": "in_next", "value": _BIRTHDAYS[wanted.birthday]}
    yield from _bounds(wanted, _DAYS, {"from": "on_or_after", "to": "on_or_before"})
    yield from _bounds(wanted, _AMOUNTS, {"from": "at_least", "to": "at_most"})


def _bounds(wanted: CustomerFilter, fields: Mapping[str, str], operators: Mapping[str, str]) -> Iterator[Plain]:
    for name, field in fields.items():
        for bound, operator in operators.items():
            value = getattr(wanted, f"{name}_{bound}")
            if value is not None:
                yield {"field": field, "is": operator, "value": value if isinstance(value, int) else value.isoformat()}
