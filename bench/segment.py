"""Counting the customers of twenty segments, among 10,000, 100,000 and a million, and as many of another workspace.

Ours is all that the page asks to count exactly: the JSON read and understood, compiled, asked in the scope, as crm_app
under row-level security. The limit is a statement by hand for the same people by the same indexes, in the same scope;
it does not ask who was merged into whom, since nobody was. All are 95th percentiles of rounds that take turns. Four
definitions each ask attributes, orders in a window, events and messages; four are groups in groups of those. `_preview`
is what the builder shows while one writes, against the 300 ms that one waits for it at most.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections import defaultdict
from typing import TYPE_CHECKING

from bench._rounds import report, seconds, slowest_but_few
from crm.embedded.workloads import fresh_rapport, say

if TYPE_CHECKING:
    from bench._segment_cases import SegmentCase

SIZES, ROUNDS = (10_000, 100_000, 1_000_000), 7
LONGEST_PREVIEW = 300.0


def main(sizes: tuple[int, ...]) -> None:
    with fresh_rapport() as servers:
        from accounts.models import Workspace  # noqa: PLC0415  Django is set up only now
        from bench._crowd import fill  # noqa: PLC0415
        from bench._deeds import fill_deeds  # noqa: PLC0415
        from bench._segment_cases import segment_cases  # noqa: PLC0415
        from bench._trade import fill_trade  # noqa: PLC0415

        for count in sizes:
            town, city = (Workspace.objects.create(name=f"{name}{count}", slug=f"{name}{count}") for name in "tc")
            started_at = time.monotonic()
            fill(servers, [town, city], count=count)
            fill_trade(servers, [town, city], count=count)
            fill_deeds(servers, [town, city], count=count)
            say(f"{2 * count:,} customers made in {time.monotonic() - started_at:.0f} s")
            measure(segment_cases(town), named=f"segment_{count // 1000}k")


def measure(cases: list[SegmentCase], *, named: str) -> None:
    ours: dict[str, list[float]] = defaultdict(list)
    limit: dict[str, list[float]] = defaultdict(list)
    previews: list[float] = []
    sizes = {case.name: case.check() for case in cases}  # and warm up
    say(f"{named}: of {min(sizes.values()):,} to {max(sizes.values()):,} people")
    for _ in range(ROUNDS):
        for case in cases:
            limit[case.name].append(seconds(case.count_by_hand))
            ours[case.name].append(seconds(case.count))
            previews.append(seconds(case.preview))
    report(named, ours, limit)
    ratios = sorted(
        statistics.median(one / other for one, other in zip(ours[name], limit[name], strict=True)) for name in ours
    )
    print(f"{named}_ratio: median={statistics.median(ratios):.2f} slowest={ratios[-1]:.2f}")
    slowest = 1000 * slowest_but_few(previews)
    print(
        f"{named}_preview: ours={slowest:.1f} ms limit={LONGEST_PREVIEW:.1f} ms ratio={slowest / LONGEST_PREVIEW:.2f}"
    )


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
