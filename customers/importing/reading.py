"""A CSV file as records, read as a stream: a file of any length takes the memory of one line."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import NamedTuple, Protocol

import msgspec
from babel.numbers import format_decimal
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.languages import reader_locale

ENCODINGS = {
    "utf-8": _("UTF-8"),
    "utf-16": _("UTF-16 (Excel's “Unicode text”)"),
    "cp1252": _("Western Europe (Windows 1252)"),
    "latin-1": _("Western Europe (ISO 8859-1)"),
    "cp1250": _("Central Europe (Windows 1250)"),
    "cp1251": _("Cyrillic (Windows 1251)"),
    "cp1253": _("Greek (Windows 1253)"),
    "cp1254": _("Turkish (Windows 1254)"),
    "mac-roman": _("Mac Roman"),
    "gb18030": _("Chinese (GB 18030)"),
    "shift-jis": _("Japanese (Shift JIS)"),
}
DELIMITERS = {",": _("Comma"), ";": _("Semicolon"), "\t": _("Tab"), "|": _("Vertical bar")}

MOST_COLUMNS = 500
LONGEST_CELL = 100_000
LONGEST_RECORD = 1_000_000
_SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n?")


class Bytes(Protocol):
    """An open file: an upload, or one of the storage."""

    def read(self, size: int = -1, /) -> bytes: ...

    def seek(self, offset: int, /) -> int | None: ...

    def tell(self) -> int: ...


class FileRefused(Exception):
    """The file as a whole can't be read; the message says where, and what to do."""


class Layout(msgspec.Struct, frozen=True):
    """How the file's bytes are to be taken."""

    encoding: str = "utf-8"
    delimiter: str = ","
    has_header: bool = True


class Record(NamedTuple):
    """`line` is the file's line on which it begins, from 1. `damage` says why it can't be used, `doubt` what is odd."""

    line: int
    cells: list[str]
    damage: str
    doubt: str = ""

    def squared(self, width: int) -> Record:
        """With as many cells as there are columns. Cells beyond them are damage, missing ones are empty."""
        if len(self.cells) == width:
            return self
        if any(cell.strip() for cell in self.cells[width:]):
            damage = f"This line has {len(self.cells)} cells for {width} columns. Quote cells that hold the delimiter."
            return self._replace(damage=self.damage or damage)
        doubt = f"This line has {len(self.cells)} cells for {width} columns; the others count as empty."
        missing = width - len(self.cells)
        return self._replace(cells=(self.cells + [""] * missing)[:width], doubt=doubt if missing > 0 else "")


@dataclass(frozen=True)
class Head:
    """The names of the columns, and the first records below them."""

    columns: list[str]
    records: list[Record]


def records(file: Bytes, layout: Layout) -> Iterator[Record]:
    """Every record but the header and blank lines. Raises FileRefused where the rest can't be made sense of.

    A record whose bytes the encoding does not know says so, and the others do not suffer from it.
    """
    text = _text(file, layout.encoding)
    # A file without line ends must not become one string of a gigabyte.
    lines = iter(partial(text.readline, 2 * LONGEST_RECORD), "")
    reader = csv.reader(_without_separator_line(lines), delimiter=layout.delimiter)
    skipped = not layout.has_header
    before = 0
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise FileRefused(_csv_fault(error, before + 1)) from error
        if cells is None:
            return
        line, before = before + 1, reader.line_num
        if not cells:
            continue
        joined = "".join(cells)
        if len(cells) > MOST_COLUMNS or len(joined) > LONGEST_RECORD:
            raise FileRefused(_too_large(len(cells), line))
        if not skipped:
            skipped = True
            continue
        yield Record(line, cells, damage_of(joined))


