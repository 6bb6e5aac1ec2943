"""`./run faults birthday`: a day of birthdays, its workers killed again and again, and everybody greeted once."""

from __future__ import annotations

import sys

from tests.faults._drill import Drill, carry_out


def begin(customers: int) -> set[str]:
    from tests.faults import _birthdays  # noqa: PLC0415  Django is set up only now

    return _birthdays.celebrate(customers)


DRILL = Drill(name="birthday", begin=begin, customers=5000, kills=60, crashes=2, seconds_to_answer=0.08)

if __name__ == "__main__":
    sys.exit(carry_out(DRILL))
