from __future__ import annotations

from datetime import datetime, timedelta

from accounts.scope import current_workspace_id
from customers.models import Customer

JOIN_PAGE = "join page"
# As long as the link in the message works; whoever signs up again begins anew.
KEPT_UNCONFIRMED = timedelta(days=30)
# All that the timeline knows of somebody whose address was typed in and never answered.
KNOWN_OF_STRANGERS = [
    "CustomerJoined",
    "ConsentAsked",
    "MessageSent",
    "MessageDelivered",
    "MessageSkipped",
    "MessageCancelled",
    "MessageFailed",
    "MessageInDoubt",
    "MessageBounced",
    "AddressSuppressed",
]


def never_confirmed(*, now: datetime, limit: int) -> list[Customer]:
    """Profiles that the join page made KEPT_UNCONFIRMED ago or earlier, and of whom nothing else is known. Locked."""
    rows = Customer.objects.raw(
        """select c.* from customers_customer c
           where c.workspace_id = %(workspace)s and c.source_channel = %(join_page)s and c.created_at < %(before)s
             and c.erased_at is null and c.merged_into_id is null
             and exists (select from messaging_consentrecord r
                         where r.workspace_id = %(workspace)s and r.customer_id = c.id)
             and not exists (select from messaging_consentrecord r
                             where r.workspace_id = %(workspace)s and r.customer_id = c.id
                               and (r.state <> 'pending' or r.at >= %(before)s))
             and not exists (select from timeline_event e
                             where e.workspace_id = %(workspace)s and e.customer_id = c.id
                               and e.kind <> all(%(known)s))
           order by c.id limit %(limit)s
           for update of c skip locked""",
        {
            "workspace": current_workspace_id(),
            "join_page": JOIN_PAGE,
            "before": now - KEPT_UNCONFIRMED,
            "known": KNOWN_OF_STRANGERS,
            "limit": limit,
        },
    )
    return list(rows)
