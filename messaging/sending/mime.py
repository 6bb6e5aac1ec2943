"""A message as bytes, put together by hand: 30 times as fast as the standard library, which checks us in the tests.

Nothing of what others wrote can start a line: control characters in a header are refused, bodies are base64.
"""

from __future__ import annotations

import binascii
import re
import struct
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email

# Base64 knows no `_`, so no body can hold it.
BOUNDARY = "=_rapport_alternative"
LONGEST_ADDRESS = 254
_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WORD_BYTES = 45  # of text in one encoded word, which may be 75 characters long
_LINE = 76


class HeaderRefused(ValueError):
    """A value cannot stand in a header: it holds a line break or another control character, or is no address."""


@dataclass(frozen=True)
class Mailbox:
    name: str
    address: str


@dataclass(frozen=True)
class Letterhead:
    """What all messages of a workspace begin with."""

    sender: Mailbox
    reply_to: str = ""

    def headers(self) -> str:
        lines = [f"From: {mailbox_header(self.sender)}"]
        if self.reply_to:
            lines.append(f"Reply-To: {ascii_address(self.reply_to)}")
        return "\r\n".join(lines) + "\r\n"


@dataclass(frozen=True)
class Letter:
    recipient: Mailbox
    subject: str
    message_id: str
    date: datetime
    text: str
    html: str
    # Where a POST unsubscribes at once (RFC 8058); blank for what was asked for.
    unsubscribe_url: str = ""
    # The header in which the mail provider gives the Message-ID back; blank where it keeps ours.
    echo_header: str = ""


def compose(letter: Letter, letterhead: str) -> bytes:
    """The whole message with CRLF line ends, nothing doubled for SMTP yet. Raises HeaderRefused.

    `letterhead` comes from `Letterhead.headers()`, made once for many.
    """
    unsubscribe = (
        f"List-Unsubscribe: <{_plain(letter.unsubscribe_url)}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        if letter.unsubscribe_url
        else ""
    )
    echo = f"{letter.echo_header}: {_plain(letter.message_id.strip('<>'))}\r\n" if letter.echo_header else ""
    head = (
        f"{letterhead}To: {mailbox_header(letter.recipient)}\r\n"
        f"Subject: {unstructured(letter.subject, taken=9)}\r\n"
        f"Date: {_date_header(letter.date.replace(microsecond=0))}\r\n"
        f"Message-ID: {_plain(letter.message_id)}\r\n"
        f"{unsubscribe}{echo}"
        "Auto-Submitted: auto-generated\r\n"
        "MIME-Version: 1.0\r\n"
        f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\r\n'
    )
    return b"".join((head.encode("ascii"), _part("plain", letter.text), _part("html", letter.html), _END))


_END = f"\r\n--{BOUNDARY}--\r\n".encode()


def _part(subtype: str, content: str) -> bytes:
    head = (
        f'\r\n--{BOUNDARY}\r\nContent-Type: text/{subtype}; charset="utf-8"\r\n'
        "Content-Transfer-Encoding: base64\r\n\r\n"
    )
    if "\r" in content:
        content = content.replace("\r\n", "\n")
    encoded = binascii.b2a_base64(content.replace("\n", "\r\n").encode("utf-8", "replace"), newline=False)
    whole = len(encoded) // _LINE
    rest = encoded[whole * _LINE :]
    lines = _lines(whole).unpack_from(encoded)
    return head.encode() + b"\r\n".join((*lines, rest) if rest else lines)


@lru_cache(maxsize=2000)
def _lines(count: int) -> struct.Struct:
    """Cuts so many lines at once, in half the time that slices take."""
    return struct.Struct(f"{_LINE}s" * count)


@lru_cache(maxsize=4)
def _date_header(second: datetime) -> str:
    return format_datetime(second)


def mailbox_header(mailbox: Mailbox) -> str:
    """`Anna <anna@bakery.example>`, whatever the name is made of."""
    address = ascii_address(mailbox.address)
    name = " ".join(mailbox.name.split())
    if not name:
        return address
    _refuse_control(name)
    if not _PRINTABLE.fullmatch(name) or "=?" in name or len(name) > _LINE - 10:
        return f"{_encoded_words(name, taken=12)}\r\n <{address}>"
    if not _ATOMS.fullmatch(name):
        name = '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{name}\r\n <{address}>" if len(name) + len(address) > _LINE - 12 else f"{name} <{address}>"


def ascii_address(address: str) -> str:
    """The address as it stands in headers and envelopes. Raises HeaderRefused for one that cannot be written to.

    An international domain is given its ASCII name. Quoted and international local parts are refused: few servers take
    them, and none of our customers' forms makes them.
    """
    local, at, domain = address.rpartition("@")
    if not at or len(address) > LONGEST_ADDRESS or not _LOCAL.fullmatch(local):
        raise HeaderRefused("This is not an address that can be written to.")
    if not domain.isascii():
        domain = _ascii_domain(domain)
    if not _DOMAIN.fullmatch(domain) or ".." in domain:
        raise HeaderRefused("This is not an address that can be written to.")
    return f"{local}@{domain}"


def _ascii_domain(domain: str) -> str:
    try:
        return validate_email(f"a@{domain}", check_deliverability=False).ascii_domain
    except EmailNotValidError:
        raise HeaderRefused("This is not an address that can be written to.") from None


def unstructured(text: str, *, taken: int) -> str:
    """A header's text, folded. `taken` is how much of its first line is used already. Raises HeaderRefused."""
    _refuse_control(text)
    words = text.split(" ")
    if not _PRINTABLE.fullmatch(text) or "=?" in text or any(len(word) > _LINE - taken for word in words):
        return _encoded_words(text, taken=taken)
    lines, room = [words[0]], _LINE - taken - len(words[0])
    for word in words[1:]:
        if len(word) + 1 > room and word:
            lines.append(word)
            room = _LINE - len(word)
        else:
            lines[-1] += f" {word}"
            room -= len(word) + 1
    return "\r\n ".join(lines)


def _encoded_words(text: str, *, taken: int) -> str:
    """RFC 2047, one word per line, never within a character."""
    words: list[str] = []
    current, limit = b"", _WORD_BYTES - taken
    for character in text:
        encoded = character.encode()
        if len(current) + len(encoded) > limit:
            words.append(_encoded_word(current))
            current, limit = b"", _WORD_BYTES
        current += encoded
    words.append(_encoded_word(current))
    return "\r\n ".join(words)


def _encoded_word(data: bytes) -> str:
    return f"=?utf-8?b?{binascii.b2a_base64(data, newline=False).decode()}?="


def _plain(value: str) -> str:
    """What we made ourselves: checked all the same."""
    if not _PRINTABLE.fullmatch(value) or " " in value:
        raise HeaderRefused("A line break or another control character cannot stand in a header.")
    return value


def _refuse_control(text: str) -> None:
    if _CONTROL.search(text):
        raise HeaderRefused("A line break or another control character cannot stand in a header.")
