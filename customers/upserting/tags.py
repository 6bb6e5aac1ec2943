"""Tags that a batch puts on customers."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.scope import current_workspace_id
from customers.events import CustomerTagged
from customers.models import CustomerTag, Tag
from customers.staging import execute, fetch, insert_select, stage
from customers.upserting.matching import Target
from customers.upserting.rows import CustomerRow
from timeline.recording import record_select


def add_tags(targets: Sequence[Target], rows: Sequence[CustomerRow]) -> set[int]:
    """Tag the targets, with one CustomerTagged for each tag that a customer did not have. Returns whom it changed."""
    wanted = {
        (target.id, tag): None for target in targets for position in target.positions for tag in rows[position].tags
    }
    if not wanted:
        return set()
    ids = _tag_ids({tag for _, tag in wanted})
    stage("staged_tags", "customer_id bigint, tag_id bigint", [(pk, ids[tag]) for pk, tag in wanted])
    execute(
        """delete from staged_tags s using customers_customertag t
           where t.workspace_id = %s and t.customer_id = s.customer_id and t.tag_id = s.tag_id""",
        [current_workspace_id()],
    )
    insert_select(
        CustomerTag,
        {"customer_id": "s.customer_id", "tag_id": "s.tag_id"},
        "staged_tags s order by s.customer_id, s.tag_id on conflict do nothing",
    )
    record_select(
        CustomerTagged,
        """select customer_id, tag_id, statement_timestamp() as occurred_at
           from staged_tags order by customer_id, tag_id""",
        [],
    )
    return {pk for (pk,) in fetch("select distinct customer_id from staged_tags")}


def _tag_ids(names: set[str]) -> dict[str, int]:
    known = _known_tags(names)
    if missing := sorted(names - known.keys()):
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        known = _known_tags(names)
    return known


def _known_tags(names: set[str]) -> dict[str, int]:
    return dict(Tag.objects.filter(name__in=names).values_list("name", "pk"))
