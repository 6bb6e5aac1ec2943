from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions.upsert import MOST_ROWS, SHOP, CustomerRow, Outcome, Status, upsert_customers
from customers.models import Attribute, AttributeValue, Customer, CustomerTag, ExternalId, Facts, Tag
from tests.factories.customers import CustomerFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def row(email: str = "", **fields: Any) -> CustomerRow:
    if email:
        fields |= {"email": email, "email_norm": email.lower()}
    return CustomerRow(**fields)


def upsert(*rows: CustomerRow, source: str = "import", system: str = SHOP) -> list[Outcome]:
    return upsert_customers(rows, source=source, system=system)


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status.value for outcome in outcomes]


def events() -> list[tuple[str, int | None, dict[str, Any]]]:
    return list(Event.objects.order_by("pk").values_list("kind", "customer_id", "payload"))


def test_new_customers_get_a_profile_facts_and_an_event_each() -> None:
    outcomes = upsert(
        row("Ann@Mail.example", name="Ann", city="Ulm", birth_monthday=229, joined_on=date(2024, 5, 1)),
        row(external_id="7", name="Bo"),
    )

    ann, bo = Customer.objects.order_by("pk")
    assert outcomes == [Outcome(Status.CREATED, ann.pk), Outcome(Status.CREATED, bo.pk)]
    assert (ann.name, ann.email, ann.email_norm, ann.city) == ("Ann", "Ann@Mail.example", "ann@mail.example", "Ulm")
    assert (ann.birthday, ann.joined_on, ann.preferred_channel, ann.attributes) == (
        (2, 29),
        date(2024, 5, 1),
        "email",
        {},
    )
    assert ann.search_text == "ann ann@mail.example "
    assert list(ExternalId.objects.values_list("customer", "source", "value")) == [(bo.pk, "shop", "7")]
    assert set(Facts.objects.values_list("pk", flat=True)) == {ann.pk, bo.pk}
    assert events() == [("CustomerJoined", pk, {"source": "import"}) for pk in (ann.pk, bo.pk)]


@pytest.mark.parametrize("number", ['a "b"', "c\\d", '\\"', "{e,f}", "NULL", "%s", " g'"])
def test_numbers_are_found_again_whatever_their_characters(number: str) -> None:
    (first,) = upsert(row(external_id=number, name="Ann"))

    assert upsert(row(external_id=number, name="Ann")) == [Outcome(Status.UNCHANGED, first.id)]


def test_somebody_who_joined_long_ago_joined_then() -> None:
    upsert(row("ann@mail.example", joined_on=date(2024, 5, 1)))

    assert Event.objects.get().occurred_at == datetime(2024, 4, 30, 22, 0, tzinfo=UTC)


def test_the_same_batch_twice_writes_nothing_the_second_time() -> None:
    batch = [
        row("ann@mail.example", external_id="1", name="Ann", birth_monthday=1231, birth_year=1990, tags=["regular"]),
        row("bo@mail.example", external_id="2", attributes={"bread": "rye", "age": 44, "seen": date(2026, 1, 2)}),
        row(external_id="3", name="Cy", preferred_channel="post", attributes={"vegan": True}),
    ]
    first = upsert(*batch)
    before = events(), list(Customer.objects.order_by("pk").values())

    second = upsert(*batch)

    assert statuses(first) == ["created"] * 3
    assert second == [Outcome(Status.UNCHANGED, outcome.id) for outcome in first]
    assert (events(), list(Customer.objects.order_by("pk").values())) == before


def test_only_what_is_given_and_differs_is_changed() -> None:
    ann = CustomerFactory(name="Ann", email="ann@mail.example", city="Ulm", phone="1", birth_monthday=101)

    outcomes = upsert(row("Ann@mail.example", name="Ann", city="", birth_monthday=0, language="de"))

    assert outcomes == [Outcome(Status.UPDATED, ann.pk)]
    assert events() == [("CustomerChanged", ann.pk, {"changed": ["language", "city", "email", "birthday"]})]
    before = ann.updated_at
    ann.refresh_from_db()
    assert (ann.name, ann.email, ann.city, ann.phone, ann.language) == ("Ann", "Ann@mail.example", "", "1", "de")
    assert ann.birth_monthday is None
    assert ann.updated_at > before


def test_an_external_id_finds_its_customer_before_the_address_does() -> None:
    upsert(row("old@mail.example", external_id="1"))

    outcomes = upsert(row("new@mail.example", external_id="1"))

    assert statuses(outcomes) == ["updated"]
    assert list(Customer.objects.values_list("email_norm", flat=True)) == ["new@mail.example"]


