"""Where the rows of the access matrix are played: two workspaces, with somebody of each kind before them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import HttpResponse
from django.urls import get_resolver, reverse

from accounts.models import Role, Workspace
from accounts.scope import workspace_scope
from tests.architecture import access
from tests.architecture.access.everything import fingerprint
from tests.architecture.access.rows import Kwargs, Row
from tests.client import Browser
from tests.conftest import member_of
from tests.factories.accounts import WorkspaceFactory


def all_rows() -> dict[str, Row]:
    modules = [f"{access.__name__}.{module.name}" for module in pkgutil.iter_modules(access.__path__)]
    return {
        name: row for module in modules for name, row in getattr(importlib.import_module(module), "ROWS", {}).items()
    }


def named_urls() -> dict[str, Callable[..., HttpResponse]]:
    """Every named URL of a workspace with its view."""
    found = {}
    for resolver in get_resolver(settings.WORKSPACE_URLCONF).url_patterns:
        for pattern in getattr(resolver, "url_patterns", [resolver]):
            space = getattr(resolver, "app_name", None)
            found[f"{space}:{pattern.name}" if space else pattern.name] = pattern.callback
    return found


ROWS = all_rows()
URLS = named_urls()


class Street:
    """Two workspaces, with a browser for anybody: the bakery's members by role, the florist's owner, a passer-by."""

    def __init__(self) -> None:
        self.bakery: Workspace = WorkspaceFactory(name="Bakery", slug="bakery")
        self.florist: Workspace = WorkspaceFactory(name="Florist", slug="florist")
        self.members = {role: member_of(self.bakery, role) for role in Role}
        self.stranger = member_of(self.florist, Role.OWNER)
        self.browser = cache(self._browser)

    def _browser(self, user: Any) -> Browser:
        browser = Browser(raise_request_exception=True)
        browser.prefix = f"/w/{self.bakery.slug}"
        if user is not None:
            browser.force_login(user)
        return browser

    def fingerprint(self) -> dict[str, str]:
        return fingerprint(self.bakery, self.florist)


@contextmanager
def undone() -> Iterator[None]:
    """What a case leaves behind goes before the next one."""
    point = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


def address(name: str, row: Row, kwargs: Kwargs) -> str:
    path = reverse(name, urlconf=settings.WORKSPACE_URLCONF, kwargs=kwargs)
    return f"{path}?{row.query}" if row.query else path


def attempts(row: Row) -> list[str]:
    return ["get"] * row.get + ["post"] * (row.post is not None)


def send(browser: Browser, method: str, path: str, data: Any) -> Any:
    if method == "get":
        return browser.get(path)
    for value in data.values() if isinstance(data, dict) else ():
        if isinstance(value, SimpleUploadedFile):
            value.seek(0)  # whoever was before has read it
    return browser.post(path, data)


def made(street: Street, row: Row, workspace: Workspace) -> tuple[Kwargs, Any]:
    """The row's objects in a workspace, and the data that would be posted to them."""
    with workspace_scope(workspace, actor=f"user:{street.members[Role.OWNER].pk}"):
        kwargs = row.make()
        return kwargs, row.post(kwargs) if row.post else None
