from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Workspace
from customers.actions import (
    add_customer,
    define_attribute,
    distinguish_customers,
    edit_customer,
    erase_customer,
    merge_customers,
    tag_customer,
    undo_merge,
    write_note,
)
from customers.models import AttributeValue, Customer, CustomerTag, ExternalId, Merge, Note
from customers.queries import identities, timeline_page
from customers.queries.duplicates import _SAME_NAME_AND_BIRTHDAY, _SAME_PHONE, duplicates
from customers.refusals import CustomerGone, EmailTaken, MergeRefused
from sales.models import Order
from tests.client import Browser
from tests.factories.sales import OrderFactory
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")


@pytest.fixture
def maria(workspace: Workspace) -> Customer:
    define_attribute(label="Bread", kind="text")
    return add_customer(
        source="hand", name="Maria", phone="030 1234567", joined_on=date(2026, 2, 1), attributes={"bread": "rye"}
    )


@pytest.fixture
def double(maria: Customer) -> Customer:
    define_attribute(label="Cause", kind="text")
    customer = add_customer(
        source="hand",
        name="Maria R.",
        email="maria@bakery.example",
        joined_on=date(2026, 1, 1),
        attributes={"bread": "spelt", "cause": "bees"},
        external_ids={"shop": "4711"},
    )
    write_note(customer, text="Likes spelt.")
    tag_customer(customer, name="regular")
    tag_customer(customer, name="early")
    tag_customer(maria, name="early")
    OrderFactory(customer=customer)
    return customer


def state(customer: Customer) -> dict[str, object]:
    customer.refresh_from_db()
    return {
        "row": {
            name: getattr(customer, name)
            for name in ("name", "email", "email_norm", "phone_norm", "joined_on", "attributes", "merged_into_id")
        },
        "tags": sorted(CustomerTag.objects.filter(customer=customer).values_list("tag__name", flat=True)),
        "values": sorted(AttributeValue.objects.filter(customer=customer).values_list("attribute__key", "text")),
        "notes": Note.objects.filter(customer=customer).count(),
        "orders": Order.objects.filter(customer=customer).count(),
        "ids": list(ExternalId.objects.filter(customer=customer).values_list("value", flat=True)),
    }


def test_nothing_is_lost_in_a_merge(maria: Customer, double: Customer) -> None:
    merge = merge_customers(survivor=maria, absorbed=double)

    assert state(maria) == {
        "row": {
            "name": "Maria",
            "email": "maria@bakery.example",
            "email_norm": "maria@bakery.example",
            "phone_norm": "+49301234567",
            "joined_on": date(2026, 1, 1),
            "attributes": {"bread": "rye", "cause": "bees"},
            "merged_into_id": None,
        },
        "tags": ["early", "regular"],
        "values": [("bread", "rye"), ("cause", "bees")],
        "notes": 1,
        "orders": 1,
        "ids": ["4711"],
    }
    assert merge.moved["differing"] == ["name", "attributes.bread"]
    double.refresh_from_db()
    assert (double.merged_into_id, double.name) == (maria.pk, "Maria R.")


def test_a_merge_undone_leaves_both_as_they_were(maria: Customer, double: Customer) -> None:
    before = state(maria), state(double)

    undo_merge(merge_customers(survivor=maria, absorbed=double))

    assert (state(maria), state(double)) == before


def test_what_was_written_since_survives_undoing(maria: Customer, double: Customer) -> None:
    merge = merge_customers(survivor=maria, absorbed=double)
    edit_customer(maria, email="new@bakery.example")
    write_note(maria, text="Since then.")

    undo_merge(merge)

    assert (state(maria)["notes"], state(double)["notes"]) == (1, 1)
    assert Customer.objects.get(pk=maria.pk).email == "new@bakery.example"


def test_a_known_customer_survives_a_visitor(maria: Customer) -> None:
    visitor = add_customer(source="api", is_anonymous=True, external_ids={"anonymous": "a-1"})

    merge = merge_customers(survivor=visitor, absorbed=maria)

    assert (merge.survivor, merge.absorbed) == (maria, visitor)


def test_who_was_merged_before_follows(maria: Customer, double: Customer) -> None:
    third = add_customer(source="hand", name="Third")
    first_merge = merge_customers(survivor=double, absorbed=third)
    second_merge = merge_customers(survivor=maria, absorbed=double)
    assert identities(maria) == [maria.pk, double.pk, third.pk]

    with pytest.raises(CustomerGone):
        undo_merge(first_merge)
    undo_merge(second_merge)

    assert (identities(maria), identities(double)) == ([maria.pk], [double.pk, third.pk])


def test_the_timeline_tells_of_both(maria: Customer, double: Customer) -> None:
    merge_customers(survivor=maria, absorbed=double)

    texts = [line.words.text for line in timeline_page(maria, group="profile").lines]
    assert texts.count("Became a customer") == 2
    assert "Merged with Maria R." in texts


def test_merging_with_oneself_or_with_who_is_gone_is_refused(maria: Customer, double: Customer) -> None:
    with pytest.raises(MergeRefused, match="one record already"):
        merge_customers(survivor=maria, absorbed=maria)
    erase_customer(double)
    with pytest.raises(CustomerGone):
        merge_customers(survivor=maria, absorbed=double)


