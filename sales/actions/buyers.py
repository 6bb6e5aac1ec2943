from __future__ import annotations

from customers.models import Customer
from customers.refusals import CustomerGone


def lock_buyer(customer: Customer | None) -> Customer | None:
    """The customer to whom a sale belongs now: whoever a merge left standing. Raises CustomerGone.

    The lock makes a merge or an erasure that runs at the same time wait, or it would miss the new row.
    """
    if customer is None:
        return None
    pk = customer.pk
    while True:
        found = Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=pk)
        if found.merged_into_id is None:
            break
        pk = found.merged_into_id
    if found.erased_at is not None:
        raise CustomerGone(found)
    return found
