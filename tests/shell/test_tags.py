from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.template import Context, Template
from django.urls import set_script_prefix
from django.utils import timezone, translation

from crm.templatetags import rapport


@pytest.mark.parametrize(
    ("minor", "currency", "language", "expected"),
    [
        (250031563, "USD", "en", "$2,500,315.63"),
        (-500, "EUR", "en", "-€5.00"),
        (1500, "JPY", "en", "¥1,500"),
        (1234567, "EUR", "de", "12.345,67\xa0€"),
        (1500, "KWD", "en", "KWD1.500"),
        (None, "EUR", "en", ""),
    ],
)
def test_money_is_written_in_its_currency(minor: int | None, currency: str, language: str, expected: str) -> None:
    with translation.override(language):
        assert rapport.money(minor, currency) == expected


def test_numbers_and_shares_follow_the_language() -> None:
    with translation.override("de"):
        assert rapport.number(69659) == "69.659"
        assert rapport.percent(0.4887) == "48,9%"


def test_a_coming_day_needs_no_year() -> None:
    assert rapport.coming_day(date(2026, 11, 23)) == "Mon, Nov 23"


def test_an_instant_is_shown_in_the_zone_of_the_workspace() -> None:
    instant = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)

    with timezone.override("Europe/Berlin"):
        assert rapport.day(instant) == "Mar 2, 2026"
        assert rapport.moment(instant) == "Mar 2, 2026, 12:30\u202fAM"


def test_a_date_is_the_same_everywhere() -> None:
    with timezone.override("Pacific/Auckland"):
        assert rapport.day(date(2026, 2, 28)) == "Feb 28, 2026"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Amélie Roux", "AR"), ("ann.lee@mail.example", "AL"), ("李 娜", "李娜"), ("Cher", "C"), ("", ""), ("  ", "")],
)
def test_initials(name: str, expected: str) -> None:
    assert rapport.initials(name) == expected


def test_an_icon_without_a_label_is_decoration() -> None:
    assert 'aria-hidden="true"' in rapport.icon("users")
    assert 'aria-label="&lt;b&gt;"' in rapport.icon("users", "<b>")


def test_an_address_breaks_after_its_at_sign_and_carries_no_markup() -> None:
    assert rapport.breakable("naomi@mail.example") == "naomi@<wbr>mail.example"
    assert rapport.breakable("<b>@") == "&lt;b&gt;@<wbr>"
    assert rapport.breakable(7) == "7"


def test_public_pages_are_reached_from_inside_a_workspace() -> None:
    set_script_prefix("/w/bakery/")
    try:
        assert rapport.public_url("account_login") == "/accounts/login/"
        assert rapport.public_url("brand_css", "f5d90a") == "/brand/f5d90a.css"
        assert rapport.public_url("no_such_page") == ""
    finally:
        set_script_prefix("/")


def test_the_page_of_a_row_is_in_the_workspace_of_the_request() -> None:
    for slug in ("bakery", "florist"):
        set_script_prefix(f"/w/{slug}/")
        try:
            urls = [rapport.page_url(pk, "customers:customer_detail") for pk in (7, 12)]
        finally:
            set_script_prefix("/")
        assert urls == [f"/w/{slug}/customers/7/", f"/w/{slug}/customers/12/"]


def test_a_chart_brings_its_table() -> None:
    chart: dict[str, Any] = {
        "id": "revenue",
        "title": "Revenue",
        "category_label": "Month",
        "kind": "bar",
        "unit": "money",
        "currency": "USD",
        "categories": ["</script>"],
        "series": [{"name": "Shop", "values": [123456], "links": ["/orders/?month=1"]}],
    }

    page = Template('{% include "components/chart.html" %}').render(Context({"chart": chart}))

    assert '<a href="/orders/?month=1">$1,234.56</a>' in page
    assert page.count("</script>") == 1


def test_a_person_is_escaped_and_leads_to_their_page() -> None:
    shown = rapport.person("<b>Ann Lee", detail="a&b@mail.example", url="/customers/7/?a=1&b=2")

    assert shown == (
        '<div class="person"><span class="avatar-initials tint-6" aria-hidden="true">&lt;L</span>'
        '<div class="person-words"><a href="/customers/7/?a=1&amp;b=2" data-row-link>&lt;b&gt;Ann Lee</a>'
        "<small>a&amp;b@mail.example</small></div></div>"
    )


@pytest.mark.parametrize(("is_secondary", "expected"), [(True, '<a href="/x">Ann</a>'), (False, "data-row-link")])
def test_a_row_has_one_main_link(*, is_secondary: bool, expected: str) -> None:
    assert expected in rapport.person("Ann", url="/x", is_secondary=is_secondary)
    assert "<a" not in rapport.person("Ann", is_secondary=is_secondary)
