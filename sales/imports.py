"""Files of orders: what this app contributes to the importing of files."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace
from customers.actions.upsert import SHOP, Outcome
from customers.contracts import Importer, RowReader, register_importer
from customers.importing.erased import address_mark, number_mark
from customers.importing.formats import parse_instant, parse_number, parse_whole
from customers.importing.plans import ImportPlan
from customers.importing.reading import Record
from customers.models import Customer, ExternalId, Import
from customers.normalising import clean_email, clean_line
from customers.refusals import Refused, ValueRefused
from customers.upserting.rows import longest
from sales.actions.amounts import checked_currency
from sales.actions.upsert import OrderLineRow, OrderRow, upsert_orders
from sales.importing import FIELDS, LINE_FIELDS, parse_amount, rate_micros
from sales.models import Order, OrderLine, Product
from sales.refusals import RateRequired
from sales.upserting.rows import fault_of, line_total

_STAMPS = ("paid_at", "fulfilled_at", "cancelled_at")
_TEXTS = {
    "customer_external_id": longest(ExternalId, "value"),
    "customer_name": longest(Customer, "name"),
    "channel": longest(Order, "channel"),
}
_WARES = {
    "sku": longest(Product, "sku"),
    "product": longest(OrderLine, "description"),
    "category": longest(Product, "category"),
}

_clean_email = lru_cache(maxsize=4096)(clean_email)


class OrderImporter(Importer):
    kind = "orders"
    label = _("Orders")
    description = _("One order on each line, or one line for each product bought: when, who, how much.")
    fields = FIELDS
    holds_purchases = True

    def missing(self, fields: Collection[str]) -> str:
        if "placed_at" not in fields:
            return gettext("Choose the column with the date of the order.")
        if {"total", "line_total", "price"}.isdisjoint(fields):
            return gettext("Choose the column with the total, or those with the prices of the products.")
        if not {"price", "line_total"}.isdisjoint(fields) and {"sku", "product"}.isdisjoint(fields):
            return gettext("Choose the column that says which product was bought.")
        return ""

    def reader(self, source: Import, plan: ImportPlan) -> RowReader:
        return OrderReader(source, plan)


class Line(msgspec.Struct, gc=False):
    """One line of the file. `total_minor` and `discount_minor` speak of the whole order."""

    order: dict[str, Any]
    total_minor: int | None
    product: OrderLineRow | None


class OrderReader(RowReader):
    def __init__(self, source: Import, plan: ImportPlan) -> None:
        self._plan = plan
        self._key = f"{source.file_hash[:16]}:"
        self._zone = current_workspace().tzinfo
        self._home = current_workspace().currency
        self._at = {name: at for at, name in enumerate(plan.fields) if name}
        self._number_at = self._at.get("number")
        self._has_lines = not LINE_FIELDS.isdisjoint(self._at)
        self._currencies: dict[str, str] = {}

    def key(self, record: Record) -> str:
        return record.cells[self._number_at].strip() if self._has_lines and self._number_at is not None else ""

    def fingerprint(self, record: Record) -> str:
        return "\x1f".join(record.cells) if self._number_at is None else ""

    def parse(self, record: Record) -> Line:
        cells = {name: cell for name, at in self._at.items() if (cell := record.cells[at].strip())}
        order = self._times(cells)
        order["number"] = self._number(cells, record)
        order |= self._customer(cells)
        currency = order["currency"] = self._currency(cells)
        if currency != self._home:
            order["rate_micros"] = self._rate(cells, currency)
        for name in ("discount", "refunded"):
            if name in cells:
                order[f"{name}_minor"] = self._amount(cells, name, currency)
        if "units" in cells:
            order["units"] = parse_whole(cells["units"], sign=self._plan.decimal_sign, field="units")
        total = self._amount(cells, "total", currency) if "total" in cells else None
        return Line(order, total, self._product(cells, currency) if self._has_lines else None)

    def _times(self, cells: Mapping[str, str]) -> dict[str, Any]:
        if "placed_at" not in cells:
            raise ValueRefused(gettext("An order needs its date."), field="placed_at")
        times = {"placed_at": self._instant(f"{cells['placed_at']} {cells.get('clock', '')}", "placed_at")}
        for name in _STAMPS:
            if name in cells:
                times[name] = self._instant(cells[name], name)
        if "paid_at" not in self._at:
            # A list of sales is one of what was paid, unless it says when.
            times["paid_at"] = times["placed_at"]
        return times

    def _instant(self, text: str, field: str) -> datetime:
        return parse_instant(text, order=self._plan.order, zone=self._zone, field=field)

    def _number(self, cells: Mapping[str, str], record: Record) -> str:
        if self._number_at is None:
            return f"{self._key}{record.line}"
        if "number" not in cells:
            raise ValueRefused(gettext("An order needs its number."), field="number")
        return clean_line(cells["number"], field="number", longest=longest(Order, "number"))

    def _customer(self, cells: Mapping[str, str]) -> dict[str, str]:
        found = {
            name: clean_line(cells[name], field=name, longest=limit) for name, limit in _TEXTS.items() if name in cells
        }
        if "customer_email" in cells:
            found["customer_email"], found["customer_email_norm"] = _clean_email(cells["customer_email"])
        if "channel" not in self._at and self._plan.channel:
            found["channel"] = self._plan.channel
        return found

    def _currency(self, cells: Mapping[str, str]) -> str:
        """Every file has few of them, so each is looked up once."""
        text = cells.get("currency") or self._plan.currency or self._home
        if text not in self._currencies:
            self._currencies[text] = checked_currency(text)
        return self._currencies[text]

    def _rate(self, cells: Mapping[str, str], currency: str) -> int:
        if "rate" in cells:
            return rate_micros(parse_number(cells["rate"], sign=self._plan.decimal_sign, field="rate"), field="rate")
        if currency not in self._plan.rates:
            raise RateRequired(
                gettext("Say what 1 %(currency)s was worth in %(home)s.") % {"currency": currency, "home": self._home},
                field="rate",
            )
        return self._plan.rates[currency]

    def _amount(self, cells: Mapping[str, str], name: str, currency: str) -> int:
        return parse_amount(cells[name], sign=self._plan.decimal_sign, currency=currency, field=name)

    def _product(self, cells: Mapping[str, str], currency: str) -> OrderLineRow | None:
        """None for a line that names no product: it only speaks of the order."""
        texts = {
            name: clean_line(cells[name], field=name, longest=limit) for name, limit in _WARES.items() if name in cells
        }
        if not texts.get("sku") and not texts.get("product"):
            return None
        price = self._amount(cells, "price", currency) if "price" in cells else None
        total = self._amount(cells, "line_total", currency) if "line_total" in cells else None
        if price is None and total is None:
            raise ValueRefused(gettext("The product's price is missing."), field="price")
        quantity = parse_whole(cells.get("quantity", "1"), sign=self._plan.decimal_sign, field="quantity")
        return OrderLineRow(
            sku=texts.get("sku", ""),
            name=texts.get("product", ""),
            category=texts.get("category", ""),
            quantity=quantity,
            unit_price_minor=price,
            total_minor=total,
        )

    def combine(self, parsed: Sequence[Line]) -> OrderRow:
        """What only one of an order's lines says holds for the order; of several that differ, the first."""
        order: dict[str, Any] = {}
        for line in reversed(parsed):
            order |= line.order
        lines = [line.product for line in parsed if line.product]
        totals = [line.total_minor for line in parsed if line.total_minor is not None]
        if totals:
            order["total_minor"] = totals[0]
        elif lines:
            order["total_minor"] = sum(map(line_total, lines)) - order.get("discount_minor", 0)
        else:
            raise ValueRefused(gettext("An order needs its total."), field="total")
        row = OrderRow(**order, lines=lines or None)
        if fault := fault_of(row):
            raise Refused(fault.reason, field=fault.field)
        return row

    def marks(self, row: OrderRow) -> Iterator[str]:
        if row.customer_email_norm:
            yield address_mark(row.customer_email_norm)
        if row.customer_external_id:
            yield number_mark(self._plan.system or SHOP, row.customer_external_id)

    def write(self, rows: Sequence[OrderRow]) -> Sequence[Outcome]:
        return upsert_orders(
            rows,
            source="import",
            system=self._plan.system or SHOP,
            adds_customers=self._plan.adds_customers,
            are_checked=True,  # by `combine`
        )


register_importer(OrderImporter())
