from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from accounts.scope import current_workspace_id
from customers.ingesting.telling import Told, ToldEvent, Writing, tell
from sales.events import PageViewed, ProductViewed
from timeline.recording import record_select


@transaction.atomic(savepoint=False)
def view_pages(views: Sequence[ToldEvent]) -> Told:
    """Keep each page view that was not told before; its `properties` are the path. Visitors not known yet are added."""
    return tell(views, _write, is_kept=False)


def _write(writing: Writing) -> int:
    beginning, params = writing
    return record_select(
        PageViewed,
        "select customer_id, viewed_at as occurred_at, id as page_view_id from viewed",
        (),
        writing=(
            f"""{beginning}, viewed as (
                  insert into sales_pageview (workspace_id, customer_id, message_id, name, path, viewed_at)
                  select %s, customer_id, key, name, properties, occurred_at from told
                  returning id, customer_id, viewed_at
                )""",  # noqa: S608  our own words
            [*params, current_workspace_id()],
        ),
    )


@transaction.atomic(savepoint=False)
def view_products(views: Sequence[ToldEvent]) -> Told:
    """As `view_pages`; the `properties` are JSON: sku, price_minor, currency, url."""
    return tell(views, _write_products, is_kept=False)


def _write_products(writing: Writing) -> int:
    beginning, params = writing
    return record_select(
        ProductViewed,
        "select customer_id, viewed_at as occurred_at, id as product_view_id from viewed",
        (),
        writing=(
            f"""{beginning}, viewed as (
                  insert into sales_productview
                    (workspace_id, customer_id, message_id, name, sku, price_minor, currency, url, viewed_at)
                  select %s, customer_id, key, name, p.sku, p.price_minor, p.currency, p.url, occurred_at
                  from told cross join lateral jsonb_to_record(properties::jsonb)
                    as p(sku text, price_minor bigint, currency text, url text)
                  returning id, customer_id, viewed_at
                )""",  # noqa: S608  our own words
            [*params, current_workspace_id()],
        ),
    )