def head_of(file: Bytes, layout: Layout, *, count: int) -> Head:
    """The columns and the first `count` records; reads no further. Raises FileRefused for a file with no columns."""
    found: list[Record] = []
    for record in records(file, msgspec.structs.replace(layout, has_header=False)):
        found.append(record)
        if len(found) > count:
            break
    if not found:
        raise FileRefused(
            gettext("The file is empty. Export it again, with at least one line below the names of the columns.")
        )
    header = printable(found[0].cells) if layout.has_header else []
    width = len(header) or max(len(record.cells) for record in found)
    return Head(column_names(header, width), found[1:] if layout.has_header else found[:count])


def column_names(header: list[str], count: int) -> list[str]:
    """Every column's own name: one that is missing is “Column 3”, one that comes again is “Name (2)”."""
    names: list[str] = []
    for at in range(count):
        written = " ".join(header[at].split())[:100] if at < len(header) else ""
        name = given = written or gettext("Column %(number)s") % {"number": at + 1}
        again = 1
        while name in names:
            again += 1
            name = f"{given} ({again})"
        names.append(name)
    return names


def damage_of(joined: str) -> str:
    """What is wrong with the characters of a record, given as one string; empty where nothing is."""
    if "\0" in joined:
        return gettext("This line has a NUL character in it: the file was damaged, or is no text.")
    if not joined.isascii() and _DAMAGED.search(joined):
        return gettext("This line has characters that the chosen encoding does not know. Choose another encoding.")
    return ""


_DAMAGED = re.compile("[\ud800-\udfff\ufffd]")


def printable(cells: list[str]) -> list[str]:
    """The cells as they can be stored and shown, with marks for what can't."""
    return [_DAMAGED.sub("\ufffd", cell.replace("\0", "\u2400"))[:LONGEST_CELL] for cell in cells]


def _text(file: Bytes, encoding: str) -> io.TextIOWrapper:
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    errors = "replace" if encoding in {"utf-16", "gb18030", "shift-jis"} else "surrogateescape"
    file.seek(0)
    if codec == "utf-16" and file.read(2) not in {b"\xff\xfe", b"\xfe\xff"}:
        codec = "utf-16-le"  # what Windows writes, without its mark
    file.seek(0)
    # `newline=""`: line ends within quotes are part of the cell.
    return io.TextIOWrapper(_Unclosed(file), encoding=codec, errors=errors, newline="")


class _Unclosed(io.BufferedReader):
    """Leaves the file open when the text around it goes: whoever opened it closes it."""

    def __init__(self, file: Bytes) -> None:
        super().__init__(_Raw(file), buffer_size=1 << 16)


class _Raw(io.RawIOBase):
    def __init__(self, file: Bytes) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # any writable buffer
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def _without_separator_line(lines: Iterator[str]) -> Iterator[str]:
    """Excel's `sep=;` on the first line is for Excel; the delimiter was found by itself."""
    first = next(lines, "")
    return chain(["\r\n" if _SEPARATOR_LINE.fullmatch(first) else first], lines) if first else lines


def _csv_fault(error: csv.Error, line: int) -> str:
    if "field larger" in str(error):
        return gettext(
            "Line %(line)s: a cell has more than %(most)s characters. Probably a quotation mark is opened there and"
            " never closed."
        ) % {"line": line, "most": format_decimal(LONGEST_CELL, locale=reader_locale())}
    return gettext("Line %(line)s can't be read as CSV: %(error)s.") % {"line": line, "error": error}


def _too_large(columns: int, line: int) -> str:
    if columns <= MOST_COLUMNS:
        return gettext(
            "Line %(line)s is longer than %(most)s characters. Either this is no CSV file, or a quotation mark is"
            " opened there and never closed."
        ) % {"line": line, "most": format_decimal(LONGEST_RECORD, locale=reader_locale())}
    return gettext(
        "Line %(line)s has %(columns)s columns; at most %(most)s can be read. Leave out the columns that are not"
        " needed, or choose another delimiter."
    ) % {"line": line, "columns": format_decimal(columns, locale=reader_locale()), "most": MOST_COLUMNS}


# Of the whole process; other readers of CSV here are content with less.
csv.field_size_limit(LONGEST_CELL)
