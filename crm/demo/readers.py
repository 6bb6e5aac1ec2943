"""How the neighbours take the bakery's letters: who reads, follows a link, orders, answers, or has had enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zlib import crc32

from crm.demo.letters import REPLIES, WELCOME_REPLIES
from customers.models import Customer
from messaging.actions import Evidence, leave_trace, unsubscribe
from messaging.actions.inbound import take_in_reply, take_in_reports
from messaging.inbound.reading import IncomingReply, Report, ReportKind
from messaging.models import ConsentSource, Message
from messaging.purposes import Purpose
from sales.actions.carts import order_cart, update_cart
from sales.actions.lines import NewLine
from sales.models import Cart, Order, Product
from sales.upserting.rows import OrderLineRow, OrderRow

OPEN, FOLLOW, BUY = 0.46, 0.36, 0.5  # of those who got it; who opened it; who followed
MACHINE, LEAVE, ANSWER = 0.06, 0.008, 0.005
LOST_EVERY = 90  # one of so many addresses sends letters back after a while
CARTS_A_DAY, CARTS_ORDERED, OPEN_CARTS = 2, 0.35, timedelta(hours=40)
Planner = Callable[[datetime, Callable[[], object]], None]
Seller = Callable[[OrderRow], None]


class Readers:
    """`plan(at, what)` has it happen then, `sell(order)` has it placed; nothing happens after `until`."""

    def __init__(self, chance: Random, plan: Planner, sell: Seller, *, until: datetime) -> None:
        self._chance = chance
        self._plan = plan
        self._sell = sell
        self._until = until
        self._products = list(Product.objects.order_by("pk"))
        self._replies = {Purpose.CAMPAIGN: list(REPLIES), Purpose.FLOW: list(WELCOME_REPLIES)}
        self._orders = 0

    def receive(self, messages: Sequence[Message], at: datetime) -> None:
        arrived, returned = [], []
        for message in messages:
            if message.customer is None or not message.is_marketing:
                continue
            if crc32(message.address[::-1].encode()) % LOST_EVERY == 0:
                returned.append(message)
            else:
                arrived.append(message)
                self._read(message, at)
        for minutes, kind, told in ((1, ReportKind.DELIVERED, arrived), (2, ReportKind.HARD_BOUNCE, returned)):
            if told:
                self._later(at, minutes, partial(_report, told, kind, at + timedelta(minutes=minutes)))

    def fill_carts(self, begins: datetime, now: datetime) -> None:
        """In the web shop: some are ordered in the end, some are left, and the newest are still being filled."""
        owners = list(Customer.objects.exclude(email="").filter(joined_on__lt=begins.date()).order_by("pk"))
        hours = round((now - begins).total_seconds() / 3600)
        for number in range(min(hours * CARTS_A_DAY // 24, len(owners))):
            at = begins + timedelta(minutes=self._chance.randrange(60, hours * 60 - 30))
            key, owner = f"web-{number + 1:04d}", self._chance.choice(owners)
            chosen = self._choose()
            lines = [NewLine(product=product, quantity=quantity) for product, quantity in chosen]
            self._plan(at, partial(update_cart, key=key, customer=owner, lines=lines, touched_at=at))
            if self._chance.random() < CARTS_ORDERED and at < now - OPEN_CARTS:
                ordered_at = at + timedelta(minutes=self._chance.randrange(30, 40 * 60))
                order_number = self._order(owner.pk, chosen, ordered_at)
                self._plan(ordered_at, partial(_order_cart, key, order_number))

    def _read(self, message: Message, at: datetime) -> None:
        chance = self._chance
        if chance.random() < MACHINE:
            self._later(at, 1, partial(leave_trace, message, is_machine=True))
        if chance.random() >= OPEN:
            return
        minutes = 3 + round(60 * chance.lognormvariate(1.2, 1.3))
        links = sorted(message.link_set.urls) if message.link_set else []
        follows = bool(links) and chance.random() < FOLLOW
        # Most take the first link. Whoever follows one has opened the message, pictures or not.
        link = (links[0] if chance.random() < 0.7 else chance.choice(links)) if follows else ""  # noqa: PLR2004
        self._later(at, minutes, partial(leave_trace, message, link=link, is_machine=False))
        if follows and message.campaign_id and chance.random() < BUY:
            self._order(
                message.customer_id or 0, self._choose(), at + timedelta(minutes=minutes + chance.randrange(4, 50 * 60))
            )
        elif chance.random() < LEAVE:
            self._leave(message, at + timedelta(minutes=minutes + 1))
        self._perhaps_answer(message, at + timedelta(minutes=minutes + 9))

    def _later(self, at: datetime, minutes: int, what: Callable[[], object]) -> None:
        when = at + timedelta(minutes=minutes)
        if when < self._until:
            self._plan(when, what)

    def _choose(self) -> list[tuple[Product, int]]:
        products = self._chance.sample(self._products, min(2, len(self._products)))
        return [(product, self._chance.randint(1, 3)) for product in products]

    def _order(self, customer_id: int, chosen: Sequence[tuple[Product, int]], at: datetime) -> str:
        """In the web shop. Returns its number."""
        self._orders += 1
        number = f"W-{self._orders:05d}"
        row = OrderRow(
            number=number,
            placed_at=at,
            total_minor=sum(product.price_minor * quantity for product, quantity in chosen),
            customer_id=customer_id,
            channel="web",
            lines=[
                OrderLineRow(sku=product.sku, quantity=quantity, unit_price_minor=product.price_minor)
                for product, quantity in chosen
            ],
            paid_at=at,
            fulfilled_at=at + timedelta(days=1),
        )
        self._sell(row)
        return number

    def _leave(self, message: Message, at: datetime) -> None:
        if message.customer and at < self._until:
            evidence = Evidence(source=ConsentSource.UNSUBSCRIBE, at=at)
            self._plan(at, partial(unsubscribe, message, message.customer, from_everything=False, evidence=evidence))

    def _perhaps_answer(self, message: Message, at: datetime) -> None:
        texts = self._replies.get(Purpose(message.purpose), [])
        is_asked = message.purpose == Purpose.CAMPAIGN or message.step == "welcome-first"
        if not texts or not is_asked or self._chance.random() >= ANSWER * (1 if message.campaign_id else 20):
            return
        text = texts.pop(0)
        told = IncomingReply(
            message_ids=(message.message_id,),
            mail_id=f"<{crc32(text.encode()):08x}@{message.address.rpartition('@')[2]}>",
            sender=message.address,
            subject="Re: " + str(message.template_version.subject).split("{{")[0].strip(" ,:"),
            text=text,
            at=at,
            is_automatic=False,
        )
        self._later(at, 0, partial(take_in_reply, told))


def _order_cart(key: str, number: str) -> None:
    order_cart(Cart.objects.get(key=key), Order.objects.get(number=number))


def _report(messages: Sequence[Message], kind: ReportKind, at: datetime) -> None:
    detail = "550 5.2.1 Mailbox disabled" if kind == ReportKind.HARD_BOUNCE else ""
    take_in_reports(Report(kind, each.message_id, f"demo-{each.pk}", at, detail) for each in messages)
