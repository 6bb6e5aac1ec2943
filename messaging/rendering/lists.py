"""The lists of products that a text can show, fetched for a whole batch at once, and only if a text shows them.

What is in somebody's cart and what they looked at is kept with their message, as all that it was filled in with. What
is the same for everybody (SHARED) is looked up again whenever a message is read.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone
from redis.exceptions import RedisError

from accounts.scope import current_workspace, current_workspace_id
from messaging.models import Message, TemplateVersion
from messaging.rendering.blocks import MOST_PRODUCTS, picked_products
from messaging.rendering.viewed import Item, last_viewed
from sales.models import Cart, Product
from sales.money import written
from sales.queries import best_sellers

Items = list[Item]

CART = ("cart_products", "cart_total", "cart_url")
VIEWED = "viewed_products"
BEST = "best_products"
PICKED = tuple(f"picked_{number}" for number in range(1, 10))
LISTS = ("cart_products", VIEWED, BEST, *PICKED)
SHARED = frozenset({BEST, *PICKED})
TAGS = "customer.tags"
BEST_SINCE = timedelta(days=90)
BEST_KEPT = 900  # seconds
_USED = re.compile(rf"\b(?:{'|'.join([*CART, VIEWED, BEST, *PICKED, re.escape(TAGS)])})\b")


def used_in(version: TemplateVersion) -> set[str]:
    """Which of the values that take a look-up of their own this version shows."""
    return set(_USED.findall(f"{version.subject}\n{version.html}\n{version.text}"))


def shared_lists(versions: Mapping[int, TemplateVersion]) -> dict[int, dict[str, Items]]:
    """What does not depend on the customer, by version id."""
    used = {version_id: used_in(version) & SHARED for version_id, version in versions.items()}
    picks = {version_id: picked_products(version.blocks) for version_id, version in versions.items()}
    best = products_sold_most() if any(BEST in names for names in used.values()) else []
    wanted = {each for version_id, names in used.items() for name in names for each in picks[version_id].get(name, [])}
    items = _items_of(wanted)
    return {
        version_id: {
            name: best if name == BEST else [items[each] for each in picks[version_id].get(name, []) if each in items]
            for name in names
        }
        for version_id, names in used.items()
    }


def own_lists(messages: Sequence[Message], versions: Mapping[int, TemplateVersion]) -> dict[int, dict[str, Any]]:
    """What depends on the customer, by message id: the cart, and what they looked at."""
    used = {version_id: used_in(version) for version_id, version in versions.items()}
    found: dict[int, dict[str, Any]] = {message.pk: {} for message in messages}
    for_cart = [message for message in messages if used[message.template_version_id] & set(CART)]
    for_views = [message for message in messages if VIEWED in used[message.template_version_id]]
    carts = carts_for(for_cart)
    for message in for_cart:
        found[message.pk] |= carts.get(message.pk, {"cart_products": [], "cart_total": "", "cart_url": ""})
    viewed = products_viewed_by({message.customer_id for message in for_views if message.customer_id})
    for message in for_views:
        found[message.pk][VIEWED] = viewed.get(message.customer_id or 0, [])
    return found


def carts_for(messages: Sequence[Message]) -> dict[int, dict[str, Any]]:
    """The cart that each message is about (`cart_id` in its context), or its customer's newest that is open."""
    if not messages:
        return {}
    named = {message.pk: message.context["cart_id"] for message in messages if message.context.get("cart_id")}
    customers = {message.customer_id for message in messages if message.customer_id and message.pk not in named}
    newest = Cart.objects.open().filter(customer__in=customers).order_by("customer_id", "-touched_at", "-pk")
    ids = set(newest.distinct("customer_id").values_list("pk", flat=True)) | set(named.values())
    carts = Cart.objects.with_lines().in_bulk(ids)
    by_customer = {cart.customer_id: cart for cart in carts.values() if cart.pk not in named.values()}
    found = {
        message.pk: carts.get(named[message.pk]) if message.pk in named else by_customer.get(message.customer_id)
        for message in messages
    }
    return {message_id: _cart(cart) for message_id, cart in found.items() if cart}


def products_viewed_by(customer_ids: Collection[int]) -> dict[int, Items]:
    """What each of them looked at last, the newest first."""
    if not customer_ids:
        return {}
    found = last_viewed(customer_ids, most=MOST_PRODUCTS)
    items = _items_of({each for views in found.values() for each in views if isinstance(each, int)})
    return {
        customer_id: [
            items[each] if isinstance(each, int) else each
            for each in views
            if not isinstance(each, int) or each in items
        ]
        for customer_id, views in found.items()
    }


def products_sold_most() -> Items:
    """The same for everybody, so it is looked up every quarter of an hour, and not for every batch."""
    key = f"best-products:{current_workspace_id()}"
    try:
        kept = cache.get(key)
    except RedisError:
        kept = None
    if kept is not None:
        return list(kept)
    since = timezone.localdate() - BEST_SINCE
    found = [_item(product) for product in best_sellers(since=since, limit=MOST_PRODUCTS)]
    with contextlib.suppress(RedisError):
        cache.set(key, found, timeout=BEST_KEPT)
    return found


def example_lists() -> dict[str, Any]:
    """For a preview before there is a customer: products of the workspace's own."""
    items = [_item(product) for product in Product.objects.offered().order_by("pk")[:MOST_PRODUCTS]]
    cart: Items = [{**item, "quantity": 1} for item in items[:2]]
    lists: dict[str, Any] = dict.fromkeys(LISTS, items)
    total = written(4_200, current_workspace().currency)
    return {**lists, "cart_products": cart, "cart_total": total, "cart_url": "https://link.example/cart"}


def _items_of(product_ids: Collection[int]) -> dict[int, dict[str, str | int]]:
    if not product_ids:
        return {}
    products = Product.objects.offered().filter(Q(pk__in=product_ids))
    return {product.pk: _item(product) for product in products}


def _item(product: Product) -> dict[str, str | int]:
    return {
        "name": product.name,
        "category": product.category,
        "price": written(product.price_minor, current_workspace().currency),
        "product_url": product.url,
    }


def _cart(cart: Cart) -> dict[str, Any]:
    lines = list(cart.lines.all())[:MOST_PRODUCTS]
    return {
        "cart_products": [
            {
                "name": line.product.name if line.product else line.description,
                "category": line.product.category if line.product else "",
                "price": written(line.unit_price_minor * line.quantity, cart.currency),
                "product_url": line.product.url if line.product else "",
                "quantity": line.quantity,
            }
            for line in lines
        ],
        "cart_total": written(cart.total_minor, cart.currency),
        "cart_url": cart.url,
    }
