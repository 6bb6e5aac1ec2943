"""`/api/v1/`: the resources of every app in one place."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from customers.api import CustomerViewSet
from sales.api import CartViewSet, OrderViewSet, ProductViewSet, ingest

router = SimpleRouter(trailing_slash=False)
router.register("customers", CustomerViewSet, basename="customer")
router.register("orders", OrderViewSet, basename="order")
router.register("products", ProductViewSet, basename="product")
router.register("carts", CartViewSet, basename="cart")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    *(path(name, view, name=name) for name, view in ingest.VIEWS.items()),
]
app_name = "api"
