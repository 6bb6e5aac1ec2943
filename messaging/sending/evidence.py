"""What the relay itself kept about messages whose sender died: the only thing that settles them.

A log says which Message-IDs it holds, and from when on it would hold one that had been accepted. Only then does the
absence of a message mean something.
"""

from __future__ import annotations

import glob
import gzip
import re
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Protocol

from django.conf import settings
from django.utils import timezone

CLOCKS_APART = timedelta(minutes=1)
_HEAD_BYTES = 65_536


class RelayLog(Protocol):
    def accepted(self, message_ids: Collection[str]) -> set[str]:
        """Those of these Message-IDs that the relay took."""

    def covers(self, moment: datetime) -> bool:
        """Whether a message that was accepted at or after this moment would be found."""


class Maildir:
    """The mailbox of `./run up`, or any other that keeps each message as a file and loses none."""

    _HEADER = re.compile(rb"^message-id:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        wanted = set(message_ids)
        return {found for path in self._files() if (found := self._message_id(path)) in wanted}

    def covers(self, moment: datetime) -> bool:
        return (self._folder / "new").is_dir()

    def _files(self) -> Iterator[Path]:
        for name in ("new", "cur"):
            folder = self._folder / name
            if folder.is_dir():
                yield from folder.iterdir()

    def _message_id(self, path: Path) -> str:
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD_BYTES).partition(b"\r\n\r\n")[0]
        except FileNotFoundError:  # it was moved from `new` to `cur` meanwhile
            return ""
        found = self._HEADER.search(head)
        return found[1].decode("ascii", "replace") if found else ""


class PostfixLog:
    """Postfix's log, as one file or a pattern that also names the rotated ones (`/var/log/mail.log*`).

    `cleanup` names the Message-ID of a queue file when its headers were read; that the message was accepted, `qmgr`
    says when the queue becomes active. A message whose body broke off has the first line and not the second.
    """

    _LINE = re.compile(
        r"(?P<time>\w{3} [ \d]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\dT\S+) .*?postfix\S*/(?P<program>cleanup|qmgr)\[\d+\]: "
        r"(?P<queue>\w+): (?:message-id=(?P<message_id><[^>]*>)|from=.*\(queue active\))"
    )

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern

    def accepted(self, message_ids: Collection[str]) -> set[str]:
        wanted = set(message_ids)
        found: set[str] = set()
        named: dict[str, str] = {}
        for line in self._lines():
            match = self._LINE.match(line)
            if match is None:
                continue
            if match["program"] == "cleanup" and match["message_id"]:
                named[match["queue"]] = match["message_id"]
            elif match["program"] == "qmgr" and named.get(match["queue"]) in wanted:
                found.add(named[match["queue"]])
        return found

    def covers(self, moment: datetime) -> bool:
        first = next((begun for line in self._lines() if (begun := _time_of(line))), None)
        return first is not None and first <= moment - CLOCKS_APART

    def _lines(self) -> Iterator[str]:
        paths = [Path(name) for name in glob.glob(self._pattern)]  # noqa: PTH207  an absolute pattern, from the settings
        for path in sorted(paths, key=lambda path: path.stat().st_mtime):
            with _open(path) as file:
                yield from file


def _open(path: Path) -> IO[str]:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return path.open(encoding="utf-8", errors="replace")


def _time_of(line: str) -> datetime | None:
    """The time at which a line begins. Syslog's old form names no year: the latest that is not in the future."""
    word = line.split(" ", 1)[0]
    try:
        if word[:1].isdigit():
            return datetime.fromisoformat(word).astimezone(UTC)
        now = timezone.localtime()
        said = datetime.strptime(f"{now.year} {line[:15]}", "%Y %b %d %H:%M:%S").astimezone()
        return said if said <= now + timedelta(days=1) else said.replace(year=now.year - 1)
    except ValueError:
        return None


def configured_log() -> RelayLog | None:
    """What this installation says that it has: RELAY_LOG, or the mailbox of `./run up`."""
    if settings.RELAY_LOG:
        return PostfixLog(settings.RELAY_LOG)
    if settings.MAILBOX_DIR:
        return Maildir(Path(settings.MAILBOX_DIR))
    return None
