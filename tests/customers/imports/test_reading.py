from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from customers.importing.reading import (
    LONGEST_CELL,
    MOST_COLUMNS,
    FileRefused,
    Layout,
    Record,
    column_names,
    head_of,
    printable,
    records,
)
from customers.importing.sniffing import sniff
from tests.customers.imports.files import csv_file


def cells(file: io.BytesIO, layout: Layout | None = None) -> list[list[str]]:
    return [record.cells for record in records(file, layout or sniff(file).layout)]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
def test_any_encoding_and_delimiter_is_found_by_itself(encoding: str, delimiter: str) -> None:
    lines = [delimiter.join(each) for each in (("Name", "City"), ("Jürgen", "Köln"), ("Zoë", "Århus"), ("Ann", "Ulm"))]

    file = csv_file(*lines, encoding=encoding)

    assert cells(file) == [["Jürgen", "Köln"], ["Zoë", "Århus"], ["Ann", "Ulm"]]
    assert head_of(file, sniff(file).layout, count=10).columns == ["Name", "City"]


def test_a_byte_that_comes_late_still_counts() -> None:
    file = io.BytesIO(b"name,city\n" + b"Ann,Ulm\n" * 60_000 + "Zoë,Köln\n".encode("cp1252"))

    sniffed = sniff(file)

    assert sniffed.layout.encoding == "cp1252"
    assert sniffed.size == len(file.getvalue())


def test_windows_words_tell_from_latin_1() -> None:
    assert sniff(csv_file("a,b", "“x”,€", encoding="cp1252")).layout.encoding == "cp1252"
    assert sniff(io.BytesIO(b"a,b\n\xe4\x81,x\n")).layout.encoding == "latin-1"


def test_quotes_hold_delimiters_line_ends_and_quotes() -> None:
    file = csv_file("name,note", '"Ann, ""the baker""","two\r\nlines"', "Bo,one")

    assert list(records(file, Layout())) == [
        Record(2, ['Ann, "the baker"', "two\r\nlines"], ""),
        Record(4, ["Bo", "one"], ""),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_line_end(end: str) -> None:
    assert cells(io.BytesIO(f"name,city{end}Ann,Ulm{end}{end}Bo,Bern".encode())) == [["Ann", "Ulm"], ["Bo", "Bern"]]


def test_excel_s_separator_line_is_obeyed_and_left_out() -> None:
    file = csv_file("sep=;", "name;city", "Ann;Ulm")

    assert sniff(file).layout.delimiter == ";"
    assert list(records(file, sniff(file).layout)) == [Record(3, ["Ann", "Ulm"], "")]


@pytest.mark.parametrize(
    ("lines", "has_header"),
    [
        (("name,email", "Ann,a@mail.example"), True),
        (("Ann,a@mail.example", "Bo,b@mail.example"), False),
        (("1,1997-01-01,2", "2,1997-01-02,3"), False),
        (("number,day,count", "1,1997-01-01,2"), True),
        (("Ulm,Ann", "Bern,Bo", "Ulm,Cy"), False),
        (("name,city",), True),
    ],
)
def test_a_missing_header_is_noticed(lines: tuple[str, ...], has_header: bool) -> None:  # noqa: FBT001  a parameter
    assert sniff(csv_file(*lines)).layout.has_header is has_header


def test_columns_without_names_and_with_the_same_name_get_their_own() -> None:
    assert column_names(["Name", "", "Name", " Name ", "x\ny"], 6) == [
        "Name",
        "Column 2",
        "Name (2)",
        "Name (3)",
        "x y",
        "Column 6",
    ]
    file = csv_file("Ann,Ulm", "Bo,Bern,3")
    assert head_of(file, Layout(has_header=False), count=5).columns == ["Column 1", "Column 2", "Column 3"]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"  \r\n\r\n", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PK\x03\x04abc", "spreadsheet"),
        (b"\xd0\xcf\x11\xe0abc", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x1f\x8b\x08abc", "compressed"),
    ],
)
def test_what_is_no_csv_is_refused_with_what_to_do(content: bytes, says: str) -> None:
    with pytest.raises(FileRefused, match=says):
        head_of(io.BytesIO(content), sniff(io.BytesIO(content)).layout, count=5)


def test_ten_thousand_columns_are_refused() -> None:
    file = csv_file(",".join(["x"] * 10_000))

    with pytest.raises(FileRefused, match=rf"Line 1 has 10,000 columns; at most {MOST_COLUMNS}"):
        head_of(file, Layout(), count=5)


def test_a_quotation_mark_that_is_never_closed_is_named() -> None:
    file = csv_file("name,city", "Ann,Ulm", '"Bo,Bern', *["x,y"] * LONGEST_CELL)

    with pytest.raises(FileRefused, match=r"Line 3: a cell has more than .* quotation mark"):
        cells(file, Layout())


def test_a_gigabyte_without_a_line_end_is_no_line() -> None:
    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"x," * (size // 2)

        def seek(self, offset: int, whence: int = 0) -> int:
            return 0

    file = Endless()
    with pytest.raises(FileRefused, match="Line 1 "):
        next(iter(records(file, Layout())))
    assert file.given < 5_000_000


def test_bytes_that_do_not_fit_the_encoding_spoil_their_own_line_only() -> None:
    found = list(records(io.BytesIO(b"name\nAnn\nJ\xfcrgen\nB\0o\nCy\n"), Layout()))

    assert [bool(record.damage) for record in found] == [False, True, True, False]
    assert "encoding" in found[1].damage
    assert "NUL" in found[2].damage
    assert printable([*found[1].cells, *found[2].cells]) == ["J\ufffdrgen", "B\u2400o"]


def test_utf_16_that_breaks_off_spoils_its_line_only() -> None:
    file = io.BytesIO("name\nAnn\nBo".encode("utf-16") + b"\x00")

    assert [bool(record.damage) for record in records(file, Layout("utf-16"))] == [False, True]


@pytest.mark.parametrize(
    ("given", "cells", "damage", "doubt"),
    [
        (["a", "b"], ["a", "b"], False, False),
        (["a"], ["a", ""], False, True),
        (["a", "b", "", " "], ["a", "b"], False, False),
        (["a", "b", "c"], ["a", "b", "c"], True, False),
    ],
)
def test_ragged_lines(given: list[str], cells: list[str], damage: bool, doubt: bool) -> None:  # noqa: FBT001  parameters
    record = Record(2, given, "").squared(2)

    assert (record.cells, bool(record.damage), bool(record.doubt)) == (cells, damage, doubt)


def test_reading_takes_the_memory_of_one_line() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"name,city\n"
        for _ in range(50):
            yield b"Ann,Ulm\n" * 1000

    class Stream(io.RawIOBase):
        def __init__(self) -> None:
            self.blocks, self.asked = blocks(), 0

        def read(self, size: int = -1) -> bytes:
            self.asked = max(self.asked, size)
            return next(self.blocks, b"")[:size]

        def seek(self, offset: int, whence: int = 0) -> int:
            self.blocks = blocks()
            return 0

    stream = Stream()

    assert sum(1 for _ in records(stream, Layout())) == 50_000
    assert stream.asked <= 1 << 16
