"""Many customers at once put on a list by hand, or taken off it."""

from __future__ import annotations

from accounts.models import Workspace
from accounts.scope import workspace_scope
from customers.actions.segments import list_customers, unlist_customers
from customers.models import Segment, SegmentMembership
from customers.queries import CustomerFilter, found_by, matching_customers

ON, OFF = "on", "off"
LISTED_AT_ONCE = 5_000
"""Customers in one transaction: well under a second, so that no subscriber waits for it."""


def list_matching_customers(workspace: Workspace, wanted: CustomerFilter, *, segment_id: int, actor: str) -> int:
    """Put all whom a list of customers means on a list by hand, one transaction per step. Returns how many came."""
    with workspace_scope(workspace):
        found = found_by(wanted)
    total, last = 0, 0
    while True:
        with workspace_scope(workspace, actor=actor):
            customers = matching_customers(wanted, found).filter(pk__gt=last).order_by("pk")
            ids = list(customers.values_list("pk", flat=True)[:LISTED_AT_ONCE])
            total += list_customers(Segment.objects.get(pk=segment_id), ids) if ids else 0
        if len(ids) < LISTED_AT_ONCE:
            return total
        last = ids[-1]


def unlist_matching_customers(workspace: Workspace, wanted: CustomerFilter, *, segment_id: int, actor: str) -> int:
    """Take all whom a list of customers means off a list by hand, one transaction per step. Returns how many went.

    Whom the list means may be those on it, so each step asks anew, from the beginning.
    """
    with workspace_scope(workspace):
        found = found_by(wanted)
    total = 0
    while True:
        with workspace_scope(workspace, actor=actor):
            members = SegmentMembership.objects.filter(segment=segment_id).values("customer")
            customers = matching_customers(wanted, found).filter(pk__in=members).order_by("pk")
            ids = list(customers.values_list("pk", flat=True)[:LISTED_AT_ONCE])
            total += unlist_customers(Segment.objects.get(pk=segment_id), ids) if ids else 0
        if len(ids) < LISTED_AT_ONCE:
            return total
