"""How much the profile asks of the database: the same, however much is known of a customer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.utils import timezone

from accounts.models import User
from customers.actions import edit_customer, merge_customers, tag_customer, write_note
from customers.models import Attribute, Customer
from messaging.actions import give_consent, queue_messages, withdraw_consent
from messaging.actions.consent import Evidence
from messaging.drafts import MessageDraft
from messaging.models import ConsentSource
from sales.actions import NewLine, place_order, refund_order, update_cart
from tests.conftest import signed_in
from tests.factories.customers import AttributeFactory, CustomerFactory
from tests.factories.messaging import TemplateVersionFactory, TopicFactory
from tests.factories.sales import ProductFactory

CountQueries = Callable[[int], AbstractContextManager[object]]


def happen_once_more(customer: Customer, number: int) -> None:
    """One more of everything that a profile shows."""
    merge_customers(survivor=customer, absorbed=CustomerFactory())
    tag_customer(customer, name=f"tag {number}")
    write_note(customer, text=f"Note {number}")
    attribute: Attribute = AttributeFactory(kind="text")
    edit_customer(customer, attributes={attribute.key: "rye"})
    topic = TopicFactory()
    give_consent(customer, [topic], evidence=Evidence(source=ConsentSource.STAFF))
    withdraw_consent(customer, [topic], evidence=Evidence(source=ConsentSource.STAFF))
    order = place_order(
        customer=customer, placed_at=timezone.now(), lines=[NewLine(product=ProductFactory(), quantity=2)]
    )
    refund_order(order, amount_minor=1)
    update_cart(key=f"cart-{number}", customer=customer, lines=[NewLine(product=ProductFactory(), quantity=1)])
    queue_messages(
        [
            MessageDraft(
                customer_id=customer.pk,
                address=customer.email,
                purpose="birthday",
                dedupe_key=f"birthday:{number}",
                template_version_id=TemplateVersionFactory().pk,
            )
        ]
    )


def test_profile_and_timeline_ask_the_same_whatever_happened(
    owner: User, django_assert_num_queries: CountQueries
) -> None:
    browser = signed_in(owner)
    customer: Customer = CustomerFactory()
    happened = 0
    for count in (1, 3):
        while happened < count:
            happened += 1
            happen_once_more(customer, happened)
        with django_assert_num_queries(38):
            browser.get(f"/customers/{customer.pk}/")
        with django_assert_num_queries(19):
            browser.get(f"/customers/{customer.pk}/", headers={"HX-Request": "true"})
