from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import add_customer, archive_customer
from customers.folding import FOLDED, fold
from customers.models import Customer
from customers.queries import best_customers, find_customers
from tests.factories.customers import CustomerFactory

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture(autouse=True)
def people(workspace: Workspace, other_workspace: Workspace) -> dict[str, Customer]:
    with workspace_scope(other_workspace):
        add_customer(source="hand", name="Maria Rossi", email="maria@florist.example", phone="030 1234567")
    return {
        "maria": add_customer(source="hand", name="Maria Rossi", email="maria.rossi@bakery.example"),
        "jörg": add_customer(source="hand", name="Jörg Öztürk", phone="030 1234567"),
        "ольга": add_customer(source="hand", name="Ольга Иванова"),
        "percent": add_customer(source="hand", name="100% Rye_Bread {{ name }}"),
    }


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("maria", "maria"),
        ("ROSSI mar", "maria"),
        ("ossi", "maria"),
        ("rossi@bak", "maria"),
        ("ma", "maria"),
        ("m", "maria"),
        ("jorg ozt", "jörg"),
        ("Öztürk", "jörg"),
        ("030 1234567", "jörg"),
        ("+49 (30) 123-45", "jörg"),
        ("0049 30 12345", "jörg"),
        ("34567", "jörg"),
        ("иванова", "ольга"),
        ("100%", "percent"),
        ("rye_b", "percent"),
        ("{{ name }}", "percent"),
        ("ro ma", "maria"),
        ("maria r", "maria"),
        ("ив ол", "ольга"),
        ("Maria.Rossi@Bakery.example", "maria"),
    ],
)
def test_any_part_of_name_address_or_phone_finds_its_customer_alone(
    people: dict[str, Customer], text: str, who: str
) -> None:
    found = find_customers(text)

    assert (found.ids, found.is_close) == ([people[who].pk], False)


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("mraia", "maria"),
        ("marria", "maria"),
        ("mria", "maria"),
        ("mario", "maria"),
        ("maria rosi", "maria"),
        ("jorg ozturc", "jörg"),
        ("ивонова", "ольга"),
        ("mraia ros", "maria"),
        ("ольга ивонова", "ольга"),
    ],
)
def test_one_slip_of_the_finger_is_forgiven_and_said(people: dict[str, Customer], text: str, who: str) -> None:
    found = find_customers(text)

    assert (found.ids, found.is_close) == ([people[who].pk], True)


@pytest.mark.parametrize("text", ["", "   ", "xyzzy", "\x00", "%", "'; drop table x --", "a" * 100_000])
def test_what_means_nobody_finds_nobody(text: str) -> None:
    assert find_customers(text).ids == []


@given(st.text(max_size=30))
def test_no_text_breaks_the_search(text: str) -> None:
    find_customers(text.encode("utf-8", "ignore").decode())


def test_a_search_that_finds_too_many_says_so() -> None:
    CustomerFactory.create_batch(3, name="Same Name")

    found = find_customers("same", limit=2)

    assert (len(found.ids), found.is_cut) == (2, True)


def test_the_best_begin_with_the_words_and_the_archived_are_left_out() -> None:
    inner = add_customer(source="hand", name="Anna Maria")
    archive_customer(add_customer(source="hand", name="Maria Archived"))

    names = [customer.name for customer in best_customers("maria", limit=5)]

    assert names == ["Maria Rossi", inner.name]


def test_postgres_folds_as_python_does() -> None:
    text = "".join(FOLDED) + "ABC Ünïcödé שרה 🎂"
    with connection.cursor() as cursor:
        cursor.execute("select customers_fold(%s)", [text])
        (folded,) = cursor.fetchone()

    assert folded == fold(text)


@pytest.mark.parametrize("place", range(11))
def test_a_long_name_is_found_wherever_in_it_the_finger_slipped(place: int) -> None:
    long = add_customer(source="hand", name="Ada Wiesenhofer")
    name = "wiesenhofer"
    swapped = name[:place] + name[place : place + 2][::-1] + name[place + 2 :]
    slips = {swapped, name[:place] + name[place + 1 :], f"{name[:place]}{name[place]}{name[place:]}"}
    slips |= {f"{name[:place]}q{name[place + 1 :]}"} if place else set()

    assert {slip: find_customers(slip).ids for slip in slips} == {slip: [long.pk] for slip in slips}


def test_of_two_words_the_one_that_is_right_is_kept_to(people: dict[str, Customer]) -> None:
    add_customer(source="hand", name="Mario Rossi")

    assert find_customers("maria rosssi").ids == [people["maria"].pk]
    assert len(find_customers("mariq rosssi").ids) == 2


def test_a_short_word_is_the_beginning_of_a_name_not_a_part_of_it() -> None:
    assert find_customers("maria ss").ids == []


def test_names_that_begin_with_the_word_are_enough_where_they_are_too_many() -> None:
    begins = CustomerFactory.create_batch(3, name="Rossini")

    found = find_customers("rossi", limit=2)

    assert (set(found.ids) <= {customer.pk for customer in begins}, len(found.ids), found.is_cut) == (True, 2, True)
