"""Who was erased while a file waited: it names them still, and must not bring them back.

They are remembered with the import, by keyed hashes of what files know them by, and forgotten with its file.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from hashlib import sha256

from django.conf import settings

from customers.importing.reading import Record
from customers.models import Customer, ExternalId


def marks_of(people: Sequence[Customer]) -> set[str]:
    numbers = ExternalId.objects.filter(customer__in=people).values_list("source", "value")
    by_address = {address_mark(person.email_norm) for person in people if person.email_norm}
    return by_address | {number_mark(system, value) for system, value in numbers}


def address_mark(address: str) -> str:
    return _mark("address", address)


def number_mark(system: str, value: str) -> str:
    return _mark("number", system, value)


def cell_marks(cells: Sequence[str], *, system: str) -> Iterator[str]:
    """Of a line that could not be read: any of its cells may be an address or a number."""
    for cell in map(str.strip, cells):
        yield address_mark(cell.lower())
        yield number_mark(system, cell)


def emptied(record: Record) -> Record:
    return Record(record.line, [], record.damage, record.doubt)


def _mark(*parts: str) -> str:
    words = "\0".join(parts).encode(errors="replace")
    return hmac.new(settings.ADDRESS_HASH_KEY.encode(), words, sha256).hexdigest()[:32]
