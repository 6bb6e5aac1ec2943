from sales.api.carts import CartViewSet
from sales.api.orders import OrderViewSet
from sales.api.products import ProductViewSet

__all__ = ["CartViewSet", "OrderViewSet", "ProductViewSet"]
