from __future__ import annotations

import os

import pytest
from django.db import connections


@pytest.fixture
def shared_database(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that are started now work on the test's own database."""
    for variable, alias in (("DATABASE_URL", "default"), ("DATABASE_OWNER_URL", "owner")):
        server, _, _ = os.environ[variable].rpartition("/")
        monkeypatch.setenv(variable, f"{server}/{connections[alias].settings_dict['NAME']}")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "crm.settings.test")
