from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.models import Customer, CustomerTag
from messaging.actions import Wording, write_template
from messaging.models import Message, TemplateVersion
from messaging.previewing import preview_message, preview_wording, render_for
from messaging.rendering import contexts_for
from messaging.rendering.lists import shared_lists
from messaging.sending.preparation import look_at
from sales.models import Cart, CartLine, OrderLine, PageView, ProductView
from tests.factories.customers import CustomerFactory, TagFactory
from tests.factories.messaging import ConsentFactory, MessageFactory, TopicFactory
from tests.factories.sales import CartFactory, OrderFactory, ProductFactory

pytestmark = pytest.mark.usefixtures("workspace")


def version_with(*lists: str, **more: Any) -> TemplateVersion:
    blocks = [{"type": "products", "list": each, "most": 3, **more} for each in lists]
    return write_template(name="Shop", wording=Wording("Hello", blocks=blocks or [{"type": "text", "text": "Hi"}]))


def cart_of(customer: Customer, *names: str, **more: Any) -> Cart:
    cart = CartFactory(customer=customer, currency="EUR", total_minor=900, **more)
    for position, name in enumerate(names, start=1):
        product = ProductFactory(name=name, url=f"https://shop.example/{name.lower()}")
        CartLine.objects.create(
            cart=cart, product=product, position=position, description=name, quantity=2, unit_price_minor=450
        )
    return cart


def view(customer: Customer, path: str, *, minutes_ago: int) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    PageView.objects.create(customer=customer, message_id=f"{customer.pk}{path}{minutes_ago}", path=path, viewed_at=at)


def product_view(customer: Customer, *, minutes_ago: int, **told: Any) -> None:
    at = timezone.now() - timedelta(minutes=minutes_ago)
    ProductView.objects.create(customer=customer, message_id=f"{customer.pk}{told}{minutes_ago}", viewed_at=at, **told)


def test_the_cart_is_the_newest_that_is_open() -> None:
    customer, now = CustomerFactory(), timezone.now()
    cart_of(customer, "Old", touched_at=now - timedelta(days=2))
    cart_of(customer, "Rye", "Bun", touched_at=now - timedelta(days=1))
    cart_of(customer, "Ordered", touched_at=now, ordered_at=now)

    rendered = render_for(customer, version_with("cart"))

    assert "2 × " in rendered.text  # noqa: RUF001
    assert "Rye (https://shop.example/rye) €9.00" in rendered.text
    assert "Bun" in rendered.text
    assert "Old" not in rendered.text
    assert "Ordered" not in rendered.text


def test_a_message_can_be_about_one_cart() -> None:
    customer = CustomerFactory()
    meant = cart_of(customer, "Meant", touched_at=timezone.now() - timedelta(days=2))
    cart_of(customer, "Newer")
    version = version_with("cart")
    message = MessageFactory(customer=customer, template_version=version, context={"cart_id": meant.pk})

    context = contexts_for([message], {version.pk: version})[message.pk]

    assert [item["name"] for item in context["cart_products"]] == ["Meant"]
    assert context["cart_total"] == "€9.00"


def test_products_viewed_come_newest_first_and_once() -> None:
    customer = CustomerFactory()
    for name in ("Rye", "Bun", "Cake"):
        ProductFactory(name=name, url=f"https://shop.example/p/{name.lower()}/")
    view(customer, "/p/rye", minutes_ago=9)
    view(customer, "/p/cake/?utm=1", minutes_ago=5)
    view(customer, "/p/rye/", minutes_ago=3)
    view(customer, "/", minutes_ago=1)

    text = render_for(customer, version_with("viewed")).text

    assert text.index("Rye") < text.index("Cake")
    assert text.count("Rye") == 1
    assert "Bun" not in text


def test_products_viewed_are_known_by_their_sku_and_else_shown_as_they_were_told() -> None:
    customer = CustomerFactory()
    ProductFactory(name="Rye", sku="RYE", price_minor=450, url="https://shop.example/p/rye")
    ProductFactory(name="Stale", sku="STALE", archived_at=timezone.now())
    view(customer, "/p/rye", minutes_ago=9)
    product_view(customer, minutes_ago=8, sku="RYE", name="Cheaper", price_minor=1, currency="EUR")
    product_view(customer, minutes_ago=7, sku="STALE", name="Stale", price_minor=1, currency="EUR")
    product_view(
        customer, minutes_ago=6, sku="NEW", name="New", price_minor=320, currency="EUR", url="https://s.example/n"
    )
    product_view(customer, minutes_ago=5, sku="NAMELESS")

    text = render_for(customer, version_with("viewed")).text

    assert "New (https://s.example/n) €3.20" in text
    assert "Rye (https://shop.example/p/rye) €4.50" in text
    assert text.index("New") < text.index("Rye")
    assert (text.count("Rye"), text.count("RYE")) == (1, 0)
    assert "Cheaper" not in text
    assert "Stale" not in text


