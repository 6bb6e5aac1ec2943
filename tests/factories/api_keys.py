from __future__ import annotations

from collections.abc import Sequence

from accounts.actions.api_keys import create_api_key
from accounts.api_keys import ApiScope
from accounts.models import Workspace
from accounts.scope import workspace_scope

EVERY_SCOPE: Sequence[str] = tuple(ApiScope)


def make_api_key(workspace: Workspace, *, scopes: Sequence[str] = EVERY_SCOPE) -> str:
    """A usable key's secret, as the program that was given it sends it."""
    with workspace_scope(workspace):
        _, secret = create_api_key(name="Shop", scopes=scopes)
    return secret
