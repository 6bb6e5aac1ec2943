from __future__ import annotations

from dataclasses import dataclass

from timeline.registry import EventBody


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(EventBody):
    """`value_minor` is in the workspace's currency, as the order was then."""

    order_id: int
    value_minor: int


@dataclass(frozen=True, kw_only=True)
class OrderPaid(EventBody):
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderChanged(EventBody):
    """When it moved from one customer to another it is recorded on both, each naming the other (None: to nobody)."""

    order_id: int
    has_moved: bool = False
    other_customer_id: int | None = None

    @classmethod
    def on_both(cls, *, order_id: int, before: int | None, after: int | None) -> list[OrderChanged]:
        """On the customer whose it is, and on whose it was, so that the facts of both follow."""
        if before == after:
            return [cls(customer_id=after, order_id=order_id)]
        return [
            cls(customer_id=customer_id, order_id=order_id, has_moved=True, other_customer_id=other)
            for customer_id, other in ((before, after), (after, before))
        ]


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(EventBody):
    order_id: int
    refund_id: int
    value_minor: int


@dataclass(frozen=True, kw_only=True)
class OrderFulfilled(EventBody):
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderCancelled(EventBody):
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderArchived(EventBody):
    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderRestored(EventBody):
    """It was archived, or cancelled, and counts again."""

    order_id: int


@dataclass(frozen=True, kw_only=True)
class CartUpdated(EventBody):
    cart_id: int
    total_minor: int


@dataclass(frozen=True, kw_only=True)
class CartOrdered(EventBody):
    cart_id: int
    order_id: int


@dataclass(frozen=True, kw_only=True)
class CartArchived(EventBody):
    """By hand, or because it was emptied."""

    cart_id: int


@dataclass(frozen=True, kw_only=True)
class ProductAdded(EventBody):
    product_id: int


@dataclass(frozen=True, kw_only=True)
class ProductChanged(EventBody):
    product_id: int


@dataclass(frozen=True, kw_only=True)
class ProductArchived(EventBody):
    product_id: int


@dataclass(frozen=True, kw_only=True)
class ProductRestored(EventBody):
    product_id: int


@dataclass(frozen=True, kw_only=True)
class PageViewed(EventBody):
    page_view_id: int


@dataclass(frozen=True, kw_only=True)
class ProductViewed(EventBody):
    product_view_id: int


@dataclass(frozen=True, kw_only=True)
class WebsiteChanged(EventBody):
    """What the snippet on the website may tell, or the secret by which customers are named to it."""

    website_id: int


# After one of these, an order counts otherwise than before; so do the orders of a customer after a merge.
WHAT_ORDERS_COUNT = (OrderPlaced, OrderChanged, OrderRefunded, OrderCancelled, OrderArchived, OrderRestored)
