"""The demo from the first member to the last cart. Run again after an interruption, it finishes what is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, time, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from django.db import connections
from django.utils import timezone

from accounts.actions import create_workspace, edit_workspace
from accounts.models import Membership, Role, User, Workspace
from accounts.scope import workspace_scope
from crm.demo.people import Neighbour, neighbours
from crm.demo.purchases import purchases
from crm.demo.stages import plan_ahead, reach_people
from crm.demo.website import before, looks, offer_products, tell_looks
from crm.demo.weeks import beginning
from crm.demo.words import GREETING, GREETING_SUBJECT, NOTES, PRIVACY_NOTICE
from customers.actions.notes import write_note
from customers.actions.upsert import upsert_customers
from customers.models import Customer, Note
from messaging.actions import Said, record_consents, switch_on_greeting, write_greeting
from messaging.models import ConsentSource, ConsentState, SubscriptionTopic
from messaging.models.consent import GREETINGS
from messaging.queries import birthday_greeting
from sales.actions.refunds import refund_order
from sales.actions.upsert import upsert_orders
from sales.models import Order
from timeline.drain import drain_workspace

EMAIL, PASSWORD = "demo@bakery.example", "bread-and-butter"
SLUG = "corner-bakery"
ZONE = ZoneInfo("Europe/Berlin")
TEAM = (("Ben Yilmaz", "ben@bakery.example", Role.MARKETER), ("Clara Novak", "clara@bakery.example", Role.AGENT))
CUSTOMERS = 2000
ORDERS_AT_ONCE = 5000
AGREE = 0.78
REFUNDS = 60
GREETING_HOUR = 7  # when the bakery opens
SEED = 1886


def open_bakery(*, customers: int = CUSTOMERS) -> Workspace:
    """Make the whole demo, from its first member to its last cart. Returns its workspace."""
    chance, now = Random(SEED), timezone.now()  # noqa: S311  the same bakery every time
    workspace = _workspace()
    people = neighbours(chance, count=customers, today=now.astimezone(ZONE).date())
    orders, looked = purchases(chance, people, now=now, zone=ZONE), looks(people, now=now, zone=ZONE)
    _in_scope(workspace, lambda: _bring_in(chance, people))
    begins = beginning(now, ZONE)
    history = [order for order in orders if order.placed_at < begins]
    for start in range(0, len(history), ORDERS_AT_ONCE):
        _in_scope(workspace, partial(upsert_orders, history[start : start + ORDERS_AT_ONCE], source="demo"))
    _in_scope(workspace, lambda: tell_looks(before(looked, begins)))
    _freshen_statistics()
    # Before there are flows: each of them would look at all of it for whom it is about.
    drain_workspace(workspace)
    owner, author = User.objects.get(email=EMAIL), User.objects.get(email=TEAM[0][1])
    reach_people(workspace, author, owner, orders[len(history) :], looked, now=now)
    _in_scope(workspace, lambda: _live_on(chance, now))
    drain_workspace(workspace)
    plan_ahead(workspace, author, owner, now=now)
    return workspace


def _workspace() -> Workspace:
    if workspace := Workspace.objects.filter(slug=SLUG).first():
        return workspace
    owner = User.objects.create_user(EMAIL, PASSWORD, name="Ada Martin")
    workspace = create_workspace(name="Corner Bakery", owner=owner, zone=str(ZONE), currency="EUR")
    for name, email, role in TEAM:
        # The same for all of them, and public: hashed once, since that is meant to take long.
        user = User.objects.create(email=email, name=name, password=owner.password)
        Membership.objects.create(user=user, workspace=workspace, role=role)
    with workspace_scope(workspace, actor=f"user:{owner.pk}"):
        edit_workspace(
            brand_color="#b4541a",
            sender_email="hello@bakery.example",
            postal_address="Lindenstraße 12\n10997 Berlin",
            privacy_notice=PRIVACY_NOTICE,
        )
    workspace.refresh_from_db()
    return workspace


def _bring_in(chance: Random, people: Sequence[Neighbour]) -> None:
    """The neighbours, and what each of them agreed to at the counter when they got their card."""
    offer_products()
    outcomes = upsert_customers([neighbour.row for neighbour in people], source="demo")
    topics = list(SubscriptionTopic.objects.in_use())
    record_consents(
        [
            Said(
                outcome.id or 0,
                topic.pk,
                ConsentState.GIVEN,
                datetime.combine(neighbour.joined_on, time(12), ZONE),
                wording=PRIVACY_NOTICE,
                detail="customer card",
            )
            for neighbour, outcome in zip(people, outcomes, strict=True)
            for topic in topics
            if chance.random() < AGREE
        ],
        source=ConsentSource.IMPORT,
    )


def _live_on(chance: Random, now: datetime) -> None:
    """What happens in between: something goes back, somebody is noted down."""
    _greet_birthdays()
    _note_down()
    for order in Order.objects.order_by("pk")[:: max(1, Order.objects.count() // REFUNDS)]:
        amount = order.total_minor if order.total_minor < 300 else order.total_minor // 2  # noqa: PLR2004  3 euros
        refunded_at = min(now, order.placed_at + timedelta(minutes=chance.randrange(20, 3 * 24 * 60)))
        refund_order(order, amount_minor=amount, reason="Sold out after paying", key="demo", refunded_at=refunded_at)


def _greet_birthdays() -> None:
    """By the real automation: once the workers run, today's greetings leave for the mailbox."""
    if birthday_greeting() is None:
        topic = SubscriptionTopic.objects.get(key=GREETINGS)
        write_greeting(subject=GREETING_SUBJECT, body=GREETING, topic=topic, send_hour=GREETING_HOUR)
    switch_on_greeting()


def _note_down() -> None:
    author = User.objects.get(email=TEAM[1][1])
    for tag, text in NOTES:
        customer = Customer.objects.filter(customer_tags__tag__name=tag).order_by("pk").first()
        if customer and not Note.objects.filter(customer=customer).exists():
            write_note(customer, text=text, author=author)


def _in_scope(workspace: Workspace, step: Callable[[], object]) -> None:
    """One transaction each: a long one would hold every subscriber back."""
    with workspace_scope(workspace):
        step()


def _freshen_statistics() -> None:
    """Postgres plans well only with statistics, and autovacuum has not come by yet."""
    if "owner" in connections:
        with connections["owner"].cursor() as cursor:
            cursor.execute("analyze")