def test_undoing_is_refused_twice_and_after_thirty_days(maria: Customer, double: Customer) -> None:
    merge = merge_customers(survivor=maria, absorbed=double)
    Merge.objects.filter(pk=merge.pk).update(merged_at=timezone.now() - timedelta(days=31))
    with pytest.raises(MergeRefused, match="30 days"):
        undo_merge(merge)

    Merge.objects.filter(pk=merge.pk).update(merged_at=timezone.now())
    undo_merge(merge)
    with pytest.raises(MergeRefused, match="already"):
        undo_merge(merge)


def test_undoing_is_refused_when_the_address_is_taken(maria: Customer, double: Customer) -> None:
    merge = merge_customers(survivor=maria, absorbed=double)
    edit_customer(maria, email="")
    add_customer(source="hand", email="maria@bakery.example")

    with pytest.raises(EmailTaken):
        undo_merge(merge)

    double.refresh_from_db()
    assert double.merged_into_id == maria.pk


def test_an_erasure_reaches_who_was_merged(maria: Customer, double: Customer) -> None:
    merge_customers(survivor=maria, absorbed=double)

    erase_customer(maria)

    double.refresh_from_db()
    assert (double.name, double.email, double.attributes) == ("", "", {})


def test_duplicates_share_a_phone_or_name_and_birthday() -> None:
    one = add_customer(source="hand", name="Ann", phone="030 7654321")
    two = add_customer(source="hand", name="Anna", phone="+49 30 7654321")
    three = add_customer(source="hand", name="Jörg Öz", birthday="03-12")
    four = add_customer(source="hand", name="jorg oz", birthday="1990-03-12")
    add_customer(source="hand", name="Jörg Öz", birthday="03-13")

    found = [(each.first, each.second, each.reason) for each in duplicates()]

    assert found == [(one, two, "Same phone"), (three, four, "Same name and birthday")]


def test_who_was_told_apart_is_not_suggested_again() -> None:
    one, two, three = (add_customer(source="hand", name=name, phone="030 7654321") for name in ("Ann", "Ben", "Cleo"))

    distinguish_customers(two, one)
    assert [(each.first, each.second) for each in duplicates()] == [(one, three)]
    for other in (one, two):
        distinguish_customers(three, other)
        distinguish_customers(other, three)

    assert duplicates() == []
    assert Event.objects.filter(kind="CustomersDistinguished").count() == 3


def test_suggestions_that_were_dismissed_make_room_for_others() -> None:
    for number in range(3):
        for _ in range(2):
            last = add_customer(source="hand", name=f"Ann {number}", phone=f"030 765432{number}")
        if number < 2:
            distinguish_customers(Customer.objects.get(pk=last.pk - 1), last)

    assert [each.second for each in duplicates(limit=1)] == [last]


@pytest.mark.parametrize(
    ("sql", "index"), [(_SAME_PHONE, "customer_by_phone"), (_SAME_NAME_AND_BIRTHDAY, "customer_by_name_and_birthday")]
)
def test_what_several_have_is_found_by_its_index_alone_and_never_sorted(
    workspace: Workspace, sql: str, index: str
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("set local enable_seqscan = off; set local enable_bitmapscan = off; set local enable_sort = off")
        cursor.execute(f"explain {sql}", {"workspace": workspace.pk, "most": 50})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert (f"Index Only Scan using {index}" in plan, "Sort" in plan) == (True, False), plan


def test_one_record_is_no_two_people(maria: Customer) -> None:
    with pytest.raises(MergeRefused):
        distinguish_customers(maria, maria)


def test_two_people_are_told_apart_on_the_page(owner_browser: Browser) -> None:
    one, two = (add_customer(source="hand", name=name, phone="030 7654321") for name in ("Ann", "Ben"))
    assert "Two people" in owner_browser.get("/customers/duplicates/").content.decode()

    owner_browser.post(f"/customers/{one.pk}/merge/{two.pk}/distinction/")

    assert "No duplicates in sight" in owner_browser.get("/customers/duplicates/").content.decode()
    assert "somebody else than Ben" in owner_browser.get(f"/customers/{one.pk}/").content.decode()


def test_the_pages_lead_from_suspicion_to_merge_and_back(
    maria: Customer, double: Customer, owner_browser: Browser
) -> None:
    edit_customer(double, phone="030 1234567")
    assert f"/customers/{maria.pk}/merge/{double.pk}/" in owner_browser.get("/customers/duplicates/").content.decode()
    page = owner_browser.get(f"/customers/{maria.pk}/merge/{double.pk}/").content.decode()
    assert "Stays as it is" in page

    owner_browser.post(f"/customers/{maria.pk}/merge/{double.pk}/")
    assert owner_browser.get(f"/customers/{double.pk}/").headers["Location"].endswith(f"/customers/{maria.pk}/")
    assert "Undo the merge with Maria R." in owner_browser.get(f"/customers/{maria.pk}/").content.decode()
    owner_browser.post(f"/customers/merges/{Merge.objects.get().pk}/reversal/")

    assert owner_browser.get(f"/customers/{double.pk}/").status_code == 200
