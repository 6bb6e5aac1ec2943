"""Newsletters: one run for each occurrence, whatever clocks do."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo, available_timezones

import pytest
import time_machine

from accounts.models import Workspace
from messaging.actions import add_template, rewrite_template
from messaging.actions.campaigns import (
    begin_due_occurrences,
    cancel_campaign,
    edit_campaign,
    launch_campaign,
    pause_campaign,
    plan_of,
    resume_campaign,
)
from messaging.local_mornings import first_instant
from messaging.models import Campaign, CampaignState, Repeats, SubscriptionTopic, Timing
from messaging.queries.readiness import problems_of
from messaging.schedules import days_from, starts_on
from tests.factories.campaigns import CampaignFactory
from tests.messaging.campaigns.crowd import at

NOTHING, HOUR = timedelta(), timedelta(hours=1)
YEARS = range(2024, 2031)
SLOTS = [time(minute // 60, minute % 60) for minute in range(0, 24 * 60, 15)]


def newsletter(topic: SubscriptionTopic, **fields: object) -> Campaign:
    fields = {"repeats": Repeats.WEEKLY, "repeat_day": 2, "send_time": time(9), "timing": Timing.WORKSPACE, **fields}
    return launch_campaign(CampaignFactory(topic=topic, **fields))


def runs(series: Campaign) -> list[date | None]:
    return list(Campaign.objects.filter(series=series).order_by("occurs_on").values_list("occurs_on", flat=True))


# The days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("repeats", "day", "first", "expected"),
    [
        (Repeats.WEEKLY, 1, "2026-03-25", ["2026-03-30", "2026-04-06"]),
        (Repeats.WEEKLY, 7, "2026-03-29", ["2026-03-29", "2026-04-05"]),
        (Repeats.MONTHLY, 31, "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (Repeats.MONTHLY, 29, "2028-02-01", ["2028-02-29", "2028-03-29"]),
        (Repeats.MONTHLY, 5, "2026-11-06", ["2026-12-05", "2027-01-05"]),
    ],
)
def test_the_days_on_which_it_occurs(
    workspace: Workspace, repeats: Repeats, day: int, first: str, expected: list[str]
) -> None:
    campaign = Campaign(repeats=repeats, repeat_day=day)

    days = islice(days_from(campaign, date.fromisoformat(first)), len(expected))

    assert [each.isoformat() for each in days] == expected


def transitions(zone: ZoneInfo) -> list[datetime]:
    """The hours within which the zone's offset changes, in UTC."""
    found = []
    instant = datetime(YEARS.start, 1, 1, tzinfo=UTC)
    end = datetime(YEARS.stop, 1, 1, tzinfo=UTC)
    step = timedelta(days=7)
    while instant < end:
        if instant.astimezone(zone).utcoffset() != (instant + step).astimezone(zone).utcoffset():
            hours = [instant + timedelta(hours=hour) for hour in range(7 * 24)]
            found += [
                hour
                for hour in hours
                if hour.astimezone(zone).utcoffset() != (hour + HOUR).astimezone(zone).utcoffset()
            ]
        instant += step
    return found


def distinct_zones() -> dict[tuple[datetime, ...], list[ZoneInfo]]:
    """Zones by when their clocks change; of those that change alike, by how much too."""
    found: dict[tuple[object, ...], ZoneInfo] = {}
    for name in sorted(available_timezones()):
        zone = ZoneInfo(name)
        changes = transitions(zone)
        around = [
            moment.astimezone(zone).utcoffset() for hour in changes for moment in (hour, hour + timedelta(hours=1))
        ]
        if changes:
            found.setdefault((*changes, *around), zone)
    by_changes: dict[tuple[datetime, ...], list[ZoneInfo]] = {}
    for key, zone in found.items():
        by_changes.setdefault(tuple(each for each in key if isinstance(each, datetime)), []).append(zone)
    return by_changes


