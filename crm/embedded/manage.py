"""`./run manage …`: Django's commands, on the servers that run already, or on ones started for the occasion."""

import os
import sys

from crm.embedded.process import EmbeddedError, spawn
from crm.embedded.servers import missing_servers
from crm.embedded.state import ROOT, State


def main(arguments: list[str]) -> int:
    state = State.default()
    try:
        return _manage(state, arguments)
    except EmbeddedError as error:
        print(f"rapport: {error}", file=sys.stderr)  # noqa: T201  the one clear line
        return 1


def _manage(state: State, arguments: list[str]) -> int:
    servers = missing_servers(state.folder)
    for server in servers:
        os.environ.update(server.environment())
    os.environ.setdefault("MAILBOX_DIR", str(state.mail))
    is_running = state.holder() is not None
    if not is_running:
        state.hold()
    os.environ.setdefault("SECRET_KEY", state.secret_key())
    try:
        for server in servers if not is_running else ():
            server.start()
        return _run([sys.executable, str(ROOT / "manage.py"), *arguments])
    finally:
        for server in reversed(servers):
            server.stop()


def _run(command: list[str]) -> int:
    child = spawn(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:  # the child got it too, and decides
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
