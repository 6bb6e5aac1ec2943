"""What kind of file this is: its hash, and guesses at encoding, delimiter and header that the person can overrule."""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from customers.importing.reading import DELIMITERS, Bytes, FileRefused, Layout

_SAMPLE = 256 * 1024
_BLOCK = 1 << 20
_LOOKED_AT = 200
_NOT_CSV = {
    b"PK\x03\x04": _("This is a spreadsheet or a ZIP file. Save it as CSV and upload that."),
    b"\xd0\xcf\x11\xe0": _("This is an Excel file. Save it as CSV and upload that."),
    b"%PDF": _("This is a PDF. Upload a CSV file."),
    b"\x1f\x8b": _("This file is compressed. Unpack it and upload the CSV file."),
}
# Bytes that Windows 1252 does not know.
_NOT_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_VALUE = re.compile(r"[-+(]?[\d.,'\s]*\d[\d.,'\s)%€$£]*|\S+@\S+\.\S+|\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*|true|false")


@dataclass(frozen=True)
class Sniffed:
    sha256: str
    size: int
    layout: Layout


def sniff(file: Bytes) -> Sniffed:
    """Read the whole file once. Raises FileRefused for one that is empty or no text."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    sample, size, is_utf8 = b"", 0, True
    file.seek(0)
    while block := file.read(_BLOCK):
        digest.update(block)
        sample = sample or block[:_SAMPLE]
        size += len(block)
        if is_utf8:
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                is_utf8 = False
    if not sample.strip():
        raise FileRefused(gettext("The file is empty. Export it again and upload it here."))
    for magic, reason in _NOT_CSV.items():
        if sample.startswith(magic):
            raise FileRefused(reason)
    encoding = _encoding(sample, is_utf8=is_utf8)
    text = sample.decode("utf-8-sig" if encoding == "utf-8" else encoding, errors="replace")
    lines = text.splitlines()
    if size > len(sample):
        lines = lines[:-1]  # cut off somewhere
    return Sniffed(digest.hexdigest(), size, guess_layout(lines[:_LOOKED_AT], encoding=encoding))


def _encoding(sample: bytes, *, is_utf8: bool) -> str:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _looks_like_utf16(sample):
        return "utf-16"
    if is_utf8:
        return "utf-8"
    return "latin-1" if _NOT_1252.search(sample) else "cp1252"


def _looks_like_utf16(sample: bytes) -> bool:
    """Every second byte of Western text in UTF-16 is zero."""
    second = sample[1:2000:2]
    return bool(second) and second.count(0) > len(second) * 0.7 and sample[0:2000:2].count(0) == 0


def guess_layout(lines: Sequence[str], *, encoding: str) -> Layout:
    if lines and (named := re.fullmatch(r"sep=(.)", lines[0])) and named[1] in DELIMITERS:
        return Layout(encoding, named[1], has_header=_has_header(_rows(lines[1:], named[1])))
    delimiter = max(DELIMITERS, key=lambda each: _evenness(_rows(lines, each)))
    return Layout(encoding, delimiter, has_header=_has_header(_rows(lines, delimiter)))


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """The records, as far as they can be read."""
    found: list[list[str]] = []
    reader = csv.reader((f"{line}\n" for line in lines), delimiter=delimiter)
    with suppress(csv.Error):
        found.extend(cells for cells in reader if cells)
    return found


def _evenness(rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """How many records have the commonest number of columns, if that is more than one; then how many columns."""
    counts = Counter(len(cells) for cells in rows)
    counts.pop(1, None)
    if not counts:
        return 0, 0
    columns, count = max(counts.items(), key=lambda each: (each[1], each[0]))
    return count, columns


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Names of columns are no numbers, dates or addresses, and do not come again below themselves."""
    first, *below = rows or [[]]
    named = [(at, cell) for at, cell in enumerate(first) if cell.strip()]
    if any(_VALUE.fullmatch(cell.strip().lower()) for _, cell in named):
        return False
    return not any(row[at : at + 1] == [cell] for at, cell in named for row in below)
