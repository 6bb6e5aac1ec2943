import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from crm.embedded.process import EmbeddedError
from crm.embedded.state import State

Up = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def up(bare_environment: dict[str, str]) -> Up:
    """`./run up` where it refuses: it must end by itself."""

    def start(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "crm.embedded.supervisor", *arguments]
        return subprocess.run(command, env=bare_environment, capture_output=True, text=True, check=False, timeout=60)

    return start


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that it said."""
    assert done.returncode == 1
    assert done.stdout == ""
    [line] = done.stderr.splitlines()
    return line


def test_second_instance_is_refused(up: Up, tmp_path: Path) -> None:
    state = State(tmp_path)
    state.hold()

    line = refusal(up("--port", "0", "--state", str(tmp_path)))

    state.release()
    assert line == (
        f"rapport: Rapport already runs on {tmp_path} (process {os.getpid()}): stop it, or choose another folder with "
        "--state DIR."
    )


def test_taken_port_is_refused(up: Up, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = refusal(up("--port", str(port), "--state", str(tmp_path)))

    assert line == f"rapport: Port {port} is taken: ./run up --port {port + 1}"


def test_impossible_port_is_refused(up: Up, tmp_path: Path) -> None:
    line = refusal(up("--port", "70000", "--state", str(tmp_path)))

    assert line == "rapport: 70000 is not a port: choose one from 1024 to 65535."


def test_state_folder_that_is_a_file_is_refused(up: Up, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert refusal(up("--port", "0", "--state", str(file))) == (
        f"rapport: The state folder {file} cannot be used: File exists."
    )


def test_state_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(tmp_path, 12345, 12345)
        with pytest.raises(EmbeddedError, match=r"belongs to another user \(uid 12345\)"):
            State(tmp_path).hold()
    else:
        with pytest.raises(EmbeddedError, match=r"belongs to another user|is closed to you"):
            State(Path("/")).hold()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_unreadable_state_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)

    with pytest.raises(EmbeddedError, match="is closed to you"):
        State(tmp_path / "closed" / "state").hold()


def test_owner_url_is_asked_for(up: Up, tmp_path: Path, bare_environment: dict[str, str]) -> None:
    bare_environment["DATABASE_URL"] = "postgres://crm_app@db.example/rapport"

    assert refusal(up("--port", "0", "--state", str(tmp_path))) == (
        "rapport: DATABASE_URL is set but not DATABASE_OWNER_URL, which migrations need: set both or none."
    )


def test_lock_outlives_its_holder_until_the_last_child_ends(tmp_path: Path) -> None:
    """After `kill -9` servers take a moment to end; the next `up` waits for them instead of sharing their files."""
    held = (
        "import subprocess, sys; from pathlib import Path; from crm.embedded.state import State;"
        f"state = State(Path({str(tmp_path)!r})); state.hold();"
        "subprocess.Popen(['sleep', '1'], pass_fds=[state.lock])"
    )
    subprocess.run([sys.executable, "-c", held], check=True)
    state = State(tmp_path)

    assert state.holder() is not None
    state.hold()
    assert state.holder() == os.getpid()
    state.release()


def test_secret_key_is_made_once_and_private(tmp_path: Path) -> None:
    first = State(tmp_path).secret_key()

    assert State(tmp_path).secret_key() == first
    assert len(first) > 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0
