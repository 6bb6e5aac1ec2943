from sales.models.carts import Cart, CartLine
from sales.models.orders import Order, OrderLine, Refund
from sales.models.products import Product
from sales.models.visits import PageView, ProductView
from sales.models.websites import Sighting, Website

__all__ = [
    "Cart",
    "CartLine",
    "Order",
    "OrderLine",
    "PageView",
    "Product",
    "ProductView",
    "Refund",
    "Sighting",
    "Website",
]
