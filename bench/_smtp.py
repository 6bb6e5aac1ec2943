"""Whatever takes messages, and the fastest that hands them over: Postfix' `smtp-sink` and `smtp-source`, both in C."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm.embedded.process import wait_until
from tests.faults._processes import PYTHON

HOW_TO_INSTALL = "They are in Debian's package postfix: `apt install postfix`, and choose “no configuration”."


def tool(name: str) -> str | None:
    """Debian keeps them where only root's PATH leads."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@contextmanager
def a_sink(folder: Path) -> Iterator[str]:
    """`smtp-sink`, or our own in Python where it is not installed, as `host:port`."""
    if (program := tool("smtp-sink")) is not None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        command = [program, *(["-u", "nobody"] if os.getuid() == 0 else []), address, "1000"]
    else:
        command = [PYTHON, "-m", "tests.faults._sink", str(folder), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as sink:
        try:
            if not program:
                address = f"127.0.0.1:{int(sink.stdout.readline()) if sink.stdout else 0}"
            if not wait_until(lambda: _answers(address), seconds=10, child=sink):
                sys.exit("the sink does not answer")
            yield address
        finally:
            sink.terminate()


def smtp_source(count: int, address: str, *, connections: int, length: int) -> float | None:
    """Messages a second over connections that stay open, as ours do; None where Postfix' tools are not installed."""
    program = tool("smtp-source")
    if program is None or tool("smtp-sink") is None:
        return None
    command = [program, "-d", "-s", str(connections), "-m", str(count), "-l", str(length), address]
    began_at = time.perf_counter()
    subprocess.run(command, check=True)
    return count / (time.perf_counter() - began_at)


def _answers(address: str) -> bool:
    host, _colon, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
