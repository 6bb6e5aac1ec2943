"""Who each row of a batch is about: never two customers for one row, never one row for two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.outcomes import Outcome, refused
from customers.staging import next_ids
from customers.upserting.known import ERASED, IS_ERASED, canonical_ids, ids_of_addresses, ids_of_external_ids
from customers.upserting.rows import CustomerRow

_NOBODY = ERASED - 1
_OF_ANOTHER = {
    "external_id": gettext_lazy("This id belongs to another customer."),
    "email": gettext_lazy("This e-mail address belongs to another customer."),
}


class Target(msgspec.Struct, gc=False):
    """A customer that the batch writes to, with the rows that speak of them, in order."""

    id: int
    is_new: bool
    positions: list[int] = []  # each target's own
    new_external_ids: list[str] = []


class Matching:
    """Settles row after row, as if each were written before the next one is looked at."""

    def __init__(self, rows: Sequence[CustomerRow], *, system: str, faults: Mapping[int, Outcome]) -> None:
        self.targets: dict[int, Target] = {}
        self.refusals = dict(faults)
        self._by_id = canonical_ids({row.customer_id for row in rows if row.customer_id is not None})
        self._by_external_id = ids_of_external_ids({row.external_id for row in rows if row.external_id}, system)
        self._by_email = ids_of_addresses({row.email_norm for row in rows if row.email_norm})
        self._unborn: list[Target] = []
        for position, row in enumerate(rows):
            if position not in faults:
                self._settle(position, row)
        self._give_ids()

    def _settle(self, position: int, row: CustomerRow) -> None:
        target = self._find(row)
        if isinstance(target, Outcome):
            self.refusals[position] = target
            return
        target.positions.append(position)
        if row.external_id and row.external_id not in self._by_external_id:
            self._by_external_id[row.external_id] = target.id
            target.new_external_ids.append(row.external_id)
        if row.email_norm:
            self._by_email[row.email_norm] = target.id

    def _find(self, row: CustomerRow) -> Target | Outcome:
        claims = self._claims(row)
        if not claims:
            if not (row.name or row.email_norm or row.phone or row.external_id):
                return refused("name", _("A customer needs a name, an e-mail address, a phone number or an id."))
            return self._unborn_target()
        found = claims[0][1]
        if found == _NOBODY:
            return refused("customer_id", _("There is no such customer."))
        if found == ERASED:
            return refused("external_id", str(IS_ERASED))
        for name, claim in claims:
            if claim != found:
                return refused(name, str(_OF_ANOTHER[name]))
        return self.targets.get(found) or self.targets.setdefault(found, Target(found, is_new=False))

    def _claims(self, row: CustomerRow) -> list[tuple[str, int]]:
        """Whom each reference of the row means; nothing for those that nobody has."""
        claims = []
        if row.customer_id is not None:
            claims.append(("customer_id", self._by_id.get(row.customer_id, _NOBODY)))
        if row.external_id and (claim := self._by_external_id.get(row.external_id)) is not None:
            claims.append(("external_id", claim))
        if row.email_norm and (claim := self._by_email.get(row.email_norm)) is not None:
            claims.append(("email", claim))
        return claims

    def _unborn_target(self) -> Target:
        """New customers have a negative id until it is known how many there are."""
        target = Target(_NOBODY - 1 - len(self._unborn), is_new=True)
        self._unborn.append(target)
        self.targets[target.id] = target
        return target

    def _give_ids(self) -> None:
        if self._unborn:
            for target, pk in zip(self._unborn, next_ids(Customer, len(self._unborn)), strict=True):
                target.id = pk
            self.targets = {target.id: target for target in self.targets.values()}
