"""What became of calls that arrived together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from accounts.rest.errors import ApiError
from customers.ingesting.telling import Told
from customers.refusals import Refused
from sales.ingesting.calls import CheckedCall


@dataclass
class Ingestion:
    """How many had their effect now, and by position why some had none. The rest had theirs before."""

    accepted: int = 0
    errors: dict[int, ApiError] = field(default_factory=dict)

    def add(self, told: Told) -> None:
        self.accepted += told.count
        for position, reason in told.refusals.items():
            self.errors[position] = ApiError("invalid_value", reason)

    @contextmanager
    def refusing(self, call: CheckedCall, *, within: str) -> Iterator[None]:
        """A refusal in here is the call's, and stops no other. Its field is one of those `within`."""
        try:
            yield
        except ApiError as error:
            self.errors[call.position] = error
        except Refused as refusal:
            param = f"{within}.{refusal.field}" if refusal.field else within
            self.errors[call.position] = ApiError("invalid_value", str(refusal), param=param)
