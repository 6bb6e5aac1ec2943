"""Which customers a batch means by ids and addresses: one statement for each kind of reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.scope import current_workspace_id
from customers.staging import Raced, bigints, fetch, texts

ERASED = -1
IS_ERASED = _("This customer asked to be erased and is not brought back.")


def canonical_ids(ids: Iterable[int]) -> dict[int, int]:
    """Each id with that of the customer who answers for it today: the survivor of merges, or ERASED."""
    wanted = list(ids)
    if not wanted:
        return {}
    found = fetch(
        "select id, id, merged_into_id, erased_at is not null from customers_customer"
        " where workspace_id = %s and id = any(%s::bigint[])",
        [current_workspace_id(), bigints(wanted)],
    )
    return dict(_answering(found))


def _answering(found: Sequence[tuple[Any, int, int | None, bool]]) -> Iterator[tuple[Any, int]]:
    """For each (reference, id, survivor, is erased) the reference with the id that answers for it."""
    survivors = canonical_ids({survivor for _, _, survivor, _ in found if survivor is not None})
    for reference, pk, survivor, is_erased in found:
        yield reference, survivors[survivor] if survivor is not None else ERASED if is_erased else pk


def ids_of_external_ids(values: Iterable[str], system: str) -> dict[str, int]:
    wanted = list(values)
    if not wanted:
        return {}
    found = fetch(
        """select e.value, c.id, c.merged_into_id, c.erased_at is not null
           from customers_externalid e join customers_customer c on c.workspace_id = %s and c.id = e.customer_id
           where e.workspace_id = %s and e.source = %s and e.value = any(%s::text[])""",
        [current_workspace_id(), current_workspace_id(), system, texts(wanted)],
    )
    return dict(_answering(found))


def ids_of_addresses(addresses: Iterable[str]) -> dict[str, int]:
    wanted = list(addresses)
    if not wanted:
        return {}
    found = fetch(
        "select email_norm, id from customers_customer where workspace_id = %s and email_norm = any(%s::text[])"
        " and email_norm <> '' and merged_into_id is null and erased_at is null",
        [current_workspace_id(), texts(wanted)],
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
             where workspace_id = %s and id = any(%s::bigint[]) order by id for key share
           ) select count(*) from held where merged_into_id is not null or erased_at is not null""",
        [current_workspace_id(), bigints(wanted)],
    )
    if gone[0][0]:
        raise Raced
