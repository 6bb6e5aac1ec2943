import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from crm.embedded.state import ROOT


def start(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(folder / "run"), *arguments]
    return subprocess.run(
        command, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=120
    )


def clone(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    for path in [ROOT / "run", *ROOT.glob("requirements*")]:
        shutil.copy(path, folder)
    return folder


def test_run_without_arguments_lists_the_commands() -> None:
    done = start(ROOT)

    assert done.returncode == 0
    for command in ("up", "test", "check", "bench", "faults", "lock", "manage"):
        assert f"./run {command}" in done.stdout


def test_unknown_command_names_the_known_ones() -> None:
    done = start(ROOT, "serve")

    assert done.returncode == 1
    assert done.stderr == "rapport: There is no `serve`. Choose one of: up, manage, test, check, bench, faults, lock.\n"


def test_old_python_says_what_is_needed(front_door: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 2, "final", 0))
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(
        front_door.Refusal, match=r"^Python 3\.11 or newer is needed; this is 3\.10 .* Install python3\.11"
    ):
        front_door.require_platform()


def test_other_systems_are_sent_to_compose(front_door: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(front_door.Refusal, match="works on Linux only"):
        front_door.require_platform()


def test_missing_venv_module_names_the_package(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "ensurepip.py").write_text("raise ImportError")

    done = start(clone(tmp_path), "up", PYTHONPATH=str(tmp_path / "broken"))

    assert done.returncode == 1
    minor = sys.version_info.minor
    assert done.stderr.splitlines()[-1] == (
        f"rapport: Python's venv module is incomplete here: `apt install python3.{minor}-venv` "
        "(or your system's name for it)."
    )


def test_unreachable_index_is_one_clear_line(tmp_path: Path) -> None:
    done = start(
        clone(tmp_path / "a folder with spaces"),
        "up",
        PIP_INDEX_URL="http://127.0.0.1:9/",
        PIP_FIND_LINKS="",
        PIP_RETRIES="0",
        RAPPORT_NO_UV="1",
    )

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "could not be installed (is a package index within reach?)" in done.stderr.splitlines()[-1]


def test_full_disk_is_one_clear_line(tmp_path: Path) -> None:
    clone(tmp_path / "clone")
    mount = tmp_path / "small"
    mount.mkdir()
    script = (
        f"mount -t tmpfs -o size=2m none {mount} && cp {tmp_path}/clone/* {mount} && {sys.executable} {mount}/run up"
    )

    done = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)

    if "unshare" in done.stderr or "mount" in done.stderr:
        pytest.skip("no small file system can be mounted here")
    assert done.returncode == 1
    assert "is full: 1 MB are free, 400 MB are needed. Make room and start again." in done.stderr.splitlines()[-1]


def test_a_changed_lock_is_installed_again(
    front_door: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_door, "ROOT", str(tmp_path))
    monkeypatch.setattr(front_door, "STAMP", str(tmp_path / "stamp"))
    monkeypatch.setattr(front_door, "VENV_PYTHON", sys.executable)
    for lock in (front_door.LOCAL, front_door.DEV):
        (tmp_path / lock).write_text(f"{lock} as it was")
    (tmp_path / "stamp").write_text(front_door.fingerprint(front_door.DEV))

    # What `test` needs holds all that `up` needs.
    assert front_door.is_installed(front_door.DEV)
    assert front_door.is_installed(front_door.LOCAL)

    (tmp_path / front_door.DEV).write_text("another")
    assert not front_door.is_installed(front_door.DEV)
    assert not front_door.is_installed(front_door.LOCAL)
