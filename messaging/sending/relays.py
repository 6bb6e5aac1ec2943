"""The mail server that messages are handed to, as EMAIL_URL names it, and how a connection to it is opened."""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from messaging.sending.replies import BadReply, Reply, ReplyReader

DEFAULT_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465, "smtp+ssl": 465}


class RelayUnavailable(Exception):
    """The relay cannot be reached, does not let us in, or asks us to come back later. Says why, for an operator."""


@dataclass(frozen=True)
class Relay:
    """`security` is `tls` (STARTTLS), `ssl` (from the first byte) or nothing."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    security: str = ""

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @classmethod
    def from_url(cls, url: str) -> Relay | None:
        """None where mail goes nowhere (`consolemail://`)."""
        parts = urlsplit(url)
        if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
            return None
        return cls(
            host=parts.hostname,
            port=parts.port or DEFAULT_PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            security={"smtp+tls": "tls", "smtps": "ssl", "smtp+ssl": "ssl"}.get(parts.scheme, ""),
        )


@dataclass(frozen=True)
class Line:
    """An open connection, past its greetings. `extensions` are the words that EHLO was answered with."""

    socket: socket.socket
    extensions: frozenset[str]


def open_line(relay: Relay, *, name: str, seconds: float) -> Line:
    """Connect, greet, encrypt and sign in, as the relay's URL says. `name` is who we say we are.

    Blocks, for each answer at most `seconds`. Raises RelayUnavailable.
    """
    talk: _Talk | None = None
    try:
        talk = _Talk(socket.create_connection((relay.host, relay.port), timeout=seconds))
        if relay.security == "ssl":
            talk.encrypt(relay.host)
        extensions = _greet(talk, relay, name)
    except (OSError, BadReply, RelayUnavailable) as error:
        if talk is not None:
            talk.socket.close()
        raise RelayUnavailable(f"{relay}: {error}") from error
    return Line(talk.socket, extensions)


def _greet(talk: _Talk, relay: Relay, name: str) -> frozenset[str]:
    """Returns what the relay can do, as it says in the end."""
    talk.expect(talk.read(), 220)
    extensions = _hello(talk, name)
    if relay.security == "tls":
        if "STARTTLS" not in extensions:
            raise RelayUnavailable("it does not offer STARTTLS, which EMAIL_URL asks for")
        talk.expect(talk.say("STARTTLS"), 220)
        talk.encrypt(relay.host)
        extensions = _hello(talk, name)
    if relay.user:
        _sign_in(talk, relay, extensions)
    return extensions


def _hello(talk: _Talk, name: str) -> frozenset[str]:
    reply = talk.say(f"EHLO {name}")
    if reply.code != 250:  # noqa: PLR2004  SMTP's "fine"
        talk.expect(talk.say(f"HELO {name}"), 250)
        return frozenset()
    return frozenset(line.upper() for line in reply.lines[1:])


def _sign_in(talk: _Talk, relay: Relay, extensions: frozenset[str]) -> None:
    offered = {word for line in extensions if line.startswith("AUTH") for word in line.replace("=", " ").split()[1:]}
    if "PLAIN" in offered or "LOGIN" not in offered:
        talk.expect(talk.say(f"AUTH PLAIN {_b64(f'{chr(0)}{relay.user}{chr(0)}{relay.password}')}"), 235)
        return
    talk.expect(talk.say("AUTH LOGIN"), 334)
    talk.expect(talk.say(_b64(relay.user)), 334)
    talk.expect(talk.say(_b64(relay.password)), 235)


class _Talk:
    """One command, one reply."""

    def __init__(self, opened: socket.socket) -> None:
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = opened
        self._reader = ReplyReader()

    def encrypt(self, host: str) -> None:
        """From here on. What came before in the clear, anybody may have said: it is forgotten (CVE-2011-0411)."""
        self.socket = trusting().wrap_socket(self.socket, server_hostname=host)
        self._reader = ReplyReader()

    def say(self, command: str) -> Reply:
        self.socket.sendall(f"{command}\r\n".encode())
        return self.read()

    def read(self) -> Reply:
        while True:
            if (reply := self._reader.next()) is not None:
                return reply
            data = self.socket.recv(4096)
            if not data:
                raise RelayUnavailable("it closed the connection")
            self._reader.feed(data)

    def expect(self, reply: Reply, code: int) -> None:
        if reply.code != code:
            raise RelayUnavailable(str(reply))


@lru_cache(maxsize=1)
def trusting() -> ssl.SSLContext:
    """Whom the system trusts, or SSL_CERT_FILE says."""
    return ssl.create_default_context()


def _b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def hang_up(opened: socket.socket) -> None:
    """Say goodbye without waiting for an answer."""
    with contextlib.suppress(OSError):
        opened.setblocking(False)  # noqa: FBT003  the socket's own signature
        opened.send(b"QUIT\r\n")
    with contextlib.suppress(OSError):
        opened.close()
