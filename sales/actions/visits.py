from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from accounts.scope import current_workspace_id
from customers.ingesting.telling import Told, ToldEvent, Writing, tell
from sales.events import PageViewed, ProductViewed
from timeline.recording import record_select
from timeline.registry import EventBody


@dataclass(frozen=True)
class _Views:
    """Where views are kept; `columns` are those that only they have, `values` is what of `source` goes there."""

    event: type[EventBody]
    id_name: str
    table: str
    columns: str
    values: str
    source: str


_PAGES = _Views(PageViewed, "page_view_id", "sales_pageview", "path", "properties", "told")
_PRODUCTS = _Views(
    ProductViewed,
    "product_view_id",
    "sales_productview",
    "sku, price_minor, currency, url",
    "p.sku, p.price_minor, p.currency, p.url",
    """told cross join lateral jsonb_to_record(properties::jsonb)
         as p(sku text, price_minor bigint, currency text, url text)""",
)


@transaction.atomic(savepoint=False)
def view_pages(views: Sequence[ToldEvent]) -> Told:
    """Keep each page view that was not told before; its `properties` are the path. Visitors not known yet are added."""
    return tell(views, partial(_write, _PAGES), is_kept=False)


@transaction.atomic(savepoint=False)
def view_products(views: Sequence[ToldEvent]) -> Told:
    """As `view_pages`; the `properties` are JSON: sku, price_minor, currency, url."""
    return tell(views, partial(_write, _PRODUCTS), is_kept=False)


def _write(kept: _Views, writing: Writing) -> int:
    beginning, params = writing
    return record_select(
        kept.event,
        f"select customer_id, viewed_at as occurred_at, id as {kept.id_name} from viewed",  # noqa: S608  our own words
        (),
        writing=(
            f"""{beginning}, viewed as (
                  insert into {kept.table} (workspace_id, customer_id, message_id, name, {kept.columns}, viewed_at)
                  select %s, customer_id, key, name, {kept.values}, occurred_at from {kept.source}
                  returning id, customer_id, viewed_at
                )""",  # noqa: S608  our own words
            [*params, current_workspace_id()],
        ),
    )
