from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from accounts.models import Workspace
from tests.client import Browser
from tests.factories.api_keys import EVERY_SCOPE, make_api_key

PREFIX = "/api/v1"
NO_BODY = object()


class ApiClient(Browser):
    """A program with a key. Paths are below `/api/v1`; bodies are JSON unless they are bytes."""

    def __init__(self, secret: str = "") -> None:
        headers = {"Authorization": f"Bearer {secret}"} if secret else {}
        super().__init__(headers=headers)

    def send(self, method: str, path: str, body: Any = NO_BODY, **extra: Any) -> Any:
        content: dict[str, Any] = {}
        if body is not NO_BODY:
            content = {"data": body if isinstance(body, bytes) else json.dumps(body)}
            content["content_type"] = "application/json"
        return getattr(super(), method)(PREFIX + path, **content, **extra)

    def ask(self, path: str, **parameters: Any) -> Any:
        return super().get(PREFIX + path, parameters)

    def tell(self, path: str, body: Any, **extra: Any) -> Any:
        return self.send("post", path, body, **extra)

    def change(self, path: str, body: Any, **extra: Any) -> Any:
        return self.send("patch", path, body, **extra)

    def remove(self, path: str) -> Any:
        return self.send("delete", path)


def api_client(workspace: Workspace, *, scopes: Sequence[str] = EVERY_SCOPE) -> ApiClient:
    return ApiClient(make_api_key(workspace, scopes=scopes))


@pytest.fixture
def shop(workspace: Workspace) -> ApiClient:
    """The bakery's shop system, with a key for everything."""
    return api_client(workspace)


@pytest.fixture
def other_shop(other_workspace: Workspace) -> ApiClient:
    return api_client(other_workspace)
