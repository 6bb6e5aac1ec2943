"""Where mail for this installation arrives: an IMAP folder, or a Maildir that a mail server (or `./run up`) fills.

A mail is `done` only after what it says was committed. So a reader that dies reads it again, which changes nothing.
"""

from __future__ import annotations

import contextlib
import imaplib
import mailbox
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

LARGEST_MAIL = 1_000_000  # bytes that are read of one: replies are short, and what we look for stands in front
IMAP_PORT, IMAPS_PORT = 143, 993
TIMEOUT = 30  # seconds


class Inbox(Protocol):
    def waiting(self, limit: int) -> list[str]:
        """Keys of mails that nobody is done with, the oldest first."""

    def read(self, key: str) -> bytes | None:
        """What came, at most LARGEST_MAIL of it; None if it is there no more."""

    def done(self, key: str) -> None:
        """It stays where it is, and waits no longer."""


class InboxUnavailable(Exception):
    """The server does not answer, or refuses us; what it said."""


@contextmanager
def open_inbox(url: str) -> Iterator[Inbox]:
    """`imaps://user:password@host/INBOX`, `imap://…` or `maildir:///folder`. Raises InboxUnavailable."""
    parts = urlsplit(url)
    if parts.scheme == "maildir":
        yield MaildirInbox(Path(parts.path))
    elif parts.scheme in ("imap", "imaps"):
        with _signed_in(url) as server:
            yield ImapInbox(server)
    else:
        raise ImproperlyConfigured("INBOUND_URL begins with imaps://, imap:// or maildir://.")


class MaildirInbox:
    """A delivery is whole as soon as its file is in `new`; what is done lies in `cur`, seen."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        mailbox.Maildir(folder, create=True)

    def waiting(self, limit: int) -> list[str]:
        return sorted(path.name for path in (self._folder / "new").iterdir())[:limit]

    def read(self, key: str) -> bytes | None:
        try:
            with self._path(key).open("rb") as file:
                return file.read(LARGEST_MAIL)
        except FileNotFoundError:
            return None

    def done(self, key: str) -> None:
        try:
            self._path(key).rename(self._folder / "cur" / f"{Path(key).name}:2,S")
        except FileNotFoundError:
            return

    def _path(self, key: str) -> Path:
        return self._folder / "new" / Path(key).name


class ImapInbox:
    """Keys are UIDs. What is done is marked as read, so that people who share the folder see the same."""

    def __init__(self, server: imaplib.IMAP4) -> None:
        self._server = server

    def waiting(self, limit: int) -> list[str]:
        (found,) = self._checked(self._server.uid("SEARCH", "UNSEEN"))[:1] or [b""]
        return [uid.decode() for uid in (found or b"").split()][:limit]

    def read(self, key: str) -> bytes | None:
        parts = self._checked(self._server.uid("FETCH", key, f"(BODY.PEEK[]<0.{LARGEST_MAIL}>)"))
        bodies = [part[1] for part in parts if isinstance(part, tuple)]
        return bytes(bodies[0]) if bodies else None

    def done(self, key: str) -> None:
        self._checked(self._server.uid("STORE", key, "+FLAGS.SILENT", r"(\Seen)"))

    @staticmethod
    def _checked(answer: tuple[str, list[Any]]) -> list[Any]:
        status, data = answer
        if status != "OK":
            raise InboxUnavailable(f"{status} {data}")
        return data


@contextmanager
def _signed_in(url: str) -> Iterator[imaplib.IMAP4]:
    parts = urlsplit(url)
    folder = unquote(parts.path.lstrip("/")) or "INBOX"
    try:
        server = _connect(parts.scheme, parts.hostname or "", parts.port)
    except (OSError, imaplib.IMAP4.error) as error:
        raise InboxUnavailable(str(error)) from error
    try:
        server.login(unquote(parts.username or ""), unquote(parts.password or ""))
        status, _ = server.select(_quoted(folder))
        if status != "OK":
            raise InboxUnavailable(f"There is no folder {folder}.")
        yield server
    except (OSError, imaplib.IMAP4.error) as error:
        raise InboxUnavailable(str(error)) from error
    finally:
        _leave(server)


def _connect(scheme: str, host: str, port: int | None) -> imaplib.IMAP4:
    """Encrypted, with a certificate that is checked; in the clear only to this very machine."""
    context = ssl.create_default_context()
    if scheme == "imaps":
        return imaplib.IMAP4_SSL(host, port or IMAPS_PORT, ssl_context=context, timeout=TIMEOUT)
    server = imaplib.IMAP4(host, port or IMAP_PORT, timeout=TIMEOUT)
    if host not in ("localhost", "127.0.0.1", "::1"):
        server.starttls(context)
    return server


def _leave(server: imaplib.IMAP4) -> None:
    """Politely; and the socket is closed even if the server is gone."""
    try:
        server.logout()
    except (OSError, imaplib.IMAP4.error):
        with contextlib.suppress(OSError):
            server.shutdown()


def _quoted(folder: str) -> str:
    escaped = folder.replace("\\", r"\\").replace('"', r"\"")
    return f'"{escaped}"'
