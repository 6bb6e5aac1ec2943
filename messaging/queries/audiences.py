"""Who a campaign goes to, a stretch at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.functional import cached_property

from accounts.scope import current_workspace_id
from messaging.models import Campaign, CampaignSegment, Reach

# Customers whom one of the segments holds. By segment, because each alone is in the order of its index.
_MEMBERS = """select customer_id as id from (
  {parts}) as members order by customer_id limit %(limit)s"""
_OF_SEGMENT = """(select customer_id from customers_segmentmembership
   where workspace_id = %(workspace)s and segment_id = {segment} and customer_id > %(after)s
   order by customer_id limit %(limit)s)"""
_EVERYBODY = """select id from customers_customer
  where workspace_id = %(workspace)s and id > %(after)s order by id limit %(limit)s"""
_AGREED = """(select r.state from messaging_consentrecord r
   where r.workspace_id = %(workspace)s and r.customer_id = c.id and r.topic_id = %(topic)s
   order by r.at desc, r.id desc limit 1) = 'given'"""
_LISTED = "c.merged_into_id is null and c.erased_at is null and c.archived_at is null and not c.is_anonymous"
_LEFT_OUT = """exists (select from customers_segmentmembership x
   where x.workspace_id = %(workspace)s and x.customer_id = c.id and x.segment_id = any(%(excluded)s))"""


@dataclass(frozen=True)
class Member:
    customer_id: int
    email: str
    zone: str


@dataclass(frozen=True)
class Stretch:
    """`place` is the last customer looked at; `is_last`: there is nobody behind them."""

    members: list[Member]
    place: int
    is_last: bool


class Audience:
    """Segments minus exclusions, or whoever agreed to the topic. Everybody once, in the order of their ids."""

    def __init__(self, campaign: Campaign) -> None:
        self._campaign = campaign

    @cached_property
    def _segments(self) -> list[tuple[int, bool]]:
        return list(CampaignSegment.objects.filter(campaign=self._campaign).values_list("segment_id", "is_excluded"))

    def stretch(self, *, after: int, limit: int) -> Stretch:
        """The next `limit` customers to look at, and which of them belong to it."""
        with connection.cursor() as cursor:
            cursor.execute(
                f"""with looked_at as materialized ({self._looked_at()})
                    select l.id, c.email, c.zone, coalesce({self._belongs()}, false)
                    from looked_at l left join customers_customer c on c.workspace_id = %(workspace)s and c.id = l.id
                    order by l.id""",  # noqa: S608  our own words
                {**self._parameters, "after": after, "limit": limit},
            )
            rows = cursor.fetchall()
        return Stretch(
            members=[Member(pk, email, zone) for pk, email, zone, belongs in rows if belongs],
            place=rows[-1][0] if rows else after,
            is_last=len(rows) < limit,
        )

    def count(self) -> int:
        everybody = {"after": 0, "limit": None}
        with connection.cursor() as cursor:
            cursor.execute(
                f"""select count(*) from ({self._looked_at()}) l
                    join customers_customer c on c.workspace_id = %(workspace)s and c.id = l.id
                    where {self._belongs()}""",  # noqa: S608  our own words
                {**self._parameters, **everybody},
            )
            return int(cursor.fetchone()[0])

    @property
    def _parameters(self) -> dict[str, Any]:
        return {
            "workspace": current_workspace_id(),
            "topic": self._campaign.topic_id,
            "campaign": self._campaign.pk,
            "excluded": [segment_id for segment_id, is_excluded in self._segments if is_excluded],
        }

    def _looked_at(self) -> str:
        if self._campaign.reach == Reach.TOPIC:
            return _EVERYBODY
        included = [segment_id for segment_id, is_excluded in self._segments if not is_excluded]
        parts = "\n union ".join(_OF_SEGMENT.format(segment=int(segment_id)) for segment_id in included)
        return _MEMBERS.format(parts=parts) if parts else "select 0::bigint as id where false"

    def _belongs(self) -> str:
        conditions = [_LISTED, f"not {_LEFT_OUT}"]
        if self._campaign.reach == Reach.TOPIC:
            conditions.append(_AGREED)
        return " and ".join(conditions)
