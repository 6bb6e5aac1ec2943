"""A test client that enforces the house rules on every page it is given."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.test import Client

INLINE = re.compile(r"<[^>]+\s(on[a-z]+|style)\s*=", re.IGNORECASE)
# Where the tags of a message's text may stand.
WRITTEN_BY_PEOPLE = re.compile(r'`[^`]*`|<textarea.*?</textarea>|<code>.*?</code>|\bvalue="[^"]*"', re.DOTALL)
INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", re.IGNORECASE)


class Browser(Client):
    """Paths are relative to `prefix` (the workspace). On-commit hooks run, as after a real request."""

    prefix = ""

    def request(self, **request: Any) -> Any:
        path = request.get("PATH_INFO", "/")
        if self.prefix and not path.startswith(("/w/", "/accounts/", "/api/", "/p/", "//")):
            request["PATH_INFO"] = self.prefix + path
        response = super().request(**request)
        _run_commit_hooks()
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        # A message in its sandbox may look as it likes; it can do nothing.
        if is_page and "sandbox" not in response.headers.get("Content-Security-Policy", ""):
            refuse_bad_markup(response.content.decode())
        return response


def refuse_bad_markup(page: str) -> None:
    assert not INLINE.search(page), f"inline handler or style: {INLINE.search(page)}"
    assert not INLINE_SCRIPT.search(page), f"inline script: {INLINE_SCRIPT.search(page)}"
    page = WRITTEN_BY_PEOPLE.sub("", page)
    assert "{{" not in page, f"unrendered template: {page[max(0, page.index('{{') - 80) : page.index('{{') + 80]}"


def _run_commit_hooks() -> None:
    connection = transaction.get_connection()
    hooks, connection.run_on_commit = connection.run_on_commit, []
    for _, hook, _ in hooks:
        hook()
