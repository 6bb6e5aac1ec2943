import re
from pathlib import Path

import pytest

from crm.embedded.state import ROOT

LOCKS = sorted(ROOT.glob("requirements*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_lock_is_hashed_and_names_no_host(lock: Path) -> None:
    text = lock.read_text()

    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    assert set(pins(lock)) == set(re.findall(r"^(\S+)==\S+.*\\\n +--hash=sha256:", text, re.MULTILINE))


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [("requirements.txt", "requirements-local.txt"), ("requirements-local.txt", "requirements-dev.txt")],
)
def test_a_larger_lock_pins_alike(smaller: str, larger: str) -> None:
    assert pins(ROOT / smaller).items() <= pins(ROOT / larger).items()


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^(\S+)==(\S+)", lock.read_text(), re.MULTILINE))