def test_over_every_change_of_clocks_each_slot_occurs_exactly_once() -> None:
    """Day after day: each has one instant, later than that of the day before, and never before its time is shown."""
    looked_at = 0
    for changes, zones in distinct_zones().items():
        for zone in zones:
            for change in changes:
                day = change.astimezone(zone).date()
                for slot in SLOTS:
                    instants = [first_instant(day + timedelta(days=n), slot, zone) for n in (-2, -1, 0, 1, 2)]
                    assert instants == sorted(set(instants)), (zone, day, slot)
                    looked_at += 1
    assert looked_at > 10_000


def test_an_occurrence_is_never_before_its_time_and_at_most_a_gap_after_it() -> None:
    for changes, zones in distinct_zones().items():
        for zone in zones:
            for change in changes:
                day = change.astimezone(zone).date()
                for slot in SLOTS:
                    shown = first_instant(day, slot, zone).astimezone(zone).replace(tzinfo=None)
                    wanted = datetime.combine(day, slot)
                    # Samoa and Kwajalein have left out whole days, before these years; half an hour to two hours now.
                    assert wanted <= shown <= wanted + timedelta(days=1), (zone, day, slot)


# The runs ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe"])
def test_a_year_of_weeks_has_one_run_each_however_often_somebody_looks(
    workspace: Workspace, topic: SubscriptionTopic, zone: str
) -> None:
    with time_machine.travel(at("2026-01-01 00:00"), tick=False) as clock:
        series = newsletter(topic, zone=zone, send_time=time(2, 30), repeat_day=7)
        now = at("2026-01-01 00:00")
        while now < at("2027-01-01 00:00"):
            clock.move_to(now)
            begin_due_occurrences(now=now)
            begin_due_occurrences(now=now)
            now += timedelta(hours=11)

    sundays = [date(2026, 1, 4) + timedelta(weeks=week) for week in range(52)]
    assert runs(series) == sundays
    starts = Campaign.objects.filter(series=series).order_by("occurs_on").values_list("starts_at", flat=True)
    assert list(starts) == [first_instant(sunday, time(2, 30), ZoneInfo(zone)) for sunday in sundays]


def test_a_run_is_a_campaign_of_its_own(topic: SubscriptionTopic, workspace: Workspace) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False):
        series = newsletter(topic, holdout_percent=10, per_hour=600)

    [run] = begin_due_occurrences(now=at("2026-03-03 08:00"))

    assert (run.state, run.occurs_on, run.starts_at) == ("scheduled", date(2026, 3, 3), at("2026-03-03 08:00"))
    assert (run.holdout_percent, run.per_hour, run.topic, run.version) == (10, 600, series.topic, series.version)
    series.refresh_from_db()
    assert (series.state, series.occurs_on) == (CampaignState.SCHEDULED, date(2026, 3, 10))


@pytest.mark.parametrize(("needs_approval", "subject"), [(False, "New words"), (True, "Approved words")])
def test_words_that_nobody_approved_are_not_taken_over(
    topic: SubscriptionTopic,
    workspace: Workspace,
    needs_approval: bool,  # noqa: FBT001
    subject: str,
) -> None:
    template = add_template(name="News", subject="Approved words", body="Hello").template
    with time_machine.travel(at("2026-03-02 12:00"), tick=False):
        series = newsletter(topic, template=template)
    workspace.needs_approval = needs_approval
    workspace.save()
    rewrite_template(template, subject="New words", body="Hello")

    [run] = begin_due_occurrences(now=at("2026-03-03 08:00"))

    assert run.version is not None
    assert run.version.subject == subject
    told = [problem.text for problem in problems_of(series) if "approved again" in problem.text]
    assert len(told) == needs_approval


def test_a_long_name_leaves_room_for_the_day(topic: SubscriptionTopic, workspace: Workspace) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False):
        newsletter(topic, name="n" * 120)

    [run] = begin_due_occurrences(now=at("2026-03-03 08:00"))

    assert run.name == f"{'n' * 107} · 2026-03-03"


