"""How much a request may bring: little, but on the page that takes files of imports. Programs: crm/api_gate.py."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from crm.views import too_large

_IMPORT_PAGE = re.compile(r"/w/[-a-z0-9_]+/imports/new/")
# What surrounds the file in its form.
_BESIDE_THE_FILE = 100_000


class BodyLimitMiddleware:
    """Refuses by the length that a request announces, before any of it is read: nothing is kept, not even for a moment.

    No more than was announced is ever read, and nothing of a body that announces no length.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _announced(request) > most_bytes(request.path_info):
            return too_large(request, is_import=_is_import(request.path_info))
        return self.get_response(request)


def most_bytes(path: str) -> int:
    if _is_import(path):
        return int(settings.IMPORT_MOST_BYTES) + _BESIDE_THE_FILE
    return settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0


def _is_import(path: str) -> bool:
    return _IMPORT_PAGE.fullmatch(path) is not None


def _announced(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0
