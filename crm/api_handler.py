"""Calls the API's views with nothing of the pages around them: no session, no language, no form's token, no cookie."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from django.core.handlers.base import BaseHandler
from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse

from crm.api_errors import refusal_of

Answer = Callable[[HttpRequest], HttpResponse]


class ApiHandler(BaseHandler):
    """What Django does inside of all middleware: find the view, open its transaction, call it, heed its exception."""

    _view_middleware: ClassVar[list[object]] = []
    _template_response_middleware: ClassVar[list[object]] = []
    _exception_middleware: ClassVar = [lambda _request, exception: refusal_of(exception)]

    def __init__(self) -> None:
        super().__init__()
        self.answer: Answer = convert_exception_to_response(self._get_response)  # type: ignore[attr-defined, assignment]
