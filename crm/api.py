"""`/api/v1/`: the resources of every app in one place."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from crm import api_pages
from customers.api import CustomerViewSet, SegmentViewSet
from messaging.api import (
    CampaignViewSet,
    ConsentViewSet,
    ContactWishViewSet,
    FlowViewSet,
    MessageViewSet,
    TemplateViewSet,
)
from sales.api import CartViewSet, OrderViewSet, ProductViewSet, ingest

router = SimpleRouter(trailing_slash=False)
router.register("customers", CustomerViewSet, basename="customer")
router.register("segments", SegmentViewSet, basename="segment")
router.register("orders", OrderViewSet, basename="order")
router.register("products", ProductViewSet, basename="product")
router.register("carts", CartViewSet, basename="cart")
router.register("campaigns", CampaignViewSet, basename="campaign")
router.register("messages", MessageViewSet, basename="message")
router.register("templates", TemplateViewSet, basename="template")
router.register("flows", FlowViewSet, basename="flow")

urlpatterns: list[URLPattern | URLResolver] = [
    # What is asked most often comes first: patterns are tried one by one.
    *(path(name, view, name=name) for name, view in ingest.VIEWS.items()),
    path("docs/", api_pages.api_reference, name="api_reference"),
    path("docs/errors", api_pages.api_errors, name="api_errors"),
    path("schema", api_pages.api_schema, name="api_schema"),
    path("consents", ConsentViewSet.as_view({"post": "create"}), name="consent_list"),
    path(
        "customers/<str:id>/wish",
        ContactWishViewSet.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="contact_wish_detail",
    ),
    *router.urls,
]
app_name = "api"
