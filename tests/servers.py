"""Real Postgres and Valkey for the whole run, started before Django reads its settings."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack

import pytest

from crm.embedded.servers import throwaway_servers


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """The first process starts them; xdist's workers inherit their addresses."""
    if "PYTEST_XDIST_WORKER" not in os.environ and "DATABASE_URL" not in os.environ:
        stack = ExitStack()
        stack.enter_context(throwaway_servers())
        early_config.add_cleanup(stack.close)
    return (yield)
