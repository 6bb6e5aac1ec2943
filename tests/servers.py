"""Real Postgres and Valkey for every test process, started before Django reads its settings."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from crm.embedded.servers import throwaway_servers

OURS = "RAPPORT_THROWAWAY_SERVERS"


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Each of xdist's workers gets its own: the timeline's horizon is the whole cluster's, other tests' included."""
    if OURS in os.environ or "DATABASE_URL" not in os.environ:
        stack = ExitStack()
        stack.enter_context(throwaway_servers())
        os.environ[OURS] = "1"
        early_config.add_cleanup(stack.close)
    return (yield)
