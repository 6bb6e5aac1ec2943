"""`./run faults messages`: a campaign to 10,000, while everything that carries it fails.

200 workers are killed, each owning a message at that moment; Postgres crashes five times; Valkey forgets everything
every second; two schedulers run, and the clock of one is 90 seconds ahead. Everybody gets the campaign once.
"""

from __future__ import annotations

import sys

from tests.faults._drill import Drill, carry_out


def begin(customers: int) -> set[str]:
    from tests.faults import _campaigns  # noqa: PLC0415  Django is set up only now

    return _campaigns.launch(customers)


DRILL = Drill(
    name="messages",
    begin=begin,
    customers=10_000,
    kills=200,
    crashes=5,
    seconds_to_answer=0.15,
    beats=(0, 90),
    is_forgetful=True,
)

if __name__ == "__main__":
    sys.exit(carry_out(DRILL))
