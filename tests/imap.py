"""An IMAP server of one folder (RFC 3501, as far as our reader speaks it)."""

from __future__ import annotations

import re
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_LITERAL = re.compile(r"\(BODY\.PEEK\[\]<0\.(\d+)>\)")


@dataclass
class Folder:
    """`mails` by UID. `password` is the one that opens it; `drops_on` hangs up instead of answering this command."""

    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    password: str = "secret"
    drops_on: str = ""
    port: int = 0

    @property
    def url(self) -> str:
        return f"imap://reader:{self.password}@127.0.0.1:{self.port}/INBOX"


class ImapServer(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        super().__init__(("127.0.0.1", 0), Session)


class Session(socketserver.StreamRequestHandler):
    server: ImapServer

    def handle(self) -> None:
        self._say("* OK ready")
        for line in self.rfile:
            tag, _, rest = line.decode().strip().partition(" ")
            command = rest.partition(" ")[0].upper()
            if self.server.folder.drops_on and rest.upper().startswith(self.server.folder.drops_on):
                return
            getattr(self, f"on_{command.lower()}", self.on_unknown)(tag, rest)
            if command == "LOGOUT":
                return

    def on_capability(self, tag: str, _rest: str) -> None:
        self._say("* CAPABILITY IMAP4rev1", f"{tag} OK done")

    def on_login(self, tag: str, rest: str) -> None:
        is_right = rest.endswith((f'"{self.server.folder.password}"', f" {self.server.folder.password}"))
        self._say(f"{tag} {'OK done' if is_right else 'NO wrong password'}")

    def on_select(self, tag: str, rest: str) -> None:
        if "INBOX" in rest:
            self._say(f"* {len(self.server.folder.mails)} EXISTS", f"{tag} OK done")
        else:
            self._say(f"{tag} NO there is no such folder")

    def on_uid(self, tag: str, rest: str) -> None:
        _, command, *words = rest.split(" ", 3)
        if command == "SEARCH":
            unseen = sorted(self.server.folder.mails.keys() - self.server.folder.seen)
            self._say(f"* SEARCH {' '.join(map(str, unseen))}", f"{tag} OK done")
        elif command == "STORE":
            self.server.folder.seen.add(int(words[0]))
            self._say(f"{tag} OK done")
        else:
            self._fetch(tag, int(words[0]), rest)

    def _fetch(self, tag: str, uid: int, rest: str) -> None:
        wanted = _LITERAL.search(rest)
        if uid in self.server.folder.mails and wanted:
            body = self.server.folder.mails[uid][: int(wanted[1])]
            self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(body)}}}\r\n".encode() + body + b")\r\n")
        self._say(f"{tag} OK done")

    def on_logout(self, tag: str, _rest: str) -> None:
        self._say("* BYE", f"{tag} OK done")

    def on_unknown(self, tag: str, _rest: str) -> None:
        self._say(f"{tag} BAD")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())


@contextmanager
def serving(folder: Folder) -> Iterator[Folder]:
    with ImapServer(folder) as server:
        folder.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield folder
        finally:
            server.shutdown()
            thread.join()
