from __future__ import annotations

import re

import pytest

from customers.models import Customer
from messaging import actions
from messaging.models import ConsentRecord, Message, MessageState, SuppressionReason
from messaging.panels import messages_panel
from messaging.purposes import Purpose
from messaging.reasons import Reason
from tests.client import Browser
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory

pytestmark = pytest.mark.usefixtures("workspace")


def test_the_list_says_why_a_message_was_not_sent(owner_browser: Browser) -> None:
    message = MessageFactory(purpose=Purpose.BIRTHDAY)
    Message.objects.update(state=MessageState.SKIPPED, reason=Reason.NO_CONSENT)
    MessageFactory(customer=CustomerFactory(name="Somebody else"))

    page = owner_browser.get(f"/messages/?state=skipped&customer={message.customer_id}").content.decode()

    assert "never agreed to this topic" in page
    assert "Somebody else" not in page


def test_messages_are_found_by_a_whole_address_until_it_is_erased(owner_browser: Browser) -> None:
    message = MessageFactory(customer=CustomerFactory(email="Maria@Mail.example"))
    MessageFactory()

    def found(address: str) -> list[str]:
        page = owner_browser.get(f"/messages/?q={address}").content.decode()
        return re.findall(r'href="[^"]*/messages/(\d+)/" data-row-link', page)

    assert found("maria@MAIL.example") == [str(message.pk)]
    assert found("maria@mail") == []
    Message.objects.filter(pk=message.pk).update(address="")
    assert found("maria@mail.example") == []


@pytest.mark.parametrize(
    "query", ["state=x", "topic=x", "topic=999", "customer=x", f"customer={10**30}", "q=%00", "cursor=x"]
)
def test_a_filter_that_means_nothing_is_left_out(query: str, owner_browser: Browser) -> None:
    assert owner_browser.get(f"/messages/?{query}").status_code == 200


def test_a_message_shows_what_it_says_with_links_that_lead_nowhere(owner_browser: Browser) -> None:
    consent = ConsentFactory()
    message = MessageFactory(customer=consent.customer, topic=consent.topic)

    assert owner_browser.get(f"/messages/{message.pk}/").status_code == 200
    response = owner_browser.get(f"/messages/{message.pk}/html/")

    assert f"Dear {consent.customer.name}" in response.content.decode()
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_the_greeting_is_previewed_as_typed_and_for_anybody(owner_browser: Browser) -> None:
    CustomerFactory(name="<b>Zoë</b> {{ secret }}", email="zoe@mail.example")
    data = {
        "subject": "Hello {{ customer.name }}",
        "body": "Dear {{ customer.name }}",
        "preview_for": "zoe@mail.example",
    }

    preview = owner_browser.post("/messages/birthday-greeting/preview/", data)
    wrong = owner_browser.post("/messages/birthday-greeting/preview/", data | {"body": "{{ secret }}"})

    assert "Dear &lt;b&gt;Zoë&lt;" in preview.content.decode()
    assert "{{ secret }}" in preview.content.decode()
    assert wrong.status_code == 422


def test_a_bad_text_is_refused_and_kept(owner_browser: Browser) -> None:
    topic = TopicFactory(key="greetings")
    data = {"subject": "Hi", "body": "Dear {{ nobody }}", "send_hour": 9, "topic": topic.pk}

    response = owner_browser.post("/messages/birthday-greeting/", data)

    assert response.status_code == 422
    assert "Dear {{ nobody }}" in response.content.decode()


def test_birthdays_ahead_say_who_will_be_greeted(owner_browser: Browser) -> None:
    TopicFactory(key="greetings")
    actions.switch_on_greeting()
    Customer.objects.bulk_create([])
    for monthday in (m * 100 + d for m in range(1, 13) for d in (1, 8, 15, 22, 28)):
        CustomerFactory(birth_monthday=monthday)

    page = owner_browser.get("/messages/birthdays/?days=14").content.decode()

    assert "never agreed to this topic" in page


def test_staff_write_down_what_they_were_told(owner_browser: Browser) -> None:
    customer, topic = CustomerFactory(), TopicFactory()
    address = f"/messages/customers/{customer.pk}/consent/"

    assert owner_browser.post(address, {"topic": topic.pk, "word": "give"}).status_code == 422
    owner_browser.post(address, {"topic": topic.pk, "word": "give", "detail": "at the counter"})

    record = ConsentRecord.objects.get()
    assert (record.state, record.source, record.detail) == ("given", "staff", "at the counter")
    assert record.actor.startswith("user:")


def test_an_address_is_looked_up_by_its_hash(owner_browser: Browser) -> None:
    actions.suppress_address("maria@mail.example", reason=SuppressionReason.BOUNCED)

    assert "m…@mail.example" in owner_browser.get("/messages/blocked-addresses/?q=Maria@mail.example").content.decode()
    assert "is not blocked" in owner_browser.get("/messages/blocked-addresses/?q=paul@mail.example").content.decode()


def test_the_panel_tells_consent_blocks_and_messages(owner_browser: Browser) -> None:
    consent = ConsentFactory(detail="on paper")
    MessageFactory(customer=consent.customer)
    actions.suppress_address(consent.customer.email, reason=SuppressionReason.UNSUBSCRIBED)

    words = messages_panel(consent.customer)
    page = owner_browser.get(f"/customers/{consent.customer.pk}/").content.decode()

    assert [each.is_given for each in words["topics"]] == [True]
    assert len(words["suppressions"]) == len(words["recent"]) == 1
    assert "on paper" in page
    assert "Address blocked" in page
