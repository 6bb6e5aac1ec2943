from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import Doorbell, Workspace
from accounts.public_ids import encode_id
from customers.actions import (
    add_customer,
    archive_attribute,
    archive_customer,
    define_attribute,
    edit_customer,
    erase_customer,
    merge_customers,
    remove_tag,
    restore_attribute,
    tag_customer,
    untag_customer,
)
from customers.actions.segments import (
    add_segment,
    archive_segment,
    change_segment,
    keep_segments,
    list_customers,
    restore_segment,
    unlist_customers,
)
from customers.models import Customer, Segment, SegmentMembership, Tag
from customers.models.attributes import AttributeKind
from customers.refusals import SegmentInUse, SegmentTaken, ValueRefused
from customers.segments import membership
from customers.segments.definitions import DefinitionRefused, Group, definition_of
from customers.segments.membership import follow
from customers.tasks import keep_segments_current
from messaging.actions import (
    Evidence,
    end_pause,
    give_consent,
    pause_messages,
    withdraw_consent,
    write_as_it_comes,
    write_less_often,
)
from messaging.models import ConsentSource
from messaging.tasks import end_pauses
from sales.actions import place_order
from sales.actions.lines import NewLine
from tests.customers.segments.told import saved
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import TopicFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

CountQueries = Callable[[int], AbstractContextManager[object]]
Drained = Callable[[], AbstractContextManager[None]]
MORNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


def rule(field: str, operator: str, value: Any = None, **more: Any) -> Group:
    condition = {"field": field, "is": operator, "value": value, **more}
    return definition_of({"match": "all", "rules": [{k: v for k, v in condition.items() if v is not None}]})


def members(segment: Segment) -> set[Customer]:
    segment.refresh_from_db()
    found = {each.customer for each in SegmentMembership.objects.filter(segment=segment).select_related("customer")}
    assert segment.members_count == len(found)
    return found


def told(kind: str, segment: Segment) -> list[int | None]:
    events = Event.objects.filter(kind=kind, payload__segment_id=segment.pk).order_by("pk")
    return list(events.values_list("customer_id", flat=True))


def test_a_new_segment_is_built_of_everybody_whom_its_rule_means_without_telling_that_they_came(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(membership, "AT_ONCE", 2)
    berliners = [CustomerFactory(city="Berlin") for _ in range(5)]
    CustomerFactory(city="Bonn")
    segment = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))

    keep_segments(workspace)

    assert members(segment) == set(berliners)
    assert not segment.is_building
    assert told("SegmentEntered", segment) == []
    assert Event.objects.get(kind="SegmentBuilt").payload == {"segment_id": segment.pk, "members_count": 5}


def test_customers_come_and_go_as_things_happen_to_them(workspace: Workspace, drained: Drained) -> None:
    maria = CustomerFactory()
    tag = tag_customer(CustomerFactory(), name="loyal")
    segment = add_segment(name="Loyal", definition=rule("tag", "any_of", [encode_id("tag", tag.pk)]))
    keep_segments(workspace)

    with drained():
        tag_customer(maria, name="loyal")
    came = members(segment)
    with drained():
        untag_customer(maria, tag)

    assert maria in came
    assert maria not in members(segment)
    assert (told("SegmentEntered", segment), told("SegmentLeft", segment)) == ([maria.pk], [maria.pk])


def test_an_order_counts_before_the_facts_have_heard_of_it(workspace: Workspace, drained: Drained) -> None:
    maria = CustomerFactory()
    segment = add_segment(name="Buyers", definition=rule("orders", "at_least", 1))
    keep_segments(workspace)

    with drained():
        place_order(customer=maria, placed_at=MORNING, lines=[NewLine(description="Rye loaf", unit_price_minor=450)])

    assert members(segment) == {maria}


@pytest.mark.parametrize("leave", [archive_customer, erase_customer])
def test_whoever_is_archived_or_erased_leaves(
    workspace: Workspace, drained: Drained, leave: Callable[[Customer], object]
) -> None:
    maria = CustomerFactory(city="Berlin")
    ruled = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    keep_segments(workspace)

    with drained():
        leave(maria)

    assert members(ruled) == set()


def test_the_survivor_of_a_merge_takes_the_others_place(workspace: Workspace, drained: Drained) -> None:
    maria, twin = CustomerFactory(city="Bonn"), CustomerFactory(city="Berlin", name="Mary")
    ruled = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    by_hand = add_segment(name="Guests")
    list_customers(by_hand, [twin.pk])
    keep_segments(workspace)

    with drained():
        merge_customers(survivor=maria, absorbed=twin)

    assert members(ruled) == set()
    assert members(by_hand) == {maria}


def test_at_midnight_the_new_day_turns_customers(workspace: Workspace) -> None:
    with time_machine.travel(MORNING, tick=False):
        maria = CustomerFactory(birth_monthday=308)
        tom = CustomerFactory(birth_monthday=301)
        segment = add_segment(name="Soon", definition=rule("birthday", "in_next", 7))
        keep_segments(workspace)
        assert members(segment) == {tom}

    with time_machine.travel(MORNING + timedelta(days=1), tick=False):
        keep_segments(workspace)

    assert members(segment) == {maria}
    assert (told("SegmentEntered", segment), told("SegmentLeft", segment)) == ([maria.pk], [tom.pk])


