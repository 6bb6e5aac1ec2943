import os
import shutil
import tempfile
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from crm.embedded import places
from crm.embedded.state import ROOT

_STEERING = (
    "DATABASE_",
    "REDIS_",
    "CELERY_",
    "EMAIL_",
    "CACHE_",
    "DJANGO_",
    "MAILBOX_",
    "RAPPORT_",
    "PYTEST_",
    "SECRET_",
)


@pytest.fixture
def bare_environment() -> dict[str, str]:
    """Ours, without what the suite has set to lead to its own servers."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_STEERING)}
    return kept | {"PYTHONPATH": str(ROOT)}


@pytest.fixture
def front_door() -> ModuleType:
    """`run`, imported."""
    loader = SourceFileLoader("front_door", str(ROOT / "run"))
    spec = spec_from_loader("front_door", loader)
    assert spec is not None
    module = module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def place() -> Iterator[Path]:
    """A short path that anybody may pass through, unlike pytest's own; nothing of it stays."""
    folder = Path(tempfile.mkdtemp(prefix="rapport-place-"))
    folder.chmod(0o711)
    yield folder
    for path in [folder, *folder.rglob("*")]:
        places.leave_refuge(path)
    shutil.rmtree(folder)
