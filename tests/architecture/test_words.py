"""All words are translatable: on no page does anybody read a text that a translator could not reach."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from accounts.models import Role
from accounts.scope import workspace_scope
from tests.architecture.access.imports import LINES
from tests.architecture.access.rows import Row
from tests.architecture.access.street import ROWS, Street, address, undone
from tests.architecture.words import CLOSE, OPEN, Data, mark_words, plain_texts
from tests.client import Browser

# Letters to customers, as their writer wrote them.
LETTERS = {
    "messaging:campaign_letter",
    "messaging:message_html",
    "messaging:greeting_preview",
    "messaging:template_html",
    "messaging:template_preview",
}
PAGES = sorted(set(ROWS) - LETTERS)
AUDITED = [
    *("accounts:workspace_settings", "accounts:workspace_logo", "accounts:logo_removal", "accounts:member_role"),
    *("accounts:member_removal", "accounts:api_key_list", "accounts:api_key_revocation", "accounts:member_list"),
    *("accounts:invitation_revocation", "messaging:suppression_list"),
]


@pytest.fixture
def data(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Data]:
    mark_words(monkeypatch)
    data = Data()
    data.add([cell for line in LINES for cell in line.split(",")])
    with data.gathered():
        yield data


@pytest.fixture
def street(data: Data) -> Street:
    return Street()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_nothing_that_cannot_be_translated(street: Street, data: Data, name: str) -> None:
    row = ROWS[name]
    kwargs, filled_in = made(street, row)
    data.add(filled_in)

    plain = set[str]()
    for answer in answers(street.browser(street.members[Role.OWNER]), row, address(name, row, kwargs), filled_in):
        plain |= plain_in(answer, data)

    assert not plain


def test_the_audit_trail_can_be_translated(street: Street, data: Data) -> None:
    owner = street.browser(street.members[Role.OWNER])
    for name in AUDITED:
        kwargs, filled_in = made(street, ROWS[name])
        data.add(filled_in)
        owner.post(address(name, ROWS[name], kwargs), filled_in)

    page = owner.get("/settings/audit/")

    assert page.content.decode().count("<tr>") > len(AUDITED)
    assert not plain_in(page, data)


@pytest.mark.parametrize(
    ("page", "plain"),
    [
        (f"<p>{OPEN}Ordered by {CLOSE}Maria</p>", []),
        ("<p>Ordered by Maria</p>", ["'Ordered by Maria' in <p>"]),
        (f"<p>{OPEN}Dear <b>Maria</b>, hello{CLOSE} 3 · 4.50</p>", []),
        ("<p>Ma<wbr>ria</p>", []),
        ('<span class="mark">CB</span><img class="mark"><p>Hello</p>', ["'Hello' in <p>"]),
        ('<a title="Open">…</a>', ["'Open' in a title"]),
        ('<input type="submit" value="Go"><input value="typed">', ["'Go' in input value"]),
        ("<kbd>Ctrl</kbd><script>let word;</script>Rapport", []),
    ],
)
def test_what_counts_as_plain(page: str, plain: list[str]) -> None:
    data = Data()
    data.add(["Maria"])

    assert plain_texts(page, data) == plain


def made(street: Street, row: Row) -> tuple[dict[str, Any], Mapping[str, Any]]:
    with workspace_scope(street.bakery, actor=f"user:{street.members[Role.OWNER].pk}"):
        kwargs = row.make()
        return kwargs, row.post(kwargs) if row.post else {}


def answers(browser: Browser, row: Row, path: str, filled_in: Mapping[str, Any]) -> Iterator[Any]:
    """The page itself, the page that says what a form still lacks, and the page that says what was done."""
    if row.get:
        yield browser.get(path)
    if row.post is not None:
        if filled_in:
            with undone():
                yield browser.post(path, {}, follow=True)
        yield browser.post(path, filled_in, follow=True)


def plain_in(answer: Any, data: Data) -> set[str]:
    """Of a page; a file has no readers."""
    is_page = answer.headers.get("Content-Type", "").startswith("text/html") and not answer.streaming
    return set(plain_texts(answer.content.decode(), data)) if is_page else set()
