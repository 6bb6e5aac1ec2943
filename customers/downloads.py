"""The customer list as a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from babel.numbers import get_currency_precision
from django.http import StreamingHttpResponse

from accounts.csv_download import Rows, csv_download
from accounts.models import Workspace
from customers.models import Attribute, Customer
from customers.queries import CustomerFilter, customer_batch, found_by

BATCH = 2000
COLUMNS = [
    "Name", "E-mail", "Phone", "Language", "Time zone", "Birthday", "Joined on", "Address", "City", "Postal code",
    "Country", "Preferred channel", "Came through", "Tags", "Orders", "Spent", "Currency", "First order on",
    "Last order on",
]  # fmt: skip


def customer_csv(workspace: Workspace, wanted: CustomerFilter, *, sort: str) -> StreamingHttpResponse:
    found = found_by(wanted)
    attributes = dict(Attribute.objects.filter(archived_at=None).order_by("label", "pk").values_list("key", "label"))

    def batch(cursor: str) -> tuple[Rows, str | None]:
        page = customer_batch(wanted, found, sort=sort, cursor=cursor, size=BATCH)
        rows = [[*_cells(customer, workspace.currency), *_values(customer, attributes)] for customer in page.rows]
        return rows, page.next_cursor

    return csv_download(workspace, name="customers", header=[*COLUMNS, *attributes.values()], batch=batch)


def _cells(customer: Customer, currency: str) -> list[object]:
    facts = customer.facts
    return [
        customer.name,
        customer.email,
        customer.phone_norm or customer.phone,
        customer.language,
        customer.zone,
        _birthday(customer),
        customer.joined_on,
        customer.address,
        customer.city,
        customer.postal_code,
        customer.country,
        customer.preferred_channel,
        customer.source_channel,
        ", ".join(customer.tag_names),  # type: ignore[attr-defined]  # annotated there
        facts.orders_count,
        Decimal(facts.spent_minor).scaleb(-get_currency_precision(currency)),
        currency,
        facts.first_order_on,
        facts.last_order_on,
    ]


def _birthday(customer: Customer) -> str:
    """As the importer reads it back: 1990-03-12, or 03-12 without the year."""
    if customer.birthday is None:
        return ""
    month, day = customer.birthday
    year = f"{customer.birth_year}-" if customer.birth_year else ""
    return f"{year}{month:02}-{day:02}"


def _values(customer: Customer, attributes: dict[str, str]) -> Iterator[object]:
    return (customer.attributes.get(key, "") for key in attributes)