def test_external_ids_of_different_systems_are_different() -> None:
    upsert(row(external_id="1", name="Ann"), system="shop")
    upsert(row(external_id="1", name="Bo"), system="till")

    assert Customer.objects.count() == 2


def test_an_address_that_is_known_gains_the_external_id() -> None:
    ann = CustomerFactory(email="ann@mail.example")

    outcomes = upsert(row("ann@mail.example", external_id="1"))

    assert outcomes == [Outcome(Status.UPDATED, ann.pk)]
    assert ann.external_ids.get().value == "1"
    assert events() == [("CustomerChanged", ann.pk, {"changed": ["external_ids"]})]


def test_a_row_is_never_about_two_customers() -> None:
    upsert(row("ann@mail.example", external_id="1"), row("bo@mail.example", external_id="2"))

    outcomes = upsert(row("bo@mail.example", external_id="1"))

    assert outcomes == [Outcome(Status.REFUSED, None, "email", "This e-mail address belongs to another customer.")]
    assert Customer.objects.count() == 2


def test_rows_about_one_customer_are_taken_in_turn_and_the_last_wins() -> None:
    outcomes = upsert(
        row("ann@mail.example", external_id="1", name="Ann", city="Ulm", attributes={"bread": "rye", "age": 1}),
        row("ann@mail.example", external_id="2", name="Anna", attributes={"bread": "spelt"}),
        row(external_id="2", language="de"),
    )

    ann = Customer.objects.get()
    assert statuses(outcomes) == ["repeated", "repeated", "created"]
    assert {outcome.id for outcome in outcomes} == {ann.pk}
    assert outcomes[0].warning
    assert (ann.name, ann.city, ann.language) == ("Anna", "Ulm", "de")
    assert ann.attributes == {"bread": "spelt", "age": 1}
    assert set(ann.external_ids.values_list("value", flat=True)) == {"1", "2"}


def test_an_address_taken_earlier_in_the_batch_is_taken() -> None:
    outcomes = upsert(
        row("ann@mail.example", external_id="1"),
        row("bo@mail.example", external_id="2"),
        row("ann@mail.example", external_id="2"),
    )

    assert statuses(outcomes) == ["created", "created", "refused"]


def test_a_merged_customer_is_found_as_the_survivor() -> None:
    survivor, middle, absorbed = CustomerFactory.create_batch(3)
    ExternalId.objects.create(customer=absorbed, source="shop", value="9")
    Customer.objects.filter(pk=absorbed.pk).update(merged_into=middle)
    Customer.objects.filter(pk=middle.pk).update(merged_into=survivor)

    outcomes = upsert(row(external_id="9", name="New"), row(customer_id=middle.pk, city="Ulm"))

    assert [outcome.id for outcome in outcomes] == [survivor.pk, survivor.pk]
    survivor.refresh_from_db()
    assert (survivor.name, survivor.city) == ("New", "Ulm")


def test_an_erased_customer_is_not_brought_back() -> None:
    gone = CustomerFactory(erased_at=datetime(2026, 1, 1, tzinfo=UTC))
    ExternalId.objects.create(customer=gone, source="shop", value="9")

    assert statuses(upsert(row(external_id="9", name="Back"), row(customer_id=gone.pk, name="Back"))) == ["refused"] * 2


