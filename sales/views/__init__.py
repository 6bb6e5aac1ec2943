from sales.views.carts import cart_archival, cart_create, cart_detail, cart_edit, cart_list
from sales.views.choices import customer_choices
from sales.views.exports import cart_export, order_export, product_export
from sales.views.order_steps import (
    order_archival,
    order_cancellation,
    order_fulfilment,
    order_payment,
    order_refund,
    order_reinstatement,
    order_restoration,
)
from sales.views.orders import order_create, order_detail, order_edit, order_list
from sales.views.products import (
    product_archival,
    product_buyers,
    product_create,
    product_detail,
    product_edit,
    product_list,
    product_restoration,
)
from sales.views.visits import snippet, visit
from sales.views.websites import website, website_secret

__all__ = [
    "cart_archival",
    "cart_create",
    "cart_detail",
    "cart_edit",
    "cart_export",
    "cart_list",
    "customer_choices",
    "order_archival",
    "order_cancellation",
    "order_create",
    "order_detail",
    "order_edit",
    "order_export",
    "order_fulfilment",
    "order_list",
    "order_payment",
    "order_refund",
    "order_reinstatement",
    "order_restoration",
    "product_archival",
    "product_buyers",
    "product_create",
    "product_detail",
    "product_edit",
    "product_export",
    "product_list",
    "product_restoration",
    "snippet",
    "visit",
    "website",
    "website_secret",
]
