"""What a mail server answers (RFC 5321 §4.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_REPLY = 64_000  # bytes
_LINE = re.compile(rb"(\d{3})(?:([ -])(.*))?")


class BadReply(Exception):
    """What came is no SMTP reply: nothing more can be understood on this connection."""


@dataclass(frozen=True)
class Reply:
    code: int
    lines: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.code} {' '.join(self.lines)}".strip()

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300  # noqa: PLR2004  SMTP's classes

    @property
    def is_passing(self) -> bool:
        """Not now; the same may be taken later."""
        return 400 <= self.code < 500  # noqa: PLR2004  SMTP's classes

    @property
    def is_negative(self) -> bool:
        return 400 <= self.code < 600  # noqa: PLR2004  SMTP's classes

    @property
    def is_goodbye(self) -> bool:
        """The server closes the connection after it."""
        return self.code == 421  # noqa: PLR2004  SMTP's own code for that


class ReplyReader:
    """Bytes in as they come, whole replies out."""

    def __init__(self) -> None:
        self._buffer = b""
        self._lines: list[str] = []

    def feed(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) > LONGEST_REPLY or len(self._lines) * 100 > LONGEST_REPLY:
            raise BadReply("The reply has no end.")

    def next(self) -> Reply | None:
        """The next whole reply, if all of it is here. Raises BadReply."""
        while (end := self._buffer.find(b"\n")) >= 0:
            line, self._buffer = self._buffer[:end].rstrip(b"\r"), self._buffer[end + 1 :]
            found = _LINE.fullmatch(line)
            if found is None:
                raise BadReply(f"This is no reply: {line[:80]!r}")
            self._lines.append((found[3] or b"").decode("utf-8", "replace").replace("\0", ""))
            if found[2] != b"-":
                reply = Reply(int(found[1]), tuple(self._lines))
                self._lines = []
                return reply
        return None
