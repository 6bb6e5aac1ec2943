"""Which customers a batch means by ids and addresses: one statement for each kind of reference."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace_id
from customers.staging import Raced, fetch

ERASED = -1
IS_ERASED = _("This customer asked to be erased and is not brought back.")


def canonical_ids(ids: Iterable[int]) -> dict[int, int]:
    """Each id with that of the customer who answers for it today: the survivor of merges, or ERASED."""
    wanted = list(ids)
    if not wanted:
        return {}
    found = fetch(
        "select id, merged_into_id, erased_at is not null from customers_customer"
        " where workspace_id = %s and id = any(%s)",
        [current_workspace_id(), wanted],
    )
    survivors = canonical_ids({survivor for _, survivor, _ in found if survivor is not None})
    return {
        pk: survivors[survivor] if survivor is not None else ERASED if is_erased else pk
        for pk, survivor, is_erased in found
    }


def ids_of_external_ids(values: Iterable[str], system: str) -> dict[str, int]:
    wanted = list(values)
    if not wanted:
        return {}
    found = fetch(
        "select value, customer_id from customers_externalid"
        " where workspace_id = %s and source = %s and value = any(%s)",
        [current_workspace_id(), system, wanted],
    )
    canonical = canonical_ids({customer_id for _, customer_id in found})
    return {value: canonical[customer_id] for value, customer_id in found}


def ids_of_addresses(addresses: Iterable[str]) -> dict[str, int]:
    wanted = list(addresses)
    if not wanted:
        return {}
    found = fetch(
        "select email_norm, id from customers_customer where workspace_id = %s and email_norm = any(%s)"
        " and email_norm <> '' and merged_into_id is null and erased_at is null",
        [current_workspace_id(), wanted],
    )
    return dict(found)


def ids_of_names(names: Iterable[str]) -> dict[str, list[int]]:
    """Names are no ids: two customers may well have one, so each name has a list."""
    wanted = list(names)
    if not wanted:
        return {}
    found = fetch(
        "select name, array_agg(id order by id) from customers_customer where workspace_id = %s and name = any(%s)"
        " and merged_into_id is null and erased_at is null and archived_at is null group by name",
        [current_workspace_id(), wanted],
    )
    return dict(found)


def hold_customers(ids: Iterable[int]) -> None:
    """Make a merge or an erasure wait until what points at these customers is committed, or it would miss it.

    Raises Raced where one of them was merged or erased meanwhile.
    """
    wanted = list(ids)
    if not wanted:
        return
    gone = fetch(
        """with held as (
             select merged_into_id, erased_at from customers_customer
             where workspace_id = %s and id = any(%s) order by id for key share
           ) select count(*) from held where merged_into_id is not null or erased_at is not null""",
        [current_workspace_id(), wanted],
    )
    if gone[0][0]:
        raise Raced
