"""Whose the orders of a batch are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.actions.upsert import upsert_customers
from customers.outcomes import Outcome, Status, refused
from customers.upserting.known import (
    ERASED,
    IS_ERASED,
    canonical_ids,
    ids_of_addresses,
    ids_of_external_ids,
    ids_of_names,
)
from customers.upserting.rows import CustomerRow
from sales.upserting.rows import OrderRow

Buyer = int | None | Outcome
Reference = tuple[str, str, str]
"""External id, address and name of somebody who is not a customer yet."""


def find_buyers(
    rows: Mapping[int, OrderRow], *, source: str, system: str, zone: ZoneInfo, adds_customers: bool
) -> dict[int, Buyer]:
    """The customer's id for each row's position, None where a row names nobody, or why there is none.

    Somebody who is not known is added, as having joined on the day of their first order in the batch.
    """
    known = _Known(list(rows.values()), system=system)
    buyers: dict[int, Buyer] = {}
    strangers: dict[Reference, list[int]] = {}
    for position, row in rows.items():
        found = known.buyer(row)
        if isinstance(found, tuple):
            strangers.setdefault(found, []).append(position)
        else:
            buyers[position] = found
    if not adds_customers:
        missing = refused(
            "customer", _("There is no such customer. Import the customers first, or let orders add them.")
        )
        return buyers | {position: missing for positions in strangers.values() for position in positions}
    added = _add(
        {reference: [rows[position] for position in positions] for reference, positions in strangers.items()},
        source=source,
        system=system,
        zone=zone,
    )
    return buyers | {at: added[reference] for reference, positions in strangers.items() for at in positions}


class _Known:
    def __init__(self, rows: Sequence[OrderRow], *, system: str) -> None:
        self._ids = canonical_ids({row.customer_id for row in rows if row.customer_id is not None})
        self._external_ids = ids_of_external_ids(
            {row.customer_external_id for row in rows if row.customer_external_id}, system
        )
        self._addresses = ids_of_addresses({row.customer_email_norm for row in rows if row.customer_email_norm})
        self._names = ids_of_names({row.customer_name for row in rows if _has_only_a_name(row)})

    def buyer(self, row: OrderRow) -> Buyer | Reference:
        if row.customer_id is not None:
            found = self._ids.get(row.customer_id)
            return _present(found) if found else refused("customer_id", _("There is no such customer."))
        if found := self._external_ids.get(row.customer_external_id) or self._addresses.get(row.customer_email_norm):
            return _present(found)
        if _has_only_a_name(row) and (namesakes := self._names.get(row.customer_name)):
            if len(namesakes) == 1:
                return namesakes[0]
            return refused(
                "customer",
                _("%(count)s customers have this name: give an id or an address.") % {"count": len(namesakes)},
            )
        reference = (row.customer_external_id, row.customer_email_norm, row.customer_name)
        return reference if any(reference) else None


def _has_only_a_name(row: OrderRow) -> bool:
    return bool(row.customer_name) and not (row.customer_external_id or row.customer_email_norm)


def _present(found: int) -> Buyer:
    return refused("customer", str(IS_ERASED)) if found == ERASED else found


def _add(
    strangers: Mapping[Reference, Sequence[OrderRow]], *, source: str, system: str, zone: ZoneInfo
) -> dict[Reference, Buyer]:
    if not strangers:
        return {}
    customers = [
        CustomerRow(
            external_id=external_id,
            email=orders[0].customer_email or None,
            email_norm=address or None,
            name=name or None,
            joined_on=min(order.placed_at for order in orders).astimezone(zone).date(),
        )
        for (external_id, address, name), orders in strangers.items()
    ]
    outcomes = upsert_customers(customers, source=source, system=system)
    return {
        reference: refused("customer", outcome.reason) if outcome.status is Status.REFUSED else outcome.id
        for reference, outcome in zip(strangers, outcomes, strict=True)
    }
