"""A web server under load: granian as `./run up` starts it, and callers that cost as little as they can."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from crm.embedded.process import wait_until

HOST = "127.0.0.1"
PATIENCE = 60.0


@contextmanager
def granian(application: str, threads: int = 4, /, **environment: str) -> Iterator[int]:
    """Two workers with so many threads each, on a port of their own."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", HOST, "--port", str(port)]
    command += ["--workers", "2", "--blocking-threads", str(threads), "--no-ws", "--log-level", "warning", application]
    server = subprocess.Popen(command, env=os.environ | environment, start_new_session=True)
    try:
        if not wait_until(lambda: _listens(port), seconds=PATIENCE, child=server):
            raise RuntimeError("granian did not come up")
        yield port
    finally:
        # Asked to stop, it would wait for the callers' connections to close.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _listens(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


class Caller:
    """One kept connection that posts bodies and reads answers."""

    def __init__(self, port: int, path: str, *, secret: str) -> None:
        self._port = port
        head = f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nAuthorization: Bearer {secret}\r\n"
        self._head = head.encode() + b"Content-Type: application/json\r\nContent-Length: "

    def connect(self) -> None:
        """Anew for each round: the server closes a connection that says nothing while the other side has its turn."""
        self._socket = socket.create_connection((HOST, self._port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body: bytes) -> bytes:
        """The body of the answer, which must be 202."""
        self._socket.sendall(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, content = answer.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(content) < length:
            content += self._received()
        if b" 202 " not in head[:20]:
            raise RuntimeError(f"{head.decode()}\n{content.decode()}")
        return content

    def _received(self) -> bytes:
        received = self._socket.recv(1 << 16)
        if not received:
            raise RuntimeError("the server closed the connection")
        return received


def post_all(callers: Sequence[Caller], bodies: Sequence[bytes]) -> float:
    """The callers post the bodies, each taking the next one when it is free. Returns the seconds it took."""
    waiting = deque(bodies)
    for caller in callers:
        caller.connect()
    with ThreadPoolExecutor(len(callers)) as pool:
        started_at = time.perf_counter()
        for done in [pool.submit(_post_next, caller, waiting) for caller in callers]:
            done.result()
        return time.perf_counter() - started_at


def _post_next(caller: Caller, waiting: deque[bytes]) -> None:
    while True:
        try:
            body = waiting.popleft()
        except IndexError:
            return
        caller.post(body)
