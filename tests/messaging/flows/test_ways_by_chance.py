"""Whatever happens in whatever order: nobody is on one way twice, gets one letter twice, or one after an order."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Customer
from messaging.actions.flows import switch_off_flow, switch_on_flow
from messaging.models import Enrolment, Flow, Message
from messaging.tasks import run_flows
from tests.messaging.flows.conftest import NOON, Story, tag, wait

PAUSE = timedelta(days=7)
CART = {"policy": "cooldown", "days": 7, "by": "cart", "restarts": True}
DEEDS = ("touch", "touch another", "order", "an hour", "a day", "a week", "work", "off", "on")
SOME_DAYS = st.lists(st.sampled_from(DEEDS), min_size=6, max_size=12)


class Days:
    """One customer's days with a flow about carts."""

    def __init__(self, story: Story, maria: Customer) -> None:
        self._story, self._maria, self._orders = story, maria, 0
        steps = (wait(hours=4), story.send(), wait("w2", days=1), tag(), story.send("s2"))
        self._flow: Flow = story.flow(*steps, reentry=CART, exits=[{"event": "OrderPlaced"}])

    def live(self, deed: str) -> None:
        story = self._story
        match deed:
            case "touch" | "touch another":
                story.touch(self._maria, deed)
            case "order":
                self._orders += 1
                story.order(self._maria, f"A-{self._orders}")
                story.clock.shift(timedelta(seconds=1))
            case "off":
                switch_off_flow(self._flow, is_left=False)
            case "on":
                switch_on_flow(self._flow)
            case "work":
                story.work()
            case _:
                story.clock.shift({"an hour": timedelta(hours=1), "a day": timedelta(days=1)}.get(deed, PAUSE))
                run_flows.run(story.workspace)

    def check(self) -> None:
        ways = list(Enrolment.objects.order_by("entered_at"))
        on_the_way = Counter(way.subject for way in ways if way.is_on_the_way)
        assert not on_the_way or max(on_the_way.values()) == 1
        entered = [way.entered_at for way in ways]
        assert all(later - earlier >= PAUSE for earlier, later in pairwise(entered))
        letters = Counter(Message.objects.values_list("enrolment", "step"))
        assert not letters or max(letters.values()) == 1
        for way in ways:
            passed = [step for step, _at, _outcome in way.trail]
            assert passed == ["w", "s", "w2", "t", "s2"][: len(passed)]

    def check_at_rest(self) -> None:
        """Once everything was heard: no way that began before the last order goes on, and none of its letters waits."""
        self._story.order(self._maria, "last")
        self._story.work()
        before = Enrolment.objects.filter(entered_at__lte=timezone.now())
        assert not before.waiting().exists()
        assert not Message.objects.filter(enrolment__in=before.filter(state="exited"), state="queued").exists()


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deeds=SOME_DAYS)
def test_nobody_is_written_to_twice_whatever_happens(story: Story, maria: Customer, deeds: list[str]) -> None:
    story.clock.move_to(NOON)
    with transaction.atomic():
        days = Days(story, maria)
        for deed in deeds:
            days.live(deed)
            days.check()
        days.check_at_rest()
        transaction.set_rollback(True)
