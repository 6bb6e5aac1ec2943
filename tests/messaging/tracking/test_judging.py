from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from accounts.agents import is_machine
from messaging.models import Trace
from messaging.tracking.judging import JUDGED_AFTER, machines_among, ripe_among

LEFT = datetime(2026, 5, 1, 9, tzinfo=UTC)
SAFARI = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def traces(*found: tuple[str, float]) -> list[Trace]:
    """Of links, seconds after the message left."""
    return [
        Trace(pk=number, workspace_id=1, link=link, is_machine=False, at=LEFT + timedelta(seconds=seconds))
        for number, (link, seconds) in enumerate(found, start=1)
    ]


@pytest.mark.parametrize(
    ("found", "machines"),
    [
        ([("1", 60.0)], set()),
        ([("", 60.0), ("1", 65.0), ("2", 68.0)], set()),
        ([("1", 4.9), ("", 2.0)], {1, 2}),
        ([("1", 60.0), ("1", 60.3)], set()),
        ([("1", 60.0), ("2", 60.9)], {1, 2}),
        ([("1", 60.0), ("2", 60.9), ("3", 61.8), ("4", 120.0)], {1, 2, 3}),
        ([("1", 58.0), ("0", 60.0), ("", 110.0), ("2", 125.0)], {1, 2, 3}),
        ([("", 60.0), ("1", 60.2)], set()),
    ],
)
def test_scanners_are_told_by_how_they_follow(found: list[tuple[str, float]], machines: set[int]) -> None:
    assert machines_among(traces(*found), left_at=LEFT, trapped_at=[]) == machines


def test_an_earlier_fall_for_the_trap_counts() -> None:
    found = traces(("1", 60.0), ("1", 200.0))

    assert machines_among(found, left_at=LEFT, trapped_at=[LEFT + timedelta(seconds=30)]) == {1}


def test_nobody_reads_what_has_not_left() -> None:
    assert machines_among(traces(("1", 60.0)), left_at=None, trapped_at=[]) == {1}


def test_whoever_never_ends_is_judged_all_the_same() -> None:
    found = traces(*((str(number % 3), 100 + number * 0.9) for number in range(1, 70)))
    now = found[-1].at + timedelta(seconds=1)

    assert ripe_among(found[10:], now=now) == set()
    assert {each.pk for each in found if each.link != "0" and each.at <= now - JUDGED_AFTER} == ripe_among(
        found, now=now
    )


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"User-Agent": SAFARI}, False),
        ({"User-Agent": "Mozilla/5.0 (Linux; Android 9; CUBOT X19) AppleWebKit/537.36"}, False),
        ({"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; ms-office)"}, False),
        ({}, True),
        ({"User-Agent": "Mozilla/5.0"}, True),
        (
            {"User-Agent": "Mozilla/5.0 (Windows NT 5.1) Firefox/11.0 (via ggpht.com GoogleImageProxy)"},
            True,
        ),
        ({"User-Agent": "YahooMailProxy; https://help.yahoo.com"}, True),
        ({"User-Agent": "Barracuda Sentinel (EE)"}, True),
        ({"User-Agent": "python-requests/2.31"}, True),
        ({"User-Agent": "Mozilla/5.0 HeadlessChrome/120"}, True),
        ({"User-Agent": "Slackbot-LinkExpanding 1.0"}, True),
        ({"User-Agent": SAFARI, "Sec-Purpose": "prefetch;prerender"}, True),
        ({"User-Agent": SAFARI, "X-Purpose": "preview"}, True),
    ],
)
def test_machines_are_told_by_what_they_say(headers: dict[str, str], expected: bool) -> None:  # noqa: FBT001
    assert is_machine(headers) is expected
