"""What a workspace's outbox holds, asked again and again, also while Postgres is coming back."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from django.db import Error, connection
from django.db.models import Count

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer
from messaging.actions.claiming import expire_leases
from messaging.models import ConsentRecord, Message, MessageState, SubscriptionTopic
from messaging.sending.evidence import PostfixLog
from messaging.sending.reconciliation import reconcile
from timeline.drain import is_the_databases
from timeline.models import Event

PATIENCE = 60  # seconds for Postgres to come back
SLUG = "bakery"
IN_HAND = (MessageState.LEASED, MessageState.SENDING)
OPEN = (MessageState.QUEUED, *IN_HAND, MessageState.UNKNOWN)

T = TypeVar("T")


def open_bakery() -> Workspace:
    return Workspace.objects.create(
        name="Bakery", slug=SLUG, zone="Europe/Berlin", sender_name="Bakery", sender_email="hello@bakery.example"
    )


def bring_in(count: int, topic: SubscriptionTopic, **fields: int) -> set[str]:
    """So many customers who agreed to the topic. Returns their addresses."""
    customers = Customer.objects.bulk_create(_customer(number, fields) for number in range(count))
    ConsentRecord.objects.bulk_create(
        ConsentRecord(customer=customer, topic=topic, state="given", source="staff", actor="system")
        for customer in customers
    )
    return {customer.email for customer in customers}


def _customer(number: int, fields: dict[str, int]) -> Customer:
    address = f"customer{number}@mail.example"
    return Customer(name=f"Customer {number}", email=address, email_norm=address, joined_on=date(2024, 1, 1), **fields)


class Outbox:
    ever_in_doubt = 0

    def holders(self) -> dict[int, str]:
        """The process ids that own a message now, and the state of one that each of them owns."""
        rows = self._ask(
            lambda: list(Message.objects.filter(state__in=IN_HAND).values_list("lease_token", "state").distinct())
        )
        return {int(token.split(":")[1]): state for token, state in sorted(rows)}

    def is_done(self, expected: int) -> bool:
        """All are there, and there is nothing left to do. Notes how many were ever in doubt."""
        self.ever_in_doubt = self._ask(lambda: Event.objects.filter(kind="MessageInDoubt").count())
        is_open = self._ask(lambda: Message.objects.filter(state__in=OPEN).exists())
        return not is_open and self._ask(Message.objects.count) >= expected

    def is_handed_out(self, expected: int) -> bool:
        """All are there, and nobody holds one or ever will, but for what is in doubt."""
        is_open = self._ask(lambda: Message.objects.filter(state__in=(MessageState.QUEUED, *IN_HAND)).exists())
        return not is_open and self._ask(Message.objects.count) >= expected

    def settle(self, log: Path) -> None:
        """What an operator's `reconcile_messages` does, done here and now."""
        self._ask(expire_leases)
        _insist(lambda: reconcile(Workspace.objects.get(slug=SLUG), PostfixLog(str(log))))

    def has_doubts(self) -> bool:
        return self._ask(lambda: Message.objects.unknown().exists())

    def states(self) -> dict[str, int]:
        counts = Message.objects.values_list("state").annotate(count=Count("pk")).order_by("state")
        return dict(self._ask(lambda: list(counts)))

    def _ask(self, question: Callable[[], T]) -> T:
        def in_scope() -> T:
            with workspace_scope(Workspace.objects.get(slug=SLUG)):
                return question()

        return _insist(in_scope)


def _insist(question: Callable[[], T]) -> T:
    """The answer, as soon as Postgres is there to give it. A mistake of ours is raised at once."""
    give_up_at = time.monotonic() + PATIENCE
    while True:
        try:
            return question()
        except Error as error:
            if not is_the_databases(error) or time.monotonic() > give_up_at:
                raise
            connection.close()
            time.sleep(0.1)
