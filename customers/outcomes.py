"""What became of one row of a batch: the same words for an import, the API and the demo."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Status(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    # A later row of the same batch says it: the outcome stands there.
    REPEATED = "repeated"
    REFUSED = "refused"


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """`id` is the row's object; a refused row has none, but the field that is wrong and the reason as a sentence."""

    status: Status
    id: int | None = None
    field: str = ""
    reason: str = ""
    warning: str = ""

    def warned(self, warning: str) -> Outcome:
        return msgspec.structs.replace(self, warning=f"{self.warning} {warning}".strip())


def refused(field: str, reason: str) -> Outcome:
    return Outcome(Status.REFUSED, field=field, reason=reason)