def test_what_was_missed_for_more_than_a_day_is_left_out(topic: SubscriptionTopic, workspace: Workspace) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False):
        series = newsletter(topic)

    begin_due_occurrences(now=at("2026-03-17 20:00"))

    assert runs(series) == [date(2026, 3, 17)]


def test_a_paused_newsletter_does_not_occur_and_a_resumed_one_goes_on(
    topic: SubscriptionTopic, workspace: Workspace
) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False) as clock:
        series = pause_campaign(newsletter(topic))
        assert begin_due_occurrences(now=at("2026-03-03 08:00")) == []
        clock.move_to(at("2026-03-04 08:00"))
        series = resume_campaign(series)
    assert series.occurs_on == date(2026, 3, 10)
    cancel_campaign(series)
    assert begin_due_occurrences(now=at("2026-03-10 08:00")) == []


def test_a_newsletter_put_off_on_its_day_goes_on_with_the_next(topic: SubscriptionTopic, workspace: Workspace) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False) as clock:
        series = newsletter(topic)
        begin_due_occurrences(now=at("2026-03-03 08:00"))
        clock.move_to(at("2026-03-03 11:00"))
        series = edit_campaign(series, replace(plan_of(series), send_time=time(18)))
        series = launch_campaign(series)

    begin_due_occurrences(now=at("2026-03-10 18:00"))

    assert series.occurs_on == date(2026, 3, 10)
    assert runs(series) == [date(2026, 3, 3), date(2026, 3, 10)]


def test_one_resumed_while_its_run_goes_round_the_clocks_goes_on_with_the_next_day(
    topic: SubscriptionTopic, workspace: Workspace
) -> None:
    with time_machine.travel(at("2026-03-02 08:00"), tick=False) as clock:
        series = newsletter(topic, timing=Timing.CUSTOMER)
        clock.move_to(at("2026-03-02 20:00"))
        begin_due_occurrences(now=at("2026-03-02 20:00"))
        series.refresh_from_db()
        series = resume_campaign(pause_campaign(series))

    assert runs(series) == [date(2026, 3, 3)]
    assert series.occurs_on == date(2026, 3, 10)


def test_a_day_that_has_its_run_is_passed_over(topic: SubscriptionTopic, workspace: Workspace) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False):
        series = newsletter(topic)
    begin_due_occurrences(now=at("2026-03-03 08:00"))
    Campaign.objects.filter(pk=series.pk).update(occurs_on=date(2026, 3, 3), starts_at=at("2026-03-03 08:00"))

    begin_due_occurrences(now=at("2026-03-10 08:00"))

    assert runs(series) == [date(2026, 3, 3), date(2026, 3, 10)]


def test_one_whose_run_fails_pauses_and_stops_no_other(topic: SubscriptionTopic, workspace: Workspace) -> None:
    with time_machine.travel(at("2026-03-02 12:00"), tick=False):
        failing, other = newsletter(topic), newsletter(topic)
    # No day comes after it.
    Campaign.objects.filter(pk=failing.pk).update(occurs_on=date.max)

    begin_due_occurrences(now=at("2026-03-03 08:00"))

    failing.refresh_from_db()
    assert (failing.state, failing.pause_reason) == (CampaignState.PAUSED, "not_ready")
    assert runs(other) == [date(2026, 3, 3)]


def test_by_each_customer_s_clock_it_begins_where_the_day_begins_first(
    topic: SubscriptionTopic, workspace: Workspace
) -> None:
    with time_machine.travel(at("2026-03-02 08:00"), tick=False):
        series = newsletter(topic, timing=Timing.CUSTOMER)

    assert series.starts_at == starts_on(series, date(2026, 3, 3), workspace.tzinfo) == at("2026-03-02 19:00")