def test_another_workspace_s_customers_are_out_of_reach(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        theirs = CustomerFactory(email="ann@mail.example", name="Theirs")
        ExternalId.objects.create(customer=theirs, source="shop", value="1")

    outcomes = upsert(
        row("ann@mail.example", external_id="1", name="Ours"), row(customer_id=theirs.pk, name="Mine now")
    )

    assert statuses(outcomes) == ["created", "refused"]
    with workspace_scope(other_workspace):
        theirs.refresh_from_db()
        assert theirs.name == "Theirs"


def test_attributes_have_typed_rows_and_their_kinds_are_kept() -> None:
    upsert(row("ann@mail.example", attributes={"bread": "rye", "age": 44, "seen": date(2026, 1, 2), "vegan": False}))

    assert set(Attribute.objects.values_list("key", "label", "kind")) == {
        ("bread", "Bread", "text"),
        ("age", "Age", "number"),
        ("seen", "Seen", "day"),
        ("vegan", "Vegan", "flag"),
    }
    values = AttributeValue.objects.values_list("attribute__key", "text", "number", "day", "flag")
    assert set(values) == {
        ("bread", "rye", None, None, None),
        ("age", "", 44.0, None, None),
        ("seen", "", None, date(2026, 1, 2), None),
        ("vegan", "", None, None, False),
    }
    assert Customer.objects.get().attributes == {"bread": "rye", "age": 44, "seen": "2026-01-02", "vegan": False}

    outcomes = upsert(
        row("ann@mail.example", attributes={"age": None, "bread": 7}), row("bo@mail.example", attributes={"age": "old"})
    )

    assert statuses(outcomes) == ["updated", "refused"]
    assert outcomes[1] == Outcome(Status.REFUSED, None, "attributes.age", "This attribute is a number.")
    assert Customer.objects.get().attributes == {"bread": "7", "seen": "2026-01-02", "vegan": False}
    assert AttributeValue.objects.count() == 3


def test_what_only_refused_rows_speak_of_is_not_defined() -> None:
    outcomes = upsert(
        row("ann@mail.example", attributes={"bread": "rye"}),
        row("bo@mail.example", customer_id=10**9, attributes={"bread": "rye", "cake": "plum"}),
    )

    assert statuses(outcomes) == ["created", "refused"]
    assert list(Attribute.objects.values_list("key", flat=True)) == ["bread"]


def test_tags_are_added_and_told_once() -> None:
    regular = Tag.objects.create(name="regular")
    first = upsert(row("ann@mail.example", tags=["regular", "new"]))
    again = upsert(row("ann@mail.example", tags=["regular", "vip"]))

    ann = Customer.objects.get()
    assert (statuses(first), statuses(again)) == (["created"], ["updated"])
    assert set(CustomerTag.objects.values_list("tag__name", flat=True)) == {"regular", "new", "vip"}
    tagged = [payload["tag_id"] for kind, _, payload in events() if kind == "CustomerTagged"]
    assert len(tagged) == 3
    assert regular.pk in tagged
    assert [kind for kind, _, _ in events()].count("CustomerChanged") == 0
    assert ann.customer_tags.count() == 3


def test_an_anonymous_visitor_becomes_known_and_never_the_reverse() -> None:
    upsert(row(external_id="anon-1", is_anonymous=True))
    assert Customer.objects.get().is_anonymous

    upsert(row("ann@mail.example", external_id="anon-1"))
    upsert(row(external_id="anon-1", is_anonymous=True))

    assert not Customer.objects.get().is_anonymous


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "a\0b"}, "name"),
        ({"name": "half \ud83d"}, "name"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"name": "Ann", "birth_monthday": 230}, "birth_monthday"),
        ({"name": "Ann", "birth_monthday": 1301}, "birth_monthday"),
        ({"name": "Ann", "birth_year": 20000}, "birth_year"),
        ({"name": "Ann", "joined_on": date(2999, 1, 1)}, "joined_on"),
        ({"name": "Ann", "preferred_channel": "pigeon"}, "preferred_channel"),
        ({"name": "Ann", "tags": [""]}, "tags"),
        ({"name": "Ann", "tags": ["x" * 61]}, "tags"),
        ({"name": "Ann", "attributes": {"a b": 1}}, "attributes.a b"),
        ({"name": "Ann", "attributes": {"a": "x" * 501}}, "attributes.a"),
        ({"name": "Ann", "attributes": {"a": float("nan")}}, "attributes.a"),
    ],
)
def test_a_row_that_cannot_be_stored_is_refused_and_the_others_are_not(fields: dict[str, Any], field: str) -> None:
    outcomes = upsert(row("ann@mail.example"), CustomerRow(**fields), row("bo@mail.example"))

    assert statuses(outcomes) == ["created", "refused", "created"]
    assert outcomes[1].field == field
    assert outcomes[1].reason


@pytest.mark.parametrize(
    "name", ["👩‍🌾 Ann", "مريم", "{{ secret }}", "<script>", 'a,b\n"c"\\N\t\\', "=1+1", "\\N", "null"]
)
def test_any_text_comes_out_as_it_went_in(name: str) -> None:
    upsert(row("ann@mail.example", name=name, attributes={"said": name}))

    ann = Customer.objects.get()
    assert (ann.name, ann.attributes["said"]) == (name, name)


def test_an_empty_batch_and_one_that_is_too_long() -> None:
    assert upsert() == []
    with pytest.raises(ValueError, match="at most"):
        upsert_customers([row("a@mail.example")] * (MOST_ROWS + 1), source="shop")


@pytest.mark.parametrize("count", [1, 300])
def test_the_number_of_statements_does_not_grow_with_the_batch(count: int, django_assert_num_queries: Any) -> None:
    batch = [row(f"c{n}@mail.example", external_id=str(n), name=f"C {n}") for n in range(count)]
    upsert(row("warm@mail.example", external_id="warm", name="W"))

    with django_assert_num_queries(18):
        upsert(*batch)
