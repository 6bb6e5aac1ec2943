"""Why somebody is on the way through a flow, has left it, or never entered."""

from __future__ import annotations

from messaging.queries import explain_flow
from tests.factories.customers import CustomerFactory
from tests.messaging.flows.conftest import Story, wait


def test_who_is_on_the_way_or_has_left_is_told_so(story: Story) -> None:
    flow = story.flow(wait(hours=4), story.send())
    maria = CustomerFactory(email="maria@mail.example")
    story.touch(maria)
    story.work()

    explanation = explain_flow(flow, maria)
    assert (explanation.answer, explanation.got) == ("Entered the flow. On the way.", True)

    story.later(hours=5)
    explanation = explain_flow(flow, maria)
    assert (explanation.answer, explanation.got) == ("Entered the flow. Finished. All steps were done.", False)


def test_who_never_entered_is_told_what_is_missing(story: Story) -> None:
    rule = {"match": "all", "rules": [{"field": "city", "is": "equals", "value": "Rome"}]}
    flow = story.flow(wait(hours=4), filter=rule)
    otto = CustomerFactory(city="Berlin")
    story.touch(otto)
    story.work()

    explanation = explain_flow(flow, otto)

    assert "have not entered" in explanation.answer
    assert [(point.text, point.holds, point.depth) for point in explanation.points] == [
        ("The flow is switched on", True, 0),
        ("Since it was switched on, this has happened: A cart was touched", True, 0),
        ("The entry filter:", None, 0),
        ("All of these:", False, 1),
        ("City is Rome", False, 2),
    ]
