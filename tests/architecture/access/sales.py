from __future__ import annotations

from sales.actions import archive_order, archive_product, cancel_order
from sales.models import Sighting
from tests.architecture.access.rows import Kwargs, Row
from tests.factories.customers import CustomerFactory
from tests.factories.sales import CartFactory, OrderFactory, ProductFactory
from tests.sales.typed import typed_cart, typed_order

RYE = {"description": "Rye", "quantity": "2", "price": "4.50"}


def an_order() -> Kwargs:
    return {"order_id": OrderFactory(paid_at=None).pk}


def an_archived_order() -> Kwargs:
    return {"order_id": archive_order(OrderFactory()).pk}


def a_cancelled_order() -> Kwargs:
    return {"order_id": cancel_order(OrderFactory()).pk}


def a_product() -> Kwargs:
    return {"product_id": ProductFactory().pk}


def an_archived_product() -> Kwargs:
    return {"product_id": archive_product(ProductFactory()).pk}


def a_cart() -> Kwargs:
    return {"cart_id": CartFactory().pk}


def an_order_as_typed(_: Kwargs) -> dict[str, str]:
    customer = CustomerFactory()
    return typed_order({**RYE, "sku": ProductFactory().sku}, customer=f"{customer} · #{customer.pk}", number="A-1")


def a_cart_as_typed(_: Kwargs) -> dict[str, str]:
    customer = CustomerFactory()
    return typed_cart({**RYE, "sku": ProductFactory().sku}, customer=f"{customer} · #{customer.pk}")


def a_sighting() -> Kwargs:
    for number, is_taken in enumerate((True, False)):
        Sighting.objects.get_or_create(site=f"site-{number}.example", defaults={"is_taken": is_taken})
    return {}


def a_product_as_typed(_: Kwargs) -> dict[str, str]:
    return {"name": "Rye loaf", "sku": "RYE", "price": "4.50"}


TYPED = {"customer": lambda: f"#{CustomerFactory().pk}", "lines-0-sku": lambda: ProductFactory(sku="ROSE").sku}

ROWS = {
    "sales:website": Row(a_sighting, post=lambda _: {"is_on": "on", "sites": "https://shop.example\nbakery.example"}),
    "sales:website_secret": Row(get=False, post=lambda _: {}),
    "sales:order_list": Row(query="q=A&status=any&sort=-value_minor"),
    "sales:order_export": Row(query="status=any"),
    "sales:order_create": Row(post=an_order_as_typed, foreign=TYPED),
    "sales:customer_choices": Row(query="customer=cust"),
    "sales:order_detail": Row(an_order),
    "sales:order_edit": Row(an_order, post=an_order_as_typed, foreign=TYPED),
    "sales:order_payment": Row(an_order, get=False, post=lambda _: {}),
    "sales:order_fulfilment": Row(an_order, get=False, post=lambda _: {}),
    "sales:order_refund": Row(an_order, post=lambda _: {"amount": "1.00", "key": "page-1"}),
    "sales:order_cancellation": Row(an_order, post=lambda _: {}),
    "sales:order_reinstatement": Row(a_cancelled_order, get=False, post=lambda _: {}),
    "sales:order_archival": Row(an_order, get=False, post=lambda _: {}),
    "sales:order_restoration": Row(an_archived_order, get=False, post=lambda _: {}),
    "sales:product_list": Row(query="q=loaf&sort=-price_minor"),
    "sales:product_export": Row(),
    "sales:product_create": Row(post=a_product_as_typed),
    "sales:product_detail": Row(a_product),
    "sales:product_buyers": Row(a_product),
    "sales:product_edit": Row(a_product, post=a_product_as_typed),
    "sales:product_archival": Row(a_product, get=False, post=lambda _: {}),
    "sales:product_restoration": Row(an_archived_product, get=False, post=lambda _: {}),
    "sales:cart_list": Row(query="status=open&sort=total_minor"),
    "sales:cart_export": Row(),
    "sales:cart_create": Row(post=a_cart_as_typed, foreign=TYPED),
    "sales:cart_detail": Row(a_cart),
    "sales:cart_edit": Row(a_cart, post=a_cart_as_typed, foreign=TYPED),
    "sales:cart_archival": Row(a_cart, get=False, post=lambda _: {}),
}
