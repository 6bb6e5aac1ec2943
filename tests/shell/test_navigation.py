from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Role, User
from crm.navigation import CUSTOMER_SEARCH, SECTIONS, _page
from tests.client import Browser
from tests.conftest import signed_in


def labels_of(browser: Browser, path: str = "/") -> list[str]:
    navigation = browser.get(path).context["navigation"]
    return [str(entry.label) for section in navigation.sections for entry in section.entries]


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (Role.OWNER, ["Overview", "Customers", "API keys"]),
        (Role.MARKETER, ["Overview", "Customers"]),
        (Role.AGENT, ["Overview", "Customers"]),
        (Role.ANALYST, ["Overview", "Customers"]),
    ],
)
def test_navigation_shows_the_pages_that_the_role_may_open(
    member: Callable[[Role], User], role: Role, expected: list[str]
) -> None:
    assert labels_of(signed_in(member(role))) == expected


@pytest.mark.usefixtures("pages")
@pytest.mark.parametrize(
    ("path", "current"), [("/", "Overview"), ("/customers/", "Customers"), ("/customers/7/", "Customers")]
)
def test_navigation_marks_the_page_one_is_on_or_below(owner_browser: Browser, path: str, current: str) -> None:
    navigation = owner_browser.get(path).context["navigation"]

    assert [str(entry.label) for section in navigation.sections for entry in section.entries if entry.is_current] == [
        current
    ]


@pytest.mark.usefixtures("pages")
def test_navigation_leads_into_the_workspace(owner_browser: Browser) -> None:
    page = owner_browser.get("/customers/7/").content.decode()

    assert 'href="/w/bakery/customers/" aria-current="page"' in page


def test_sections_and_shortcuts_are_told_apart() -> None:
    keys = [entry.key for section in SECTIONS for entry in section.entries if entry.key]
    names = [entry.url_name for section in SECTIONS for entry in section.entries]

    assert len(keys) == len(set(keys))
    assert len(names) == len(set(names))


def test_every_entry_has_a_page_that_names_its_permission() -> None:
    _page.cache_clear()
    names = {entry.url_name for section in SECTIONS for entry in section.entries} | {CUSTOMER_SEARCH}

    assert {name for name in names if _page(name)[1] is None} == set()


@pytest.mark.usefixtures("pages")
def test_the_shell_of_a_page_costs_no_query(owner_browser: Browser) -> None:
    with CaptureQueriesContext(connection) as without_shell:
        owner_browser.get("/plain/")
    with CaptureQueriesContext(connection) as with_shell:
        owner_browser.get("/customers/")

    assert len(with_shell) == len(without_shell)
