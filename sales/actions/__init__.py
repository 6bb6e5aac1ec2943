from sales.actions.carts import archive_cart, order_cart, update_cart
from sales.actions.forgetting import forget_visitors
from sales.actions.lines import NewLine
from sales.actions.orders import (
    archive_order,
    cancel_order,
    edit_order,
    fulfil_order,
    pay_order,
    place_order,
    reinstate_order,
    restore_order,
)
from sales.actions.products import add_product, archive_product, edit_product, restore_product
from sales.actions.refunds import refund_order
from sales.actions.websites import (
    edit_website,
    make_identity_secret,
    note_sighting,
    sighting_is_due,
    tell_visit,
)

__all__ = [
    "NewLine",
    "add_product",
    "archive_cart",
    "archive_order",
    "archive_product",
    "cancel_order",
    "edit_order",
    "edit_product",
    "edit_website",
    "forget_visitors",
    "fulfil_order",
    "make_identity_secret",
    "note_sighting",
    "order_cart",
    "pay_order",
    "place_order",
    "refund_order",
    "reinstate_order",
    "restore_order",
    "restore_product",
    "sighting_is_due",
    "tell_visit",
    "update_cart",
]
