from __future__ import annotations

from collections.abc import Collection

from accounts.requests import WorkspaceRequest


def chosen_sort(request: WorkspaceRequest, columns: Collection[str], *, default: str) -> str:
    """The sort in the query string, if it is by one of these columns."""
    sort = request.GET.get("sort", "")
    return sort if sort.removeprefix("-") in columns else default
