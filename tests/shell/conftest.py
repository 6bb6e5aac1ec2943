from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import override_settings

from crm.navigation import _page


@pytest.fixture
def pages() -> Iterator[None]:
    """The workspace has the pages of tests/shell/workspace_urls.py."""
    _page.cache_clear()
    with override_settings(WORKSPACE_URLCONF="tests.shell.workspace_urls"):
        yield
    _page.cache_clear()