def test_best_sellers_are_what_sold_most_lately() -> None:
    names = ("Rye", "Bun", "Cake")
    products = [ProductFactory(name=name) for name in names]
    for product, quantity, days in zip(products, (1, 5, 50), (1, 1, 400), strict=True):
        order = OrderFactory(placed_on=timezone.localdate() - timedelta(days=days))
        OrderLine.objects.create(order=order, product=product, description="x", quantity=quantity)

    text = render_for(CustomerFactory(), version_with("best")).text

    assert text.index("Bun") < text.index("Rye")
    assert "Cake" not in text


def test_products_of_ones_choice_stand_in_their_order() -> None:
    first, second, gone = ProductFactory(), ProductFactory(), ProductFactory(archived_at=timezone.now())
    blocks: list[dict[str, Any]] = [
        {"type": "products", "list": "picked", "products": [second.pk, gone.pk]},
        {"type": "products", "list": "picked", "products": [first.pk], "prices": False},
    ]

    text = preview_wording(Wording("Hello", blocks=blocks), customer=CustomerFactory()).text

    assert text.index(second.name) < text.index(first.name)
    assert gone.name not in text
    assert text.count("€4.50") == 1


def test_a_foreign_product_is_never_shown(other_workspace: Workspace) -> None:
    with workspace_scope(other_workspace):
        foreign = ProductFactory(name="Tulips")
    blocks = [{"type": "products", "list": "picked", "products": [foreign.pk]}]

    assert "Tulips" not in preview_wording(Wording("Hello", blocks=blocks), customer=CustomerFactory()).html


def test_who_has_nothing_gets_an_empty_list() -> None:
    rendered = render_for(CustomerFactory(), version_with("cart", "viewed", "best"))

    assert "€" not in rendered.text


def test_tags_decide() -> None:
    regular, other, tag = CustomerFactory(), CustomerFactory(), TagFactory(name="regular")
    CustomerTag.objects.create(customer=regular, tag=tag)
    when = {"fact": "customer.tags", "is": "has", "value": "regular"}
    version = write_template(
        name="Tags", wording=Wording("Hello", blocks=[{"type": "text", "text": "Thanks", "when": when}])
    )

    assert ["Thanks" in render_for(each, version).text for each in (regular, other)] == [True, False]


def test_what_all_share_is_not_kept_with_each_message() -> None:
    topic, product = TopicFactory(), ProductFactory()
    customer = ConsentFactory(topic=topic).customer
    cart_of(customer, "Rye")
    version = write_template(
        name="Both",
        wording=Wording(
            "Hello",
            blocks=[
                {"type": "products", "list": "picked", "products": [product.pk]},
                {"type": "products", "list": "cart"},
            ],
        ),
    )
    message = MessageFactory(customer=customer, topic=topic, template_version=version)

    [allowed] = look_at([message]).allowed

    assert "cart_products" in allowed.context
    assert "picked_1" not in allowed.context
    assert [item["name"] for item in allowed.shared["picked_1"]] == [product.name]
    Message.objects.filter(pk=message.pk).update(context=allowed.context)
    message.refresh_from_db()
    assert product.name in preview_message(message).html


@pytest.mark.parametrize("count", [1, 3])
def test_the_queries_of_lists_do_not_grow(count: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    ProductFactory(name="Seen", url="https://shop.example/seen")
    version = version_with("cart", "viewed", "best")
    messages = []
    for _ in range(count):
        customer = CustomerFactory()
        cart_of(customer, "Rye")
        view(customer, "/seen", minutes_ago=1)
        product_view(customer, minutes_ago=2, sku="SEEN")
        messages.append(MessageFactory(customer=customer, template_version=version))
    cache.clear()

    with django_assert_num_queries(10):
        contexts_for(messages, {version.pk: version})
        shared_lists({version.pk: version})


def test_a_text_without_lists_asks_for_none(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    version = version_with()
    message = MessageFactory(template_version=version)

    with django_assert_num_queries(1):
        contexts_for([message], {version.pk: version})
        shared_lists({version.pk: version})
