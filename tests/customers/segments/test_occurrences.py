"""What is asked of events, messages and consent, against the same counted by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.public_ids import encode_id
from accounts.scope import workspace_scope
from customers.actions import erase_customer, merge_customers
from customers.models import Customer, IngestedEvent
from customers.queries import field_catalogue
from customers.segments.compiling import Understood
from customers.segments.definitions import DefinitionRefused, definition_of
from customers.segments.fields import Frame
from messaging.api.campaigns import PREFIX
from messaging.models import Campaign, ConsentRecord, ContactWish, Message
from tests.customers.segments.street import TODAY, arrive, happenings, people
from tests.customers.segments.told import saved, tell
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory

pytestmark = pytest.mark.usefixtures("workspace")


TOKYO = ZoneInfo("Asia/Tokyo")
HOLDS: dict[str, Callable[[int, int], bool]] = {
    "at_least": lambda had, wanted: had >= wanted,
    "at_most": lambda had, wanted: had <= wanted,
    "equals": lambda had, wanted: had == wanted,
}


def found(raw: dict[str, Any], frame: Frame | None = None, *, match: str = "all") -> set[int]:
    rule = Understood(definition_of({"match": match, "rules": [raw]}))
    return set(rule.customers(frame or Frame(TODAY)).values_list("pk", flat=True))


def test_events_are_counted_as_one_would_by_hand_in_any_window_and_of_anybody(workspace: Workspace) -> None:
    """Among them those of two who were merged, one after the other, into a third."""
    chance = random.Random(5)
    workspace.zone = "Asia/Tokyo"
    workspace.save(update_fields=["zone"])
    with workspace_scope(workspace):
        street = [CustomerFactory() for _ in range(12)]
        told = happenings([each.pk for each in street], chance)
        tell(told)
        merge_customers(survivor=street[1], absorbed=street[0])
        merge_customers(survivor=street[2], absorbed=street[1])
        owner = {each.pk: each.pk for each in street} | {each.pk: street[2].pk for each in street[:2]}
        listed = {each.pk for each in street[2:]}
        some = chance.sample(sorted(listed), 6)

        for _ in range(60):
            name, days = chance.choice(("Recipe saved", "Plan chosen", "")), chance.choice((None, 1, 7, 30))
            operator, wanted = chance.choice(sorted(HOLDS)), chance.randint(0, 3)
            raw = {"field": f"custom.{name}" if name else "event.OrderPlaced", "is": operator, "value": wanted}
            raw |= {"within_days": days} if days else {}
            had = dict.fromkeys(listed, 0)
            for each in told:
                is_asked = (each.name == name and each.kind == "CustomEvent") if name else each.kind == "OrderPlaced"
                day = each.at.astimezone(TOKYO).date()
                if is_asked and (not days or TODAY - timedelta(days=days) < day <= TODAY):
                    had[owner[each.customer_id]] += 1
            expected = {pk for pk, count in had.items() if HOLDS[operator](count, wanted)}

            assert found(raw) == expected, raw
            assert found(raw, Frame(TODAY, some, is_raw=True)) == expected & set(some), raw
            assert found(raw, match="none") == listed - expected, raw


def test_events_of_another_workspace_count_for_nobody(other_workspace: Workspace) -> None:
    maria = CustomerFactory()
    saved(maria)
    with workspace_scope(other_workspace):
        stranger = CustomerFactory()
        saved(stranger)
        assert found({"field": "custom.Recipe saved", "is": "at_least", "value": 1}) == {stranger.pk}

    assert found({"field": "custom.Recipe saved", "is": "at_least", "value": 1}) == {maria.pk}


@pytest.mark.parametrize(
    ("asked", "is_met"),
    [
        ({"recipe": {"is": "equals", "value": "Rye"}}, True),
        ({"recipe": {"is": "equals", "value": "rye"}}, False),
        ({"recipe": {"is": "contains", "value": "RY"}}, True),
        ({"recipe": {"is": "any_of", "value": ["Oat", "Rye"]}}, True),
        ({"minutes": {"is": "at_least", "value": 12.5}}, True),
        ({"minutes": {"is": "at_most", "value": 12}}, False),
        ({"minutes": {"is": "equals", "value": "12.5"}}, True),
        ({"recipe": {"is": "at_least", "value": 1}}, False),
        ({"oven": {"is": "is_known"}}, False),
        ({"recipe": {"is": "is_known"}, "minutes": {"is": "at_least", "value": 13}}, False),
    ],
)
def test_a_property_is_asked_of_the_same_event(asked: dict[str, Any], is_met: bool) -> None:  # noqa: FBT001
    maria = CustomerFactory()
    saved(maria, minutes=12.5)
    raw = {"field": "custom.Recipe saved", "is": "at_least", "value": 1, "where": asked}

    assert (found(raw) == {maria.pk}) is is_met
    assert (found(raw, Frame(TODAY, [maria.pk])) == {maria.pk}) is is_met


@pytest.mark.parametrize(
    ("where", "path", "said"),
    [
        ({"minutes": 3}, "rules[0].where.minutes", "how the property compares"),
        ({"minutes": {"is": "near", "value": 3}}, "rules[0].where.minutes.is", "compared by one of"),
        ({"minutes": {"is": ["at_least"], "value": 3}}, "rules[0].where.minutes.is", "compared by one of"),
        ({"minutes": {"is": "at_least", "value": "3"}}, "rules[0].where.minutes.value", "number"),
        ({"": {"is": "is_known"}}, "rules[0].where", "has a name"),
        ({"a\0b": {"is": "is_known"}}, "rules[0].where", "has a name"),
    ],
)
def test_a_property_that_can_not_be_asked_says_where_and_why(where: dict[str, Any], path: str, said: str) -> None:
    with pytest.raises(DefinitionRefused, match=said) as refused:
        found({"field": "custom.Recipe saved", "is": "at_least", "value": 1, "where": where})

    assert refused.value.path == path


@pytest.mark.parametrize("field", ["event.SegmentEntered", "event.CustomEvent", "event.Nothing", "event.", "custom."])
def test_only_what_happens_to_customers_can_be_asked(field: str) -> None:
    with pytest.raises(DefinitionRefused, match="nothing that can be asked"):
        found({"field": field, "is": "at_least", "value": 1})


def test_the_builder_offers_what_the_shop_told_lately_with_its_properties() -> None:
    saved(CustomerFactory())

    offered = {field["key"]: field["properties"] for field in field_catalogue()}

    assert offered["custom.Recipe saved"] == ["minutes", "recipe"]
    assert offered["event.OrderPlaced"] == ["value_minor"]
    assert offered["city"] is None


def test_what_was_erased_stands_in_nobody_s_way() -> None:
    """An erasure blanks the words of events, the keys of what was told among them."""
    maria, tom = CustomerFactory(), CustomerFactory()
    for customer in (maria, tom):
        saved(customer, minutes=90)
    erase_customer(maria)

    asked = {"field": "custom.Recipe saved", "is": "at_least", "value": 1, "where": {"minutes": {"is": "is_known"}}}
    assert found(asked) == {tom.pk}
    assert found({"field": "event.OrderPlaced", "is": "at_most", "value": 0}) == {tom.pk}
    assert [field["key"] for field in field_catalogue() if field["key"].startswith("custom")] == ["custom.Recipe saved"]


@pytest.mark.parametrize("told", ['{"minutes": "a\\u0000b"}', '{"minutes": 1e999999}', ""])
def test_what_postgres_can_not_read_stands_in_nobody_s_way(told: str) -> None:
    maria, tom = CustomerFactory(), CustomerFactory()
    saved(maria)
    IngestedEvent.objects.update(properties=told)
    saved(tom)

    asked = {"field": "custom.Recipe saved", "is": "at_least", "value": 1, "where": {"minutes": {"is": "is_known"}}}
    assert found(asked) == {tom.pk}
    assert found(asked, Frame(TODAY, [maria.pk, tom.pk])) == {tom.pk}
    offered = {field["key"]: field["properties"] for field in field_catalogue()}
    assert offered["custom.Recipe saved"] == ["minutes", "recipe"]


def test_the_newest_word_on_a_topic_is_the_consent() -> None:
    chance = random.Random(3)
    people(chance, count=40)
    listed = set(Customer.objects.values_list("pk", flat=True))
    newest: dict[tuple[int, str], str] = {}
    confirmed: dict[tuple[int, str], bool] = {}
    chosen = ConsentRecord.objects.filter(state="given").order_by("-at", "-pk").first()
    assert chosen
    ConsentFactory(customer=chosen.customer, topic=chosen.topic, source="preferences", at=timezone.now())
    for record in ConsentRecord.objects.select_related("topic").order_by("at", "pk"):
        newest[record.customer_id, record.topic.key] = record.state
        confirmed[record.customer_id, record.topic.key] = record.source == "preferences"

    for topics in (["news"], ["offers"], ["news", "offers"]):
        for state in ("given", "withdrawn", "pending"):
            expected = {pk for (pk, topic), said in newest.items() if topic in topics and said == state}
            assert found({"field": "consent", "is": state, "value": topics}) == expected
        proven = {
            pk for (pk, topic), said in newest.items() if topic in topics and confirmed[pk, topic] and said == "given"
        }
        assert found({"field": "consent", "is": "confirmed", "value": topics}) == proven
        never = listed - {pk for pk, topic in newest if topic in topics}
        assert found({"field": "consent", "is": "never", "value": topics}) == never
        assert never


def test_consent_to_a_topic_that_is_not_there_is_refused(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        TopicFactory(key="theirs")

    with pytest.raises(DefinitionRefused, match="no topic “theirs”"):
        found({"field": "consent", "is": "given", "value": ["theirs"]})


def test_a_pause_ends_on_the_day_that_it_is_in_the_workspace(workspace: Workspace) -> None:
    workspace.zone = "Asia/Tokyo"
    workspace.save(update_fields=["zone"])
    with workspace_scope(workspace):
        people(random.Random(3), count=40)
        listed = set(Customer.objects.values_list("pk", flat=True))
        ends = {
            wish.customer_id: wish.paused_until.astimezone(TOKYO).date()
            for wish in ContactWish.objects.filter(paused_until__isnull=False)
            if wish.paused_until
        }
        less_often = set(ContactWish.objects.filter(is_less_often=True).values_list("customer_id", flat=True))
        day, later = TODAY + timedelta(days=20), TODAY + timedelta(days=40)

        assert found({"field": "paused", "is": "is_true"}) == set(ends)
        assert found({"field": "paused", "is": "is_false"}) == listed - set(ends)
        assert found({"field": "less_often", "is": "is_true"}) == less_often
        assert found({"field": "less_often", "is": "is_false"}) == listed - less_often
        asked_of_ends: list[tuple[str, Any, Callable[[date], bool]]] = [
            ("on_or_after", day.isoformat(), lambda end: end >= day),
            ("on_or_before", day.isoformat(), lambda end: end <= day),
            ("between", [day.isoformat(), later.isoformat()], lambda end: day <= end <= later),
            ("in_next", 21, lambda end: TODAY <= end <= day),
        ]
        for asked, value, holds in asked_of_ends:
            those = {pk for pk, end in ends.items() if holds(end)}
            assert those
            assert found({"field": "paused_until", "is": asked, "value": value}) == those
            assert found({"field": "paused_until", "is": asked, "value": value}, match="none") == listed - those


def test_of_two_words_at_one_instant_the_later_written_counts() -> None:
    first = ConsentFactory(topic=TopicFactory(key="news"), state="given")
    ConsentFactory(customer=first.customer, topic=first.topic, state="withdrawn", at=first.at)

    assert found({"field": "consent", "is": "withdrawn", "value": ["news"]}) == {first.customer_id}
    assert found({"field": "consent", "is": "given", "value": ["news"]}) == set()


def test_messages_of_a_campaign_are_told_from_others() -> None:
    summer = Campaign.objects.create(name="Summer")
    of_it, other = MessageFactory(campaign=summer), MessageFactory()
    arrive([of_it.pk, other.pk], random.Random(1))
    where = {"campaign": [encode_id(PREFIX, summer.pk)]}
    as_once_written = {"campaign": [encode_id("cam", summer.pk)]}

    received = {"field": "messages_received", "is": "at_least", "value": 1}
    assert found({**received, "where": where}) == {of_it.customer_id}
    assert found({**received, "where": as_once_written}) == {of_it.customer_id}
    assert found(received) == {of_it.customer_id, other.customer_id}
    with pytest.raises(DefinitionRefused, match="is not there"):
        found({**received, "where": {"campaign": ["cmp_nothing1"]}})


@pytest.mark.parametrize("what", ["received", "opened", "clicked"])
def test_messages_are_counted_on_the_days_of_what_befell_them(what: str) -> None:
    """A message that came back was not received; one that was read long after it was sent was read then."""
    people(random.Random(4), count=40)
    column = {"received": "sent_at", "opened": "opened_at", "clicked": "clicked_at"}[what]
    first = datetime.combine(TODAY - timedelta(days=29), time.min, UTC)
    since = Message.objects.filter(
        topic__key="news", **{f"{column}__gte": first, f"{column}__lt": first + timedelta(days=30)}
    )
    if what == "received":
        since = since.exclude(state="bounced")
    expected = set(since.values_list("customer_id", flat=True))

    asked = {"field": f"messages_{what}", "is": "at_least", "value": 1, "within_days": 30}
    assert found({**asked, "where": {"topic": ["news"]}}) == expected
    assert found({**asked, "where": {"topic": ["offers"]}}) != expected
    assert expected
