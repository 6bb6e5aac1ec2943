from sales.queries.carts import CartFilter, CartTotals, cart_for_detail, cart_totals, carts_for_list
from sales.queries.choices import customers_beginning_with
from sales.queries.history import order_history
from sales.queries.orders import (
    MOST_SUMMED,
    OrderFilter,
    OrderTotals,
    channels,
    order_for_detail,
    order_totals,
    orders_for_list,
)
from sales.queries.products import (
    Buyer,
    ProductFilter,
    ProductSales,
    best_sellers,
    buyers_of,
    categories,
    products_for_list,
    sales_of,
)
from sales.queries.visitors import unnamed_visitors
from sales.queries.websites import sightings, website_in_force

__all__ = [
    "MOST_SUMMED",
    "Buyer",
    "CartFilter",
    "CartTotals",
    "OrderFilter",
    "OrderTotals",
    "ProductFilter",
    "ProductSales",
    "best_sellers",
    "buyers_of",
    "cart_for_detail",
    "cart_totals",
    "carts_for_list",
    "categories",
    "channels",
    "customers_beginning_with",
    "order_for_detail",
    "order_history",
    "order_totals",
    "orders_for_list",
    "products_for_list",
    "sales_of",
    "sightings",
    "unnamed_visitors",
    "website_in_force",
]
