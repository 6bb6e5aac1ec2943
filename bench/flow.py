"""One tick of a flow: 10,000 due of 100,000 and of a million who are on the way, and 1,000 of 10,000.

Ours is what the worker does in the scope, as crm_app under row-level security: claim a thousand at a time, end their
wait, put their letters into the outbox, begin their next wait, note it on their trail. The limit is by hand, in the
same scope: one statement that claims a thousand and moves them on, and one that inserts their messages. Both are rolled
back, and take turns. `flow_o_due` is a thousand among the most beside a thousand among the fewest: a tick costs what is
due.
"""

from __future__ import annotations

import statistics
import sys
import time
from typing import TYPE_CHECKING

from bench._rounds import seconds
from crm.embedded.workloads import fresh_rapport, say

if TYPE_CHECKING:
    from bench._flow_cases import FlowCase

SIZES, DUE, ROUNDS = (10_000, 100_000, 1_000_000), 10_000, 7
CHUNK = 1000
FLOOR, AIM = 4.0, 2.0


def main(sizes: tuple[int, ...]) -> None:
    with fresh_rapport() as servers:
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._crowd import fill, vacuum  # noqa: PLC0415
        from bench._flow_cases import FlowCase  # noqa: PLC0415

        cases: dict[int, FlowCase] = {}
        for size in sizes:
            started_at = time.monotonic()
            town = Workspace.objects.create(name=f"Town {size}", slug=f"town-{size}")
            fill(servers, [town], count=size)
            cases[size] = FlowCase(town, due=min(DUE, size // 10))
            say(f"{cases[size].on_the_way:,} people on the way after {time.monotonic() - started_at:.0f} s")
        vacuum(servers)
        for size, case in cases.items():
            measure(case, chunks=min(DUE, size // 10) // CHUNK, named=f"{size // 1000}k")
        compare(cases[max(sizes)], cases[min(sizes)], named=f"{max(sizes) // 1000}k_{min(sizes) // 1000}k")


def measure(case: FlowCase, *, chunks: int, named: str) -> None:
    ours, limit = [], []
    case.tick(1)  # and warm up
    case.by_hand(1)
    for _ in range(ROUNDS):
        limit.append(seconds(lambda: case.by_hand(chunks)))
        ours.append(seconds(lambda: case.tick(chunks)))
    one, other = 1000 * statistics.median(ours), 1000 * statistics.median(limit)
    print(
        f"flow_tick_{named}: ours={one:.0f} ms limit={other:.0f} ms ratio={one / other:.2f} "
        f"(floor {FLOOR:.0f}, aim {AIM:.0f})"
    )


def compare(many: FlowCase, few: FlowCase, *, named: str) -> None:
    much, little = [], []
    for _ in range(ROUNDS):
        much.append(seconds(lambda: many.tick(1)))
        little.append(seconds(lambda: few.tick(1)))
    one, other = 1000 * statistics.median(much), 1000 * statistics.median(little)
    print(f"flow_o_due_{named}: ours={one:.0f} ms limit={other:.0f} ms ratio={one / other:.2f}")


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