def test_nobody_is_looked_at_twice_on_a_day(workspace: Workspace) -> None:
    segment = add_segment(name="Soon", definition=rule("birthday", "in_next", 7))
    keep_segments(workspace)
    built = Event.objects.filter(kind="SegmentBuilt").count()

    keep_segments(workspace)

    assert Event.objects.filter(kind="SegmentBuilt").count() == built == 1
    segment.refresh_from_db()
    assert segment.checked_on == membership.local_today()


def test_a_new_rule_builds_anew(workspace: Workspace) -> None:
    berliner, bonner = CustomerFactory(city="Berlin"), CustomerFactory(city="Bonn")
    segment = add_segment(name="Town", definition=rule("city", "equals", "Berlin"))
    keep_segments(workspace)
    assert members(segment) == {berliner}

    change_segment(segment, name="Town", definition=rule("city", "equals", "Bonn"))
    keep_segments(workspace)

    assert members(segment) == {bonner}


def test_a_segment_of_segments_follows_them(workspace: Workspace, drained: Drained) -> None:
    maria = CustomerFactory(city="Bonn")
    inner = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    outer = add_segment(name="Not Berlin", definition=rule("segment", "none_of", [encode_id("seg", inner.pk)]))
    keep_segments(workspace)
    assert members(outer) == {maria}

    with drained():
        edit_customer(maria, city="Berlin")

    assert members(inner) == {maria}
    assert members(outer) == set()


def test_a_segment_can_not_ask_for_itself_by_way_of_another() -> None:
    first = add_segment(name="First", definition=rule("city", "equals", "Berlin"))
    second = add_segment(name="Second", definition=rule("segment", "any_of", [encode_id("seg", first.pk)]))

    with pytest.raises(DefinitionRefused, match="itself"):
        change_segment(first, name="First", definition=rule("segment", "any_of", [encode_id("seg", second.pk)]))


def test_a_segment_that_another_asks_for_stays() -> None:
    first = add_segment(name="First", definition=rule("city", "equals", "Berlin"))
    add_segment(name="Second", definition=rule("segment", "any_of", [encode_id("seg", first.pk)]))

    with pytest.raises(SegmentInUse, match="Second"):
        archive_segment(first)


def test_a_rule_on_an_archived_attribute_says_so_and_goes_on_when_it_is_back(
    workspace: Workspace, drained: Drained
) -> None:
    vip = define_attribute(label="VIP", kind=AttributeKind.FLAG)
    maria = CustomerFactory()
    edit_customer(maria, attributes={"vip": True})
    segment = add_segment(name="VIP", definition=rule("attribute.vip", "is_true"))
    keep_segments(workspace)

    with drained():
        archive_attribute(vip)
    assert members(segment) == {maria}
    assert "attribute.vip" in segment.fault

    with drained():
        restore_attribute(vip)
        archive_customer(maria)
    keep_segments(workspace)

    assert (members(segment), segment.fault) == (set(), "")


def test_a_rule_on_a_tag_that_was_deleted_says_so(workspace: Workspace, drained: Drained) -> None:
    maria = CustomerFactory()
    tag = tag_customer(maria, name="loyal")
    segment = add_segment(name="Loyal", definition=rule("tag", "any_of", [encode_id("tag", tag.pk)]))
    keep_segments(workspace)

    with drained():
        while not remove_tag(tag):
            pass

    assert members(segment) == {maria}
    assert "is not there" in segment.fault


def test_a_rule_on_an_archived_segment_is_refused_and_one_that_comes_back_to_it_says_so(
    workspace: Workspace,
) -> None:
    berlin = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    asks = rule("segment", "any_of", [encode_id("seg", berlin.pk)])
    asking = archive_segment(add_segment(name="Of Berlin", definition=asks))
    archive_segment(berlin)

    with pytest.raises(DefinitionRefused, match="is not there"):
        add_segment(name="Others of Berlin", definition=asks)
    restore_segment(asking)
    keep_segments(workspace)

    asking.refresh_from_db()
    assert "is not there" in asking.fault


def test_a_segment_can_not_ask_for_itself() -> None:
    segment = add_segment(name="First", definition=rule("city", "equals", "Berlin"))

    with pytest.raises(DefinitionRefused, match="itself"):
        change_segment(segment, name="First", definition=rule("segment", "any_of", [encode_id("seg", segment.pk)]))


def test_a_segment_may_mean_everybody_or_nobody(workspace: Workspace, drained: Drained) -> None:
    everybody = add_segment(name="All", definition=rule("name", "is_known"))
    nobody = add_segment(name="None", definition=rule("birth_year", "between", [1, 2]))
    everyone = {CustomerFactory() for _ in range(3)}

    keep_segments(workspace)
    with drained():
        newcomer = add_customer(name="Newcomer", source="hand")

    assert members(everybody) == {*everyone, newcomer}
    assert members(nobody) == set()


