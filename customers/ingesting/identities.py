"""Who is who: what `identify` and `alias` say of ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

import msgspec

from customers.actions.upsert import SHOP, CustomerRow, Status, upsert_customers
from customers.events import VisitorRecognised
from customers.ingesting.telling import ANONYMOUS, SOURCE
from customers.models import Customer, ExternalId
from customers.upserting.known import ERASED, IS_ERASED, ids_of_addresses, ids_of_external_ids
from timeline.recording import record_many


class Identification(msgspec.Struct, frozen=True, kw_only=True):
    """`user` is what the shop calls somebody, `visitor` what its pages did before; one of them may be empty."""

    position: int
    key: str
    user: str
    visitor: str
    row: CustomerRow


class Aliasing(msgspec.Struct, frozen=True, kw_only=True):
    """`previous`, an id of a visitor or of a user, is the same person as `user`."""

    position: int
    key: str
    user: str
    previous: str


class _Known:
    """The ids of a batch, and who is behind them by now."""

    def __init__(self, users: Iterable[str], visitors: Iterable[str], addresses: Iterable[str]) -> None:
        self.users = ids_of_external_ids({user for user in users if user}, SHOP)
        self.visitors = ids_of_external_ids({visitor for visitor in visitors if visitor}, ANONYMOUS)
        self._addresses = ids_of_addresses({address for address in addresses if address})
        found = Customer.objects.filter(pk__in=set(self.visitors.values()), is_anonymous=True)
        self.anonymous = set(found.values_list("pk", flat=True))

    def becomes(self, call: Identification) -> int | None:
        """The visitor who turns out to be a user whom nobody knew: no second customer is needed."""
        visitor = self.visitors.get(call.visitor)
        if visitor not in self.anonymous or call.user in self.users or call.row.email_norm in self._addresses:
            return None
        self.anonymous.discard(visitor)
        self.users[call.user] = visitor
        return visitor


def identify(calls: Sequence[Identification]) -> dict[int, str]:
    """Add or change who is identified, and let visitors become who they are. By position, why some were refused."""
    known = _Known(
        (call.user for call in calls), (call.visitor for call in calls), (call.row.email_norm or "" for call in calls)
    )
    refusals = _upsert([call for call in calls if not call.user], system=ANONYMOUS, known=known)
    of_users = [call for call in calls if call.user]
    refusals |= _upsert(of_users, system=SHOP, known=known)
    pairs = [(call.visitor, call.user) for call in of_users if call.visitor and call.position not in refusals]
    if pairs:
        _link(pairs)
    return refusals


def _upsert(calls: Sequence[Identification], *, system: str, known: _Known) -> dict[int, str]:
    if not calls:
        return {}
    rows = [_row(call, known) for call in calls]
    outcomes = upsert_customers(rows, source=SOURCE, system=system)
    return {
        call.position: outcome.reason
        for call, outcome in zip(calls, outcomes, strict=True)
        if outcome.status is Status.REFUSED
    }


def _row(call: Identification, known: _Known) -> CustomerRow:
    if not call.user:
        return msgspec.structs.replace(call.row, external_id=call.visitor, is_anonymous=True)
    return msgspec.structs.replace(call.row, external_id=call.user, customer_id=known.becomes(call))


def alias(calls: Sequence[Aliasing]) -> dict[int, str]:
    """Make one person of two ids, for each call. By position, why some can't be."""
    users = ids_of_external_ids({each for call in calls for each in (call.user, call.previous)}, SHOP)
    visitors = ids_of_external_ids({call.previous for call in calls}, ANONYMOUS)
    refusals: dict[int, str] = {}
    rows: dict[int, CustomerRow] = {}
    named: set[str] = set()
    for call in calls:
        if reason := _alias_fault(call, users, visitors, named):
            refusals[call.position] = reason
        elif call.user not in users:
            known_as = users.get(call.previous) or visitors.get(call.previous)
            rows[call.position] = CustomerRow(customer_id=known_as, external_id=call.user)
            named.add(call.user)
    outcomes = upsert_customers(list(rows.values()), source=SOURCE, system=SHOP) if rows else []
    for position, outcome in zip(rows, outcomes, strict=True):
        if outcome.status is Status.REFUSED:
            refusals[position] = outcome.reason
    pairs = [(call.previous, call.user) for call in calls if call.position not in refusals]
    if pairs := [(previous, user) for previous, user in pairs if previous not in users]:
        _link(pairs)
    return refusals


def _alias_fault(call: Aliasing, users: Mapping[str, int], visitors: Mapping[str, int], named: AbstractSet[str]) -> str:
    """`named`: the users whom earlier calls of the batch have added, whose numbers are not known yet."""
    ours, theirs = users.get(call.user), users.get(call.previous)
    if ERASED in {ours, theirs, visitors.get(call.previous)}:
        return str(IS_ERASED)
    if ours is not None and theirs is not None and ours != theirs:
        return "Both ids are customers of their own. Staff can merge the two, on the page of either."
    if call.previous in named:
        return "An earlier call of this batch has just named the previousId. Send this call in the next batch."
    return ""


def _link(pairs: Sequence[tuple[str, str]]) -> None:
    """What visitors were called, the users are too; a visitor with a record of their own is to be merged into it.

    Unless somebody known has that visitor's id: people share browsers. Of two users with one visitor the first counts.
    """
    users = ids_of_external_ids({user for _, user in pairs}, SHOP)
    visitors = ids_of_external_ids({visitor for visitor, _ in pairs}, ANONYMOUS)
    user_of = {visitor: users[user] for visitor, user in reversed(pairs)}
    ExternalId.objects.bulk_create(
        [
            ExternalId(customer_id=pk, source=ANONYMOUS, value=visitor)
            for visitor, pk in sorted(user_of.items())
            if visitor not in visitors
        ],
        ignore_conflicts=True,
    )
    recognised = {pk: user_of[visitor] for visitor, pk in visitors.items() if pk != user_of[visitor]}
    anonymous = Customer.objects.filter(pk__in=recognised, is_anonymous=True).values_list("pk", flat=True)
    record_many(VisitorRecognised(customer_id=recognised[pk], visitor_id=pk) for pk in sorted(anonymous))
