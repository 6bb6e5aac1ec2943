"""Words outside the workspaces are translatable too: public pages, signing in, and what is said when all else fails.

The pages about the API are left out: like the API's messages they are for programmers, in one language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.db.utils import InterfaceError
from django.http import HttpResponse
from django.test import RequestFactory
from psycopg2.errors import QueryCanceled

from accounts.models import Role, User
from accounts.scope import workspace_scope
from crm import views
from tests.architecture.access.street import Street
from tests.architecture.test_words import data, plain_in, street
from tests.architecture.words import Data
from tests.browser.listing import API_PAGES, NO_PAGE, public_addresses
from tests.client import Browser
from tests.factories.messaging import ConsentFactory, MessageFactory

__all__ = ["data", "street"]

PASSWORD = "sourdough rules 7"
UNREAD = NO_PAGE | {name.replace(":", "-") for name in API_PAGES} | {"healthz"}
# What a form takes; every other one is sent empty, which is what an unsubscribe link is sent.
FILLED_IN: dict[str, dict[str, Any]] = {
    "account_login": {"login": "nobody@mail.example", "password": PASSWORD},
    "account_signup": {
        "name": "Lina Haas",
        "workspace_name": "Haas & Daughters",
        "email": "lina@haas.example",
        "password1": PASSWORD,
        "zone": "Europe/Berlin",
        "currency": "EUR",
    },
    "account_reset_password": {"email": "nobody@mail.example"},
    "account_reset_password_from_key": {"password1": PASSWORD},
    "join": {"name": "Lina Haas", "email": "lina@haas.example"},
    "workspace_list": {"name": "Haas & Sons", "zone": "Europe/Berlin", "currency": "EUR"},
}
GONE = [
    "/p/unsubscribe/x/",
    "/p/preferences/x/",
    "/p/confirm/x/",
    "/accounts/invitation/x/",
    "/p/x/join/",
    "/p/nowhere/",
]


def test_a_public_page_says_nothing_that_cannot_be_translated(street: Street, data: Data) -> None:
    data.add([PASSWORD, *(value for form in FILLED_IN.values() for value in form.values())])
    owner, plain, read = street.members[Role.OWNER], set[str](), 0
    with workspace_scope(street.bakery):
        consent = ConsentFactory(topic__is_default=True)
        MessageFactory(customer=consent.customer, topic=consent.topic)

    forms = FILLED_IN | {"join": FILLED_IN["join"] | {"topics": [consent.topic_id]}}
    for name, address in public_addresses(street.bakery, owner):
        for browser in (Browser(), outside(owner)) if name not in UNREAD else ():
            for answer in answers(browser, address, forms.get(name, {})):
                read += 1
                plain |= {f"{name}: {text}" for text in plain_in(answer, data)}

    assert not plain, "\n".join(sorted(plain))
    assert read > 100  # nothing was left out by a mistake in here


def outside(user: User) -> Browser:
    """Signed in, and in no workspace yet."""
    browser = Browser()
    browser.force_login(user)
    return browser


def answers(browser: Browser, address: str, form: dict[str, Any]) -> Iterator[Any]:
    yield browser.get(address, follow=True)
    yield browser.post(address, {}, follow=True)
    if form:
        yield browser.post(address, form, follow=True)


@pytest.mark.parametrize("address", GONE)
def test_a_link_that_leads_nowhere_any_more(address: str, street: Street, data: Data) -> None:
    browser = street.browser(None)
    browser.raise_request_exception = False

    assert not plain_in(browser.get(address), data) | plain_in(browser.post(address), data)


def test_whoever_may_not_is_told_so(street: Street, data: Data) -> None:
    assert not plain_in(street.browser(street.members[Role.ANALYST]).get("/settings/"), data)
    left_open = street.browser(None).post("/w/bakery/customers/")
    assert left_open.status_code == 401
    assert not plain_in(left_open, data)


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: views.bad_request(request, Exception()),
        lambda request: views.permission_denied(request, PermissionDenied()),
        lambda request: views.page_not_found(request, Exception()),
        views.csrf_failure,
        views.server_error,
        lambda request: failed(request, InterfaceError()),
        lambda request: failed(request, OperationalError(), QueryCanceled()),
    ],
)
def test_an_error_page(answer: Callable[[Any], HttpResponse], rf: RequestFactory, data: Data) -> None:
    page = answer(rf.get("/"))

    assert page.status_code >= 400
    assert not plain_in(page, data)


def failed(request: Any, error: Exception, cause: Exception | None = None) -> HttpResponse:
    """The page that is made while the error is being answered."""
    try:
        raise error from cause  # noqa: TRY301  to be answered as Django does
    except Exception:  # noqa: BLE001  whichever it was
        return views.server_error(request)


def test_the_letters_of_signing_in(street: Street, data: Data) -> None:
    """Subjects and texts, without their addresses and links."""
    for address in ("nobody@mail.example", street.members[Role.OWNER].email):
        street.browser(None).post("/accounts/password/reset/", {"email": address})

    assert len(mail.outbox) == 2
    assert all(letter.subject.startswith("\N{MATHEMATICAL LEFT WHITE SQUARE BRACKET}") for letter in mail.outbox)
