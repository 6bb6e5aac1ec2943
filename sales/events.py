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
    """Also when it moved from one customer to another: then it is recorded on both."""

    order_id: int


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
