from __future__ import annotations

from django.db.models.expressions import RawSQL

from accounts.scope import current_workspace_id
from customers.models import Tag
from customers.queries.listing import MOST_COUNTED


def tags_with_uses() -> list[Tag]:
    """By name, each annotated with `uses`: how many customers have it, counted to one more than MOST_COUNTED."""
    uses = RawSQL(  # no expression counts a slice
        """(select count(*) from (
             select from customers_customertag use
             where use.workspace_id = %s and use.tag_id = customers_tag.id limit %s) as uses)""",
        [current_workspace_id(), MOST_COUNTED + 1],
    )
    return list(Tag.objects.annotate(uses=uses).order_by("name", "pk"))
