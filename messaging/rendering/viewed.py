"""What customers looked at last: products that a shop named, and those whose page was looked at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from accounts.scope import current_workspace_id
from sales.models import Product
from sales.money import written

VIEWS_LOOKED_AT = 40
Item = dict[str, str | int]


@dataclass(frozen=True)
class Seen:
    """A page by its path, or a product as it was told: by its sku, its name or both."""

    customer_id: int
    at: datetime
    path: str = ""
    sku: str = ""
    name: str = ""
    price_minor: int | None = None
    currency: str = ""
    url: str = ""

    def as_item(self) -> Item:
        price = "" if self.price_minor is None else written(self.price_minor, self.currency)
        return {"name": self.name, "category": "", "price": price, "product_url": self.url}


def last_viewed(customer_ids: Collection[int], *, most: int) -> dict[int, list[int | Item]]:
    """For each customer, the newest first and each once: a product's id, or what is to be shown of an unknown one.

    Two queries for the views, and one each for the products by their pages and by what shops call them.
    """
    seen = [*_pages(customer_ids), *_products(customer_ids)]
    by_path, by_sku = _products_at({each.path for each in seen} - {""}), _known({each.sku for each in seen} - {""})
    found: dict[int, dict[int | str, int | Item]] = defaultdict(dict)
    for each in sorted(seen, key=lambda view: view.at, reverse=True):
        product_id = by_sku.get(each.sku) or by_path.get(each.path)
        if product_id:
            found[each.customer_id].setdefault(product_id, product_id)
        elif each.name and each.sku not in by_sku:
            found[each.customer_id].setdefault(each.sku or each.name, each.as_item())
    return {customer_id: list(views.values())[:most] for customer_id, views in found.items()}


def _pages(customer_ids: Collection[int]) -> Iterable[Seen]:
    path = "rtrim(split_part(split_part(path, '?', 1), '#', 1), '/')"
    return [Seen(*row) for row in _newest("sales_pageview", f"viewed_at, {path}", customer_ids)]


def _products(customer_ids: Collection[int]) -> Iterable[Seen]:
    columns = "viewed_at, '' as path, sku, name, price_minor, currency, url"
    return [Seen(*row) for row in _newest("sales_productview", columns, customer_ids)]


def _newest(table: str, columns: str, customer_ids: Collection[int]) -> list[tuple[int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"""select c.id, v.* from unnest(%s::bigint[]) as c(id)
                cross join lateral (
                  select {columns} from {table}
                  where workspace_id = %s and customer_id = c.id order by viewed_at desc limit %s) v""",  # noqa: S608  our own words
            [list(customer_ids), current_workspace_id(), VIEWS_LOOKED_AT],
        )
        return list(cursor.fetchall())


def _known(skus: Collection[str]) -> Mapping[str, int | None]:
    """By sku; None for what is offered no more."""
    if not skus:
        return {}
    products = Product.objects.filter(sku__in=skus).values_list("sku", "pk", "archived_at")
    return {sku: None if archived_at else pk for sku, pk, archived_at in products}


def _products_at(paths: Collection[str]) -> dict[str, int]:
    """Whose page it is: of a product's address all but the site's name, which page views do not hold."""
    if not paths:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            """select path, min(id) from (
                 select id,
                        rtrim(split_part(split_part(regexp_replace(url, '^https?://[^/]+', ''), '?', 1), '#', 1), '/')
                          as path
                 from sales_product where workspace_id = %s and url <> '' and archived_at is null) p
               where path = any(%s) and path <> '' group by path""",
            [current_workspace_id(), list(paths)],
        )
        return dict(cursor.fetchall())
