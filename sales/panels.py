"""How sales reads on a customer's timeline and profile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.contracts import Panel, TimelineEntry, describes, register_panel, timeline_group
from customers.models import Customer
from sales.models import Cart, Order, PageView, ProductView, Refund
from sales.money import written
from sales.queries.orders import OrderFilter, order_totals
from sales.queries.talking_points import talking_points
from timeline.models import Event

SHOWN = 5
ORDERS = timeline_group("orders", gettext_lazy("Orders"))
CARTS = timeline_group("carts", gettext_lazy("Carts"))
VISITS = timeline_group("visits", gettext_lazy("Visits"))


@describes(
    "OrderPlaced",
    "OrderPaid",
    "OrderChanged",
    "OrderFulfilled",
    "OrderCancelled",
    "OrderArchived",
    "OrderRestored",
    group=ORDERS,
)
def describe_orders(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    orders = Order.objects.in_bulk({event.payload["order_id"] for event in events})
    return {
        event.pk: _ORDER_WORDS[event.kind](order)
        for event in events
        if (order := orders.get(event.payload["order_id"]))
    }


@describes("OrderRefunded", group=ORDERS)
def describe_refunds(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    refunds = Refund.objects.select_related("order").in_bulk({event.payload["refund_id"] for event in events})
    entries = {}
    for event in events:
        if refund := refunds.get(event.payload["refund_id"]):
            amount = written(refund.amount_minor, refund.order.currency)
            entries[event.pk] = TimelineEntry(
                "receipt-refund",
                _("%(amount)s of order %(order)s refunded") % {"amount": amount, "order": refund.order},
                refund.reason,
                _order_url(refund.order),
            )
    return entries


@describes("CartUpdated", "CartOrdered", "CartArchived", group=CARTS)
def describe_carts(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    """A cart that was erased meanwhile is told of without a link."""
    carts = Cart.objects.in_bulk({event.payload["cart_id"] for event in events})
    return {event.pk: _cart_entry(event, carts.get(event.payload["cart_id"])) for event in events}


@describes("PageViewed", group=VISITS)
def describe_visits(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    views = PageView.objects.in_bulk({event.payload["page_view_id"] for event in events})
    return {
        event.pk: TimelineEntry(
            "eye", _("Looked at %(page)s") % {"page": view.name or view.path}, view.path if view.name else ""
        )
        for event in events
        if (view := views.get(event.payload["page_view_id"]))
    }


@describes("ProductViewed", group=VISITS)
def describe_product_views(events: Sequence[Event]) -> dict[int, TimelineEntry]:
    views = ProductView.objects.in_bulk({event.payload["product_view_id"] for event in events})
    return {
        event.pk: TimelineEntry("eye", _("Looked at the product %(product)s") % {"product": view}, view.sku)
        for event in events
        if (view := views.get(event.payload["product_view_id"]))
    }


def orders_panel(customer: Customer) -> dict[str, Any]:
    """The newest orders, whatever became of them; the sums are of those that count, as on the page that they open."""
    orders = list(Order.objects.filter(customer=customer).order_by("-placed_at", "-pk")[:SHOWN])
    totals = order_totals(OrderFilter(customer=customer.pk)) if orders else None
    return {"customer": customer, "orders": orders, "totals": totals}


def cart_panel(customer: Customer) -> dict[str, Any]:
    carts = Cart.objects.open().filter(customer=customer).with_lines().order_by("-touched_at", "-pk")
    return {"customer": customer, "carts": list(carts[:SHOWN])}


def talking_points_panel(customer: Customer) -> dict[str, Any]:
    return {"points": talking_points(customer)}


register_panel(
    Panel(
        "talking_points",
        gettext_lazy("Talking points"),
        15,
        "sales/panels/talking_points.html",
        talking_points_panel,
    )
)
register_panel(Panel("orders", gettext_lazy("Orders"), 20, "sales/panels/orders.html", orders_panel))
register_panel(Panel("cart", gettext_lazy("Cart"), 30, "sales/panels/cart.html", cart_panel))


def _placed(order: Order) -> TimelineEntry:
    amount = written(order.total_minor, order.currency)
    detail = " · ".join(part for part in (order.number, order.channel) if part)
    return TimelineEntry("receipt", _("Ordered for %(amount)s") % {"amount": amount}, detail, _order_url(order))


def _step(icon: str, words: Promise) -> Callable[[Order], TimelineEntry]:
    return lambda order: TimelineEntry(icon, str(words) % {"order": order}, "", _order_url(order))


_ORDER_WORDS: dict[str, Callable[[Order], TimelineEntry]] = {
    "OrderPlaced": _placed,
    "OrderPaid": _step("credit-card", gettext_lazy("Order %(order)s paid")),
    "OrderChanged": _step("edit", gettext_lazy("Order %(order)s changed")),
    "OrderFulfilled": _step("package", gettext_lazy("Order %(order)s fulfilled")),
    "OrderCancelled": _step("circle-x", gettext_lazy("Order %(order)s cancelled")),
    "OrderArchived": _step("archive", gettext_lazy("Order %(order)s archived")),
    "OrderRestored": _step("arrow-back-up", gettext_lazy("Order %(order)s restored")),
}


def _cart_entry(event: Event, cart: Cart | None) -> TimelineEntry:
    url = _url("sales:cart_detail", cart.pk) if cart else ""
    if event.kind == "CartOrdered":
        return TimelineEntry("shopping-bag", _("Ordered what was in the cart"), "", url)
    if event.kind == "CartArchived":
        return TimelineEntry("shopping-cart-x", _("Cart emptied or put away"), "", url)
    words = _("Filled a cart")
    if cart:
        amount = written(event.payload["total_minor"], cart.currency)
        words = _("Filled a cart, %(amount)s") % {"amount": amount}
    return TimelineEntry("shopping-cart", words, "", url)


def _order_url(order: Order) -> str:
    return _url("sales:order_detail", order.pk)


def _url(name: str, pk: int) -> str:
    return reverse(name, urlconf=settings.WORKSPACE_URLCONF, args=[pk])
