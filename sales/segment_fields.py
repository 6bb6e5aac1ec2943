"""What segments can ask of purchases: how many, for how much, of what, and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.db.models import Aggregate, Count, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.public_ids import encode_id
from customers.segment_fields import WHO_COUNTS
from customers.segments.comparing import OPERATORS, Kind, Operator, ValueWanted
from customers.segments.definitions import Condition
from customers.segments.fields import ColumnField, ConditionRefused, Frame, Question, register_segment_fields
from customers.segments.history import History, HistoryField, history_operators
from customers.segments.labels import ids_of
from sales.events import WHAT_ORDERS_COUNT, PageViewed
from sales.models import Order, OrderLine, PageView, Product
from sales.queries import categories, channels

PURCHASES, VISITS = gettext_lazy("Purchases"), gettext_lazy("Visits")
_LISTENS = WHO_COUNTS | {event.kind for event in WHAT_ORDERS_COUNT}
_MOST_NAMES = 200
_MOST_OFFERED = 500


@dataclass(frozen=True)
class WholeHistory(Question):
    """All that somebody ever bought: their fact says it, and the rows that it was counted from prove it."""

    fact: str
    history: History

    def ask(self, frame: Frame) -> Q:
        if frame.is_raw:
            return self.history.ask(frame)
        return OPERATORS[Kind.NUMBER][self.history.operator].ask(F(self.fact), self.history.value, frame.today)


@dataclass(frozen=True)
class PurchasesField(HistoryField):
    """`where` narrows the orders: to those with any of some products or categories, or through some channels."""

    key: str
    label: str | Promise
    fact: str
    measure: Aggregate
    wants: ValueWanted = ValueWanted.NUMBER
    group: str | Promise = PURCHASES
    listens: frozenset[str] = _LISTENS
    filters: ClassVar[tuple[str, ...]] = ("product", "category", "channel")

    @property
    def operators(self) -> Mapping[str, Operator]:
        return history_operators(self.wants)

    def filter_choices(self, name: str) -> list[tuple[str, str]]:
        if name == "product":
            products = Product.objects.offered().order_by("name", "pk")[:_MOST_OFFERED]
            return [(encode_id("prd", product.pk), product.name) for product in products]
        return [(word, word) for word in (categories() if name == "category" else channels())]

    def history(self, condition: Condition, value: float) -> Question:
        history = History(
            rows=partial(_orders, **_narrowed(condition)),
            day=Order._meta.get_field("placed_on"),
            operator=condition.operator,
            value=value,
            within_days=condition.within_days,
            measure=self.measure,
        )
        if condition.within_days or condition.where:
            return history
        return WholeHistory(self.fact, history)


def _narrowed(condition: Condition) -> dict[str, Sequence[Any]]:
    names: dict[str, Sequence[Any]] = {name: _names(condition, name) for name in condition.where}
    if "product" in names:
        names["product"] = ids_of(names["product"], prefix="prd", things=Product.objects.all(), part="where.product")
    return names


def _names(condition: Condition, name: str) -> list[Any]:
    names = condition.where[name]
    if not isinstance(names, list) or not 1 <= len(names) <= _MOST_NAMES or not all(isinstance(n, str) for n in names):
        raise ConditionRefused(_("Give a list of 1 to %(most)s names.") % {"most": _MOST_NAMES}, part=f"where.{name}")
    return names


def _orders(
    *, product: Sequence[int] = (), category: Sequence[str] = (), channel: Sequence[str] = ()
) -> QuerySet[Order]:
    orders = Order.objects.counted()
    if channel:
        orders = orders.filter(channel__in=channel)
    if product:
        orders = orders.filter(Exists(OrderLine.objects.filter(order=OuterRef("pk"), product__in=product)))
    if category:
        lines = OrderLine.objects.filter(order=OuterRef("pk"), product__category__in=category)
        orders = orders.filter(Exists(lines))
    return orders


def _day_of(pick: type[Min | Max]) -> Any:
    orders = Order.objects.counted().filter(customer=OuterRef("pk")).order_by().values("customer")
    return Subquery(orders.annotate(day=pick("placed_on")).values("day"))


@dataclass(frozen=True)
class VisitsField(HistoryField):
    """Views of the shop's pages, as it told them."""

    key: str
    label: str | Promise
    group: str | Promise = VISITS
    listens: frozenset[str] = WHO_COUNTS | {PageViewed.kind}

    def history(self, condition: Condition, value: float) -> Question:
        return History(
            rows=PageView.objects.all,
            day=PageView._meta.get_field("viewed_at"),
            operator=condition.operator,
            value=value,
            within_days=condition.within_days,
            measure=Count("*"),
        )


register_segment_fields(
    PurchasesField("orders", gettext_lazy("Orders"), "facts__orders_count", Count("*")),
    PurchasesField(
        "spent",
        gettext_lazy("Spent"),
        "facts__spent_minor",
        Sum(F("value_minor") - F("refunded_value_minor")),
        wants=ValueWanted.AMOUNT,
    ),
    PurchasesField("units", gettext_lazy("Units bought"), "facts__units", Sum("units")),
    ColumnField(
        "first_order_on",
        gettext_lazy("First order"),
        PURCHASES,
        Kind.DAY,
        path="facts__first_order_on",
        listens=_LISTENS,
        raw=partial(_day_of, Min),
    ),
    ColumnField(
        "last_order_on",
        gettext_lazy("Last order"),
        PURCHASES,
        Kind.DAY,
        path="facts__last_order_on",
        listens=_LISTENS,
        raw=partial(_day_of, Max),
    ),
    VisitsField("pages_viewed", gettext_lazy("Pages viewed")),
)
