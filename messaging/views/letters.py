"""A message's HTML in a frame of its own: it may look as it likes and show pictures, and do nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp
from django.http import HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from customers.models import Customer
from messaging import queries

_POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["*", "data:"],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups"],
}
_HEAD = '<div style="padding:10px 16px;background:#f1f0ed;color:#222;font:14px/1.5 sans-serif">{}<br><b>{}</b></div>'


def in_a_sandbox(view: Callable[..., Any]) -> Any:
    return xframe_options_sameorigin(csp(_POLICY)(view))


def filled_in_for(words: str) -> tuple[Customer | None, str]:
    """The customer who is meant by what somebody typed, and whom a preview says that it is for."""
    sought = words.replace("\x00", "").strip()
    if not sought:
        return None, _("an invented customer")
    customer = queries.customer_named(sought)
    return customer, (customer.email or customer.name) if customer else _("nobody found by this name")


def letter(html: str, *, recipient: str, subject: str) -> HttpResponse:
    """With whom it is for and its subject on top; links open elsewhere."""
    head = format_html(_HEAD, recipient, subject)
    page, count = re.subn(r"(<body[^>]*>)", lambda body: body[1] + head, html, count=1)
    page = page.replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(page if count else head + html)


def letter_refused(words: str, *, status: int) -> HttpResponse:
    return HttpResponse(format_html(_HEAD, "", words), status=status)
