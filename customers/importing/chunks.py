"""A file in portions, each to be committed by itself: cut between rows, never between the lines of one order."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, TypeVar

import msgspec
from django.utils.translation import gettext as _

from customers.contracts import RowReader
from customers.importing.reading import Record
from customers.importing.seen import Seen
from customers.refusals import Refused

LARGEST_CHUNK = 10_000
_MOST_CHARACTERS = 8_000_000
_MOST_NEIGHBOURS = 1_000
# A thread that computes gives way to another only every 5 ms, unless it waits for something: after each statement of a
# portion whoever writes would lose that much, and both would then stand still while Postgres works. Of what COPY does
# `import_customers` reached 0.34 without these pauses, and 0.40 with them.
_STRETCH, _PAUSE = 16, 0.00005

Item = TypeVar("Item")


class Entry(msgspec.Struct, gc=False):
    """One row that can be written, with the records that it was made of."""

    row: Any
    records: list[Record]
    warnings: Sequence[str] = ()


@dataclass(slots=True)
class Refusal:
    record: Record
    field: str
    reason: str


@dataclass(slots=True)
class Chunk:
    """`records` counts all that were read for it, refused ones too."""

    entries: list[Entry] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    records: int = 0
    characters: int = 0


class Chunks:
    """Reads ahead of whoever writes: `size` is asked anew for each chunk."""

    def __init__(self, records: Iterator[Record], reader: RowReader, *, width: int) -> None:
        self._records = (record.squared(width) for record in records)
        self._reader = reader
        self._seen = Seen()

    def skip(self, count: int) -> None:
        """Pass over what was committed by an earlier run, and remember what has been there."""
        for record in islice(self._records, count):
            self._repeats(record)
            if key := self._key(record):
                self._seen.add(f"key\0{key}")

    def read(self, size: Callable[[], int]) -> Iterator[Chunk]:
        wanted, chunk = size(), Chunk()
        for count, (key, group) in enumerate(self._neighbours()):
            if count % _STRETCH == 0:
                time.sleep(_PAUSE)
            self._take(key, group, chunk)
            if chunk.records >= wanted or chunk.characters >= _MOST_CHARACTERS:
                yield chunk
                wanted, chunk = size(), Chunk()
        if chunk.records:
            yield chunk

    def _neighbours(self) -> Iterator[tuple[str, list[Record]]]:
        """Records that follow each other and have the same key; alone where there is none."""
        key, group = "", list[Record]()
        for record in self._records:
            own = self._key(record)
            if group and own and own == key and len(group) < _MOST_NEIGHBOURS:
                group.append(record)
                continue
            if group:
                yield key, group
            key, group = own, [record]
        if group:
            yield key, group

    def _key(self, record: Record) -> str:
        return "" if record.damage else self._reader.key(record)

    def _repeats(self, record: Record) -> bool:
        text = "" if record.damage else self._reader.fingerprint(record)
        return bool(text) and self._seen.add(f"line\0{text}")

    def _take(self, key: str, group: list[Record], chunk: Chunk) -> None:
        chunk.records += len(group)
        for record in group:
            chunk.characters += sum(map(len, record.cells))
        if key and self._seen.add(f"key\0{key}"):
            reason = f"“{key}” stood further up already. Sort the file, so that all its lines follow each other."
            chunk.refusals += [Refusal(record, "", reason) for record in group]
            return
        try:
            row = self._reader.combine([self._parse(record) for record in group])
        except Refused as refusal:
            chunk.refusals += self._refusals(group, refusal)
        else:
            chunk.entries.append(Entry(row, group, self._warnings(group)))

    def _warnings(self, group: list[Record]) -> list[str]:
        warnings = [record.doubt for record in group if record.doubt]
        repeats = [self._repeats(record) for record in group]  # each must be remembered
        if any(repeats):
            warnings.append("The same line stood further up. Both were kept, since nothing says that they are one.")
        return warnings

    def _refusals(self, group: list[Record], refusal: Refused) -> list[Refusal]:
        """For each record its own fault, or else that of another which belongs to it, or of all of them together."""
        if len(group) == 1:
            return [Refusal(group[0], refusal.field, str(refusal))]
        faults = {record.line: fault for record in group if (fault := self._fault(record))}
        if not faults:
            return [Refusal(record, refusal.field, str(refusal)) for record in group]
        others = _("Line %(line)s, which belongs to it, was refused.") % {"line": min(faults)}
        return [faults.get(record.line) or Refusal(record, "", others) for record in group]

    def _fault(self, record: Record) -> Refusal | None:
        try:
            self._parse(record)
        except Refused as refusal:
            return Refusal(record, refusal.field, str(refusal))
        return None

    def _parse(self, record: Record) -> Any:
        if record.damage:
            raise Refused(record.damage)
        return self._reader.parse(record)


def ahead(items: Iterator[Item]) -> Generator[Item, None, None]:
    """The same items, each made by another thread while the one before is being used."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        end = object()
        coming = pool.submit(next, items, end)
        while (item := coming.result()) is not end:
            coming = pool.submit(next, items, end)
            yield item  # type: ignore[misc]  # not the end
