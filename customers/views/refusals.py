from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from customers.refusals import Refused


@contextmanager
def refusal_told(request: HttpRequest) -> Iterator[None]:
    """For a button without a form: the next page says why it could not be done."""
    try:
        yield
    except Refused as refused:
        messages.error(request, str(refused))
