"""The local mailbox: reading what crm/embedded/mail_catcher.py kept."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

# The catcher's file names: they begin with the time in nanoseconds (19 digits until 2286), so they sort by it.
_KEY = re.compile(r"(\d{19})\.\w+\.rapport")


@dataclass(frozen=True)
class Letter:
    """One message as it came."""

    key: str
    message: EmailMessage

    @property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(int(self.key[:19]) / 1e9, tz=UTC)

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def sender(self) -> str:
        return str(self.message["From"] or "")

    @property
    def recipients(self) -> str:
        """The envelope's, so those too whom no header names."""
        return ", ".join(str(value) for value in self.message.get_all("Delivered-To", []))

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def text(self) -> str:
        return self._body("plain")

    @property
    def html(self) -> str:
        return self._body("html")

    @property
    def attachments(self) -> list[str]:
        return [part.get_filename() or part.get_content_type() for part in self.message.iter_attachments()]

    def _body(self, kind: str) -> str:
        part = self.message.get_body((kind,))
        if part is None:
            return ""
        try:
            return str(part.get_content())
        except LookupError:  # a character set that nobody knows
            content = part.get_payload(decode=True)
            return content.decode(errors="replace") if isinstance(content, bytes) else ""


def newest_letters(folder: Path, *, before: str = "", limit: int) -> list[Letter]:
    """At most `limit` letters, older than the key `before`, newest first, with their headers only."""
    keys = sorted((key for key in _keys(folder) if not before or key < before), reverse=True)
    parser = BytesHeaderParser(policy=policy.default)
    return [Letter(key, parser.parsebytes((folder / "new" / key).read_bytes())) for key in keys[:limit]]


def read_letter(folder: Path, key: str) -> Letter | None:
    if not _KEY.fullmatch(key):
        return None
    try:
        content = (folder / "new" / key).read_bytes()
    except FileNotFoundError:
        return None
    return Letter(key, BytesParser(policy=policy.default).parsebytes(content))


def _keys(folder: Path) -> list[str]:
    try:
        return [path.name for path in (folder / "new").iterdir() if _KEY.fullmatch(path.name)]
    except FileNotFoundError:  # no mail yet
        return []
