"""Customers in batches: the one way in for imports, the API's batches and the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from accounts.scope import current_workspace
from customers.outcomes import Outcome, Status
from customers.staging import fetch, settled
from customers.upserting.attributes import attribute_faults, define_attributes, undefine_attributes
from customers.upserting.matching import Matching
from customers.upserting.rows import CustomerRow, fault_of
from customers.upserting.tags import add_tags
from customers.upserting.writing import (
    add_external_ids,
    change_known_customers,
    insert_new_customers,
    record_changes,
    stage_customers,
    write_attributes,
)

MOST_ROWS = 10_000
"""What one call takes, so that a transaction with one batch in it stays under a second."""

SHOP = "shop"
"""The system whose external ids are meant when nothing else is said, so that files and the API name the same people."""

__all__ = ["MOST_ROWS", "SHOP", "CustomerRow", "Outcome", "Status", "upsert_customers"]


@transaction.atomic
def upsert_customers(
    rows: Sequence[CustomerRow], *, source: str, system: str = SHOP, are_checked: bool = False
) -> list[Outcome]:
    """Add or change customers, at most MOST_ROWS of them. One outcome for each row, in the order of the rows.

    `source` says through which door: import, api, demo. `system` is whose the external ids are.

    Rows about the same customer are taken one after the other, so the last one wins where both say something. A row
    that changes nothing writes nothing: the same batch twice leaves no trace of the second time. `are_checked` says
    that the caller has asked `fault_of` of each row already.
    """
    if len(rows) > MOST_ROWS:
        raise ValueError(f"A batch has at most {MOST_ROWS} rows; this one has {len(rows)}.")
    today = timezone.localdate(timezone=current_workspace().tzinfo)
    faults = {} if are_checked else {at: fault for at, row in enumerate(rows) if (fault := fault_of(row, today=today))}
    return settled(lambda: _upsert(rows, faults, source=source, system=system), rows=len(rows))


def _upsert(rows: Sequence[CustomerRow], faults: Mapping[int, Outcome], *, source: str, system: str) -> list[Outcome]:
    definitions = define_attributes(rows)
    matching = Matching(rows, system=system, faults={**attribute_faults(rows, definitions), **faults})
    if matching.refusals:
        taken = (row for position, row in enumerate(rows) if position not in matching.refusals)
        undefine_attributes(definitions, taken=taken)
    targets = list(matching.targets.values())
    if not targets:
        return _outcomes(len(rows), matching, changed=set())
    stage_customers(targets, rows, definitions)
    new = sum(target.is_new for target in targets)
    if new:
        insert_new_customers(source=source)
    changed: set[int] = set()
    if new < len(targets):
        change_known_customers()
    add_external_ids(targets, system=system)
    write_attributes(targets, rows, definitions)
    if new < len(targets):
        record_changes()
        changed = {pk for (pk,) in fetch("select id from staged_customer_changes")}
    changed |= add_tags(targets, rows)
    return _outcomes(len(rows), matching, changed=changed)


def _outcomes(count: int, matching: Matching, *, changed: set[int]) -> list[Outcome]:
    outcomes = dict(matching.refusals)
    for target in matching.targets.values():
        status = Status.CREATED if target.is_new else Status.UPDATED if target.id in changed else Status.UNCHANGED
        outcomes[target.positions[-1]] = Outcome(status, target.id)
        for position in target.positions[:-1]:
            outcomes[position] = Outcome(
                Status.REPEATED,
                target.id,
                warning="A later row is about the same customer, and wins where both differ.",
            )
    return [outcomes[position] for position in range(count)]
