from __future__ import annotations

import json

import pytest

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions import (
    add_customer,
    define_attribute,
    edit_customer,
    erase_customer,
    export_customer,
    tag_customer,
    write_note,
)
from customers.contracts import personal_data
from customers.models import AttributeValue, Customer, ExternalId, Facts, Note, PrivacyRequest
from customers.refusals import CustomerGone
from tests.client import Browser
from timeline.erasure import erase_payloads
from timeline.models import Event

pytestmark = pytest.mark.usefixtures("workspace")

SECRETS = ("Maria", "maria@bakery.example", "1234567", "Kreuzberg", "rye", "regular", "4711")


@pytest.fixture
def maria(workspace: Workspace) -> Customer:
    define_attribute(label="Favourite bread", kind="text")
    customer = add_customer(
        source="hand",
        name="Maria Rossi",
        email="maria@bakery.example",
        phone="030 1234567",
        city="Kreuzberg",
        birthday="1990-02-28",
        attributes={"favourite_bread": "rye"},
        external_ids={"shop": "4711"},
    )
    write_note(customer, text="Maria likes rye.")
    tag_customer(customer, name="regular")
    return customer


def test_an_export_holds_everything_known(maria: Customer) -> None:
    text = json.dumps(export_customer(maria), default=str)

    assert [secret for secret in SECRETS if secret not in text] == []
    assert PrivacyRequest.objects.get().kind == PrivacyRequest.Kind.EXPORT
    assert Event.objects.filter(kind="CustomerExported", customer_id=maria.pk).exists()


def test_an_export_is_handed_out_as_a_file(maria: Customer, owner_browser: Browser) -> None:
    response = owner_browser.post(f"/customers/{maria.pk}/export/")

    assert response.headers["Content-Disposition"] == f'attachment; filename="customer-{maria.pk}.json"'
    assert "Maria Rossi" in response.content.decode()


def test_erasure_leaves_no_word_about_the_person(maria: Customer) -> None:
    other = add_customer(source="hand", name="Other", external_ids={"shop": "1"})

    erase_customer(maria)

    maria.refresh_from_db()
    left = [{name: str(value) for name, value in row.items()} for row in Customer.objects.filter(pk=maria.pk).values()]
    assert [secret for secret in SECRETS if secret in json.dumps(left)] == []
    assert (maria.erased_at is not None, maria.joined_on is not None) == (True, True)
    assert (Note.objects.count(), AttributeValue.objects.count()) == (0, 0)
    assert list(ExternalId.objects.values_list("customer", flat=True)) == [other.pk]
    assert Facts.objects.filter(customer=maria).exists()


def test_erasure_takes_the_words_out_of_events_and_leaves_what_counts(maria: Customer) -> None:
    other = add_customer(source="hand", name="Other")
    note = Note.objects.get()

    erase_customer(maria)

    payloads = dict(Event.objects.filter(customer_id=maria.pk).values_list("kind", "payload"))
    assert payloads["CustomerJoined"] == {"source": ""}
    assert payloads["NoteWritten"] == {"note_id": note.pk}
    assert all(event.load() for event in Event.objects.filter(customer_id=maria.pk))
    assert Event.objects.get(kind="CustomerJoined", customer_id=other.pk).payload == {"source": "hand"}


def test_events_of_another_workspace_keep_their_words(maria: Customer, other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        assert erase_payloads([maria.pk]) == 0

    assert Event.objects.get(kind="CustomerJoined").payload == {"source": "hand"}


def test_who_is_erased_cannot_be_filled_again(maria: Customer) -> None:
    erase_customer(maria)

    with pytest.raises(CustomerGone):
        edit_customer(maria, name="Maria")
    assert add_customer(source="hand", email="maria@bakery.example").pk != maria.pk


def test_the_page_asks_before_it_erases(maria: Customer, owner_browser: Browser) -> None:
    page = owner_browser.get(f"/customers/{maria.pk}/erasure/").content.decode()
    assert "Nobody can undo this" in page

    owner_browser.post(f"/customers/{maria.pk}/erasure/")

    assert "was erased on" in owner_browser.get(f"/customers/{maria.pk}/").content.decode()
    assert owner_browser.get(f"/customers/{maria.pk}/edit/").status_code == 404


def test_every_table_of_this_room_has_its_say() -> None:
    ours = {each.model.__name__ for each in personal_data() if each.model.__module__.startswith("customers.")}

    assert ours == {
        "AttributeValue",
        "Customer",
        "CustomerTag",
        "Distinction",
        "ExternalId",
        "Facts",
        "ImportRow",
        "IngestedEvent",
        "Merge",
        "Note",
        "PrivacyRequest",
        "SegmentMembership",
    }
