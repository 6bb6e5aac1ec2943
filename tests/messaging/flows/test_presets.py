"""Every preset works as it is: made, switched on, and its letters sent."""

from __future__ import annotations

import pytest

from customers.models import Customer
from messaging.actions import archive_topic, switch_on_greeting
from messaging.actions.flow_presets import add_flow_from_preset
from messaging.actions.flows import enrol_by_hand, switch_off_flow, switch_on_flow
from messaging.flows.presets import PRESETS
from messaging.models import Enrolment, Flow, Message, SubscriptionTopic
from messaging.previewing import preview_message
from messaging.refusals import GreetedByFlow, GreetedOtherwise, NoTopic
from messaging.tasks import run_flows
from sales.models import Product
from tests.factories.customers import CustomerFactory
from tests.factories.messaging import MessageFactory
from tests.factories.sales import OrderFactory
from tests.messaging.flows.conftest import NOON, Story


@pytest.mark.parametrize("key", PRESETS)
def test_a_preset_sends_each_of_its_letters(story: Story, maria: Customer, key: str) -> None:
    OrderFactory(customer=maria)
    flow = switch_on_flow(add_flow_from_preset(key))
    enrol_by_hand(flow, [maria.pk])

    story.work()
    while due := Enrolment.objects.waiting().values_list("due_at", flat=True).first():
        if key == "thanks":
            Enrolment.objects.exclude(awaits="").update(has_happened=True)
        story.clock.move_to(due)
        run_flows.run(story.workspace)

    messages = Message.objects.order_by("pk")
    assert len(messages) == len(PRESETS[key].texts)
    for message in messages:
        rendered = preview_message(message)
        assert "Maria" in rendered.subject + rendered.text
        assert "{{" not in rendered.text


def test_used_twice_a_preset_has_another_name_and_texts_of_its_own(story: Story) -> None:
    first, second = add_flow_from_preset("welcome"), add_flow_from_preset("welcome")

    assert (first.name, second.name) == ("Welcome", "Welcome 2")
    assert first.current != second.current
    texts = [step.get("template") for flow in (first, second) for step in flow.current.definition["steps"]]
    named = [each for each in texts if each]
    assert len(set(named)) == len(named) == 6


def test_without_any_topic_no_preset_can_send(story: Story) -> None:
    for topic in SubscriptionTopic.objects.all():
        archive_topic(topic)

    with pytest.raises(NoTopic):
        add_flow_from_preset("welcome")
    assert not Flow.objects.exists()


def test_the_letter_about_a_cart_shows_what_is_in_it(story: Story, maria: Customer) -> None:
    switch_on_flow(add_flow_from_preset("cart"))
    cart = story.touch(maria)
    story.work()
    story.later(hours=4)

    message = Message.objects.get()
    assert message.context == {"cart_id": cart.pk}
    text = preview_message(message).text
    assert "1 × Rye" in text  # noqa: RUF001  as on a receipt
    assert "\n\n\n" not in text


def test_the_letter_after_looking_around_shows_what_was_looked_at(story: Story, maria: Customer) -> None:
    Product.objects.create(sku="RYE", name="Rye loaf", price_minor=450, url="https://shop.example/rye")
    switch_on_flow(add_flow_from_preset("browse"))
    story.look_at(maria, "RYE")
    story.work()
    story.later(hours=3)
    story.look_at(maria, "BUN", "Cinnamon bun")
    story.work()
    story.later(hours=3)
    assert not Message.objects.exists()
    story.later(hours=1)

    text = preview_message(Message.objects.get()).text
    assert text.index("Cinnamon bun") < text.index("Rye loaf")


def test_whoever_looked_and_then_ordered_is_not_reminded(story: Story, maria: Customer) -> None:
    switch_on_flow(add_flow_from_preset("browse"))
    story.look_at(maria, "RYE", "Rye loaf")
    story.work()
    story.order(maria)
    story.work()
    story.later(hours=5)

    assert Enrolment.objects.get().ended_at is not None
    assert not Message.objects.exists()


def test_the_greeting_and_the_birthday_flow_are_not_on_together(story: Story) -> None:
    flow = add_flow_from_preset("birthday")
    switch_on_flow(flow)
    with pytest.raises(GreetedByFlow):
        switch_on_greeting()

    switch_off_flow(flow, is_left=False)
    switch_on_greeting()
    with pytest.raises(GreetedOtherwise):
        switch_on_flow(flow)


def test_who_was_greeted_is_not_greeted_again_by_the_flow(story: Story) -> None:
    greeted, other = CustomerFactory(birth_monthday=503), CustomerFactory(birth_monthday=503)
    MessageFactory(customer=greeted, purpose="birthday", created_at=NOON)

    switch_on_flow(add_flow_from_preset("birthday"))
    story.work()

    assert Enrolment.objects.get().customer == other
