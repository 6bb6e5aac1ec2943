from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, archive_customer, edit_customer, restore_customer
from customers.models import Customer, ExternalId, Facts
from customers.normalising import Birthday
from customers.refusals import CustomerGone, EmailTaken, ExternalIdTaken, ValueRefused
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


def recorded(kind: str) -> list[dict[str, object]]:
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("payload", flat=True))


def test_add_customer_normalises_and_makes_their_facts() -> None:
    customer = add_customer(
        source="hand", name=" Maria  Rossi ", email="Maria@Bakery.example", phone="030 1234567", birthday="1990-02-28"
    )

    customer.refresh_from_db()
    assert (customer.name, customer.email, customer.email_norm) == (
        "Maria Rossi",
        "Maria@Bakery.example",
        "maria@bakery.example",
    )
    assert (customer.phone_norm, customer.birth_monthday, customer.birth_year) == ("+49301234567", 228, 1990)
    assert Facts.objects.filter(customer=customer).exists()
    assert recorded("CustomerJoined") == [{"source": "hand"}]


def test_a_number_is_read_in_the_customers_own_country() -> None:
    customer = add_customer(source="api", phone="020 7946 0018", country="gb")

    assert (customer.country, customer.phone_norm) == ("GB", "+442079460018")


def test_joining_in_the_past_stands_on_the_timeline_where_it_happened() -> None:
    customer = add_customer(source="import", name="Maria", joined_on=date(2025, 5, 4))

    joined = Event.objects.get(kind="CustomerJoined", customer_id=customer.pk)
    assert joined.occurred_at.isoformat() == "2025-05-03T22:00:00+00:00"


def test_an_address_belongs_to_one_customer_whatever_its_case() -> None:
    maria = add_customer(source="hand", email="maria@bakery.example")

    with pytest.raises(EmailTaken, match="already has this e-mail address") as taken:
        add_customer(source="hand", name="Other", email="MARIA@bakery.example")

    assert (taken.value.customer, taken.value.field) == (maria, "email")
    assert Customer.objects.count() == 1


def test_another_workspace_may_know_the_same_address(other_workspace: Workspace) -> None:
    add_customer(source="hand", email="maria@bakery.example")

    with workspace_scope(other_workspace):
        stranger = add_customer(source="hand", email="maria@bakery.example")
        assert list(Customer.objects.all()) == [stranger]

    assert Customer.objects.filter(pk=stranger.pk).count() == 0


def test_external_ids_belong_to_one_customer() -> None:
    maria = add_customer(source="api", external_ids={"shop": "4711"})

    with pytest.raises(ExternalIdTaken) as taken:
        add_customer(source="api", name="Other", external_ids={"shop": "4711"})

    assert taken.value.customer == maria
    assert ExternalId.objects.count() == 1


def test_somebody_of_whom_nothing_is_known_is_refused() -> None:
    with pytest.raises(ValueRefused, match="Give a name") as refused:
        add_customer(source="hand")

    assert refused.value.field == "name"


def test_a_visitor_may_be_nobody_and_becomes_known_with_an_address() -> None:
    visitor = add_customer(source="api", is_anonymous=True, external_ids={"anonymous": "a-1"})

    known = edit_customer(visitor, email="maria@bakery.example")

    assert (visitor.is_anonymous, known.is_anonymous) == (True, False)
    assert recorded("CustomerChanged") == [{"changed": ["email", "is_anonymous"]}]


def test_edit_customer_changes_what_is_given_and_names_it() -> None:
    maria = add_customer(source="hand", name="Maria", email="maria@bakery.example", city="Turin")

    edited = edit_customer(maria, name="Maria Rossi", city="Turin", birthday=Birthday(2, 29))

    assert (edited.name, edited.email, edited.birth_monthday) == ("Maria Rossi", "maria@bakery.example", 229)
    assert recorded("CustomerChanged") == [{"changed": ["name", "birthday"]}]


def test_editing_to_the_same_records_nothing() -> None:
    maria = add_customer(source="hand", name="Maria", email="maria@bakery.example", birthday="--02-29")

    edit_customer(maria, name="Maria", email="maria@bakery.example", birthday="29.2.")

    assert recorded("CustomerChanged") == []


def test_taking_an_address_that_somebody_has_is_refused_and_changes_nothing() -> None:
    add_customer(source="hand", email="maria@bakery.example")
    paolo = add_customer(source="hand", name="Paolo", email="paolo@bakery.example")

    with pytest.raises(EmailTaken):
        edit_customer(paolo, name="Paolo B", email="maria@bakery.example")

    paolo.refresh_from_db()
    assert (paolo.name, paolo.email) == ("Paolo", "paolo@bakery.example")


def test_the_last_thing_that_says_who_it_is_must_stay() -> None:
    maria = add_customer(source="hand", email="maria@bakery.example")

    with pytest.raises(ValueRefused, match="Keep a name"):
        edit_customer(maria, email="")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"joined_on": date(2999, 1, 1)}, "joined_on"),
        ({"preferred_channel": "pigeon"}, "preferred_channel"),
        ({"country": "Italy"}, "country"),
        ({"address": "x" * 301}, "address"),
        ({"birthday": Birthday(2, 30)}, "birthday"),
    ],
)
def test_a_refusal_names_the_field(changes: dict[str, object], field: str) -> None:
    maria = add_customer(source="hand", name="Maria")

    with pytest.raises(ValueRefused) as refused:
        edit_customer(maria, **changes)  # type: ignore[arg-type]  # one field at a time

    assert refused.value.field == field


def test_archive_and_restore_happen_once() -> None:
    maria = add_customer(source="hand", name="Maria")

    for _ in range(2):
        archive_customer(maria)
    assert Customer.objects.present().count() == 0
    for _ in range(2):
        restore_customer(maria)

    assert list(Customer.objects.present()) == [maria]
    assert (len(recorded("CustomerArchived")), len(recorded("CustomerRestored"))) == (1, 1)


@pytest.mark.parametrize("gone", ["merged", "erased"])
def test_who_is_gone_cannot_be_changed(gone: str) -> None:
    maria, other = add_customer(source="hand", name="Maria"), add_customer(source="hand", name="Other")
    Customer.objects.filter(pk=maria.pk).update(
        **({"merged_into": other} if gone == "merged" else {"erased_at": timezone.now() - timedelta(days=1)})
    )

    for act in (archive_customer, restore_customer, edit_customer):
        with pytest.raises(CustomerGone, match=gone):
            act(maria)
