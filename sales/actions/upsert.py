"""Orders in batches: the one way in for imports, the API's batches and the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction

from accounts.scope import current_workspace
from customers.actions.upsert import MOST_ROWS, SHOP
from customers.outcomes import Outcome, Status
from customers.staging import next_ids, settled
from customers.upserting.known import hold_customers
from sales.models import Order
from sales.upserting.buyers import Buyer, find_buyers
from sales.upserting.plans import Plan, Planning, known_orders
from sales.upserting.products import find_products
from sales.upserting.rows import OrderLineRow, OrderRow, fault_of
from sales.upserting.writing import write_orders

__all__ = ["MOST_ROWS", "SHOP", "OrderLineRow", "OrderRow", "Outcome", "Status", "upsert_orders"]

_REPEATED = "A later row has the same order number, and wins."


@transaction.atomic
def upsert_orders(
    rows: Sequence[OrderRow],
    *,
    source: str,
    system: str = SHOP,
    adds_customers: bool = True,
    are_checked: bool = False,
) -> list[Outcome]:
    """Add or change orders, at most MOST_ROWS of them. One outcome for each row, in the order of the rows.

    `source` says through which door: import, api, demo. `system` is whose numbers and external ids these are: an order
    is known by the two. Customers who are not known are added, unless `adds_customers` is False: then their orders are
    refused. Of two rows with one number the last wins. A row that changes nothing writes nothing. `are_checked` says
    that the caller has asked `fault_of` of each row already.
    """
    if len(rows) > MOST_ROWS:
        raise ValueError(f"A batch has at most {MOST_ROWS} rows; this one has {len(rows)}.")
    faults = {} if are_checked else {at: fault for at, row in enumerate(rows) if (fault := fault_of(row))}
    return settled(
        lambda: _upsert(rows, faults, source=source, system=system, adds_customers=adds_customers), rows=len(rows)
    )


def _upsert(
    rows: Sequence[OrderRow], faults: Mapping[int, Outcome], *, source: str, system: str, adds_customers: bool
) -> list[Outcome]:
    outcomes = dict(faults)
    last = {row.number: position for position, row in enumerate(rows) if position not in outcomes}
    wanted = {position: rows[position] for position in last.values()}
    zone = current_workspace().tzinfo
    buyers = find_buyers(wanted, source=source, system=system, zone=zone, adds_customers=adds_customers)
    refusals = {position: buyer for position, buyer in buyers.items() if isinstance(buyer, Outcome)}
    hold_customers({buyer for buyer in buyers.values() if isinstance(buyer, int)})
    outcomes |= refusals | _write(
        {position: row for position, row in wanted.items() if position not in refusals}, buyers, system=system
    )
    for position, row in enumerate(rows):
        if position not in outcomes:
            outcomes[position] = Outcome(Status.REPEATED, outcomes[last[row.number]].id, warning=_REPEATED)
    return [outcomes[position] for position in range(len(rows))]


def _write(wanted: dict[int, OrderRow], buyers: dict[int, Buyer], *, system: str) -> dict[int, Outcome]:
    known = known_orders(list(wanted.values()), system=system)
    planning = Planning(find_products(wanted.values()))
    new_ids = iter(next_ids(Order, sum(row.number not in known for row in wanted.values())))
    outcomes: dict[int, Outcome] = {}
    plans: list[Plan] = []
    for position, row in wanted.items():
        order = known.get(row.number)
        buyer = buyers[position]
        plan = planning.plan(
            row, buyer if isinstance(buyer, int) else None, order, order.id if order else next(new_ids)
        )
        if isinstance(plan, Outcome):
            outcomes[position] = plan
            continue
        status = Status.CREATED if order is None else Status.UPDATED if plan.is_changed else Status.UNCHANGED
        outcomes[position] = Outcome(status, plan.id, warning=plan.warning)
        if plan.is_changed:
            plans.append(plan)
    write_orders(plans, system=system)
    return outcomes