def test_customers_follow_what_is_told_of_them_and_what_they_agree_to(workspace: Workspace, drained: Drained) -> None:
    maria = CustomerFactory()
    topic = TopicFactory(key="news")
    savers = add_segment(name="Savers", definition=rule("custom.Recipe saved", "at_least", 1))
    readers = add_segment(name="Readers", definition=rule("consent", "given", ["news"]))
    keep_segments(workspace)

    with drained():
        saved(maria)
        give_consent(maria, [topic], evidence=Evidence(source=ConsentSource.STAFF))
    assert (members(savers), members(readers)) == ({maria}, {maria})

    with drained():
        withdraw_consent(maria, [topic], evidence=Evidence(source=ConsentSource.STAFF))
    assert members(readers) == set()


def test_customers_follow_how_often_they_want_to_be_written_to(workspace: Workspace, drained: Drained) -> None:
    maria, tom = CustomerFactory(), CustomerFactory()
    paused = add_segment(name="Paused", definition=rule("paused", "is_true"))
    others = add_segment(name="Others", definition=rule("less_often", "is_false"))
    with time_machine.travel(MORNING, tick=False):
        back_soon = add_segment(name="Back soon", definition=rule("paused_until", "in_next", 7))
        keep_segments(workspace)
        with drained():
            pause_messages(maria, days=30)
            pause_messages(tom, days=60)
            write_less_often(tom)
        assert (members(paused), members(others), members(back_soon)) == ({maria, tom}, {maria}, set())
        with drained():
            end_pause(tom)
            write_as_it_comes(tom)
        assert (members(paused), members(others)) == ({maria}, {maria, tom})

    with time_machine.travel(MORNING + timedelta(days=25), tick=False):
        keep_segments(workspace)
        assert members(back_soon) == {maria}
    with time_machine.travel(MORNING + timedelta(days=30), tick=False):
        with drained():
            end_pauses.run(workspace)
        assert (members(paused), members(back_soon)) == (set(), set())


@pytest.mark.parametrize("people", [1, 3])
def test_what_happened_to_one_or_to_three_is_asked_in_as_many_statements(
    workspace: Workspace, people: int, django_assert_num_queries: CountQueries
) -> None:
    """A segment that hears none of it costs nothing, however many there are; one that does, the same for any batch."""
    tag = Tag.objects.create(name="loyal")
    named = rule("tag", "any_of", [encode_id("tag", tag.pk)])
    deaf = [add_segment(name=f"Deaf {n}", definition=rule("event.OrderPaid", "at_least", 1)) for n in range(3)]
    add_segment(name="Loyal", definition=named)
    keep_segments(workspace)
    for customer in [CustomerFactory() for _ in range(people)]:
        tag_customer(customer, name="loyal")
    events = list(Event.objects.filter(kind="CustomerTagged"))
    segments = list(Segment.objects.in_use().ruled())

    with django_assert_num_queries(8):
        follow(segments, events)

    assert SegmentMembership.objects.exclude(segment__in=deaf).count() == people


def test_a_list_is_kept_by_hand() -> None:
    maria, tom = CustomerFactory(), CustomerFactory()
    segment = add_segment(name="Guests")

    assert list_customers(segment, [maria.pk, tom.pk, maria.pk]) == 2
    assert list_customers(segment, [maria.pk]) == 0
    assert unlist_customers(segment, [tom.pk]) == 1

    assert members(segment) == {maria}
    assert told("SegmentLeft", segment) == [tom.pk]


def test_nobody_is_put_into_a_segment_with_a_rule() -> None:
    segment = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))

    with pytest.raises(ValueRefused, match="rule"):
        list_customers(segment, [CustomerFactory().pk])


def test_names_are_taken_once() -> None:
    add_segment(name="Guests")

    with pytest.raises(SegmentTaken, match="Guests"):
        add_segment(name=" Guests ")


def test_a_segment_that_is_brought_back_looks_at_everybody_anew(workspace: Workspace, drained: Drained) -> None:
    maria = CustomerFactory(city="Bonn")
    segment = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))
    keep_segments(workspace)
    archive_segment(segment)
    with drained():
        edit_customer(maria, city="Berlin")
    assert members(segment) == set()

    restore_segment(segment)
    keep_segments(workspace)

    assert members(segment) == {maria}


def test_a_worker_keeps_segments_and_rings_for_the_next_midnight(workspace: Workspace) -> None:
    workspace.zone = "Asia/Tokyo"
    workspace.save(update_fields=["zone"])
    segment = add_segment(name="Berlin", definition=rule("city", "equals", "Berlin"))

    with time_machine.travel(datetime(2026, 3, 1, 20, 0, tzinfo=UTC), tick=False):
        keep_segments_current.run(workspace)

    segment.refresh_from_db()
    assert not segment.is_building
    (ring,) = Doorbell.objects.filter(queue="segments")
    assert ring.due_at == datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
