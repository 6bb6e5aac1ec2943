"""One tick of a flow: 10,000 of 100,000 people on the way are due, in a workspace beside another of the same size.

Ours is what the worker does in the scope, as crm_app under row-level security: claim a thousand at a time, end their
wait, put their letters into the outbox, begin their next wait, note it on their trail. The limit is by hand, in the
same scope: one statement that claims a thousand and moves them on, and one that inserts their messages. Both are rolled
back, and take turns. `flow_o_due` is the same thousand with a tenth as many on the way: a tick costs what is due.
"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from bench._rounds import seconds
from crm.embedded.workloads import fresh_rapport, say

if TYPE_CHECKING:
    from bench._flow_cases import FlowCase

ON_THE_WAY, DUE, ROUNDS = 100_000, 10_000, 7
FLOOR, AIM = 4.0, 2.0


def main() -> None:
    with fresh_rapport() as servers:
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._crowd import fill  # noqa: PLC0415
        from bench._flow_cases import FlowCase  # noqa: PLC0415

        town, city, hamlet = (Workspace.objects.create(name=name, slug=name) for name in ("town", "city", "hamlet"))
        fill(servers, [town, city], count=ON_THE_WAY)
        fill(servers, [hamlet], count=ON_THE_WAY // 10)
        many, few = FlowCase(town, due=DUE), FlowCase(hamlet, due=DUE // 10)
        FlowCase(city, due=DUE)
        say(f"{many.on_the_way:,} and {few.on_the_way:,} people on the way")
        measure(many, few)


def measure(many: FlowCase, few: FlowCase) -> None:
    ours, limit, thousand, small = [], [], [], []
    for each in (many, few):  # and warm up
        each.tick(1)
        each.by_hand(1)
    for _ in range(ROUNDS):
        limit.append(seconds(lambda: many.by_hand(DUE // 1000)))
        ours.append(seconds(lambda: many.tick(DUE // 1000)))
        thousand.append(seconds(lambda: many.tick(1)))
        small.append(seconds(lambda: few.tick(1)))
    one, other = 1000 * statistics.median(ours), 1000 * statistics.median(limit)
    ratio = statistics.median(ours) / statistics.median(limit)
    print(f"flow_tick: ours={one:.0f} ms limit={other:.0f} ms ratio={ratio:.2f} (floor {FLOOR:.0f}, aim {AIM:.0f})")
    spread = statistics.median(thousand) / statistics.median(small)
    tenth = 1000 * statistics.median(small)
    print(f"flow_o_due: ours={1000 * statistics.median(thousand):.0f} ms limit={tenth:.0f} ms ratio={spread:.2f}")


if __name__ == "__main__":
    main()
