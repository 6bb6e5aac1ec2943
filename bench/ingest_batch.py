"""Batches of 1,000 events through granian, against raw COPY of what is kept of them by two connections.

The limit fills bare copies of the same two tables with the same indexes, the unique one among them: no row-level
security, nobody to look up or to hold, nothing said twice, no HTTP, no JSON.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from crm.embedded.workloads import fresh_rapport

ROUNDS, BATCHES, SIZE = 7, 20, 1000
# A worker takes whatever connections it is handed, so there must be enough for both to have some.
CALLERS = 8
UNLIMITED = {"API_REQUESTS_PER_SECOND": "1000000", "API_BURST": "1000000"}


def main() -> None:
    with fresh_rapport() as servers:
        from bench._shop import Shop, bare_connections  # noqa: PLC0415  Django is set up only now
        from bench._web import Caller, granian, post_all  # noqa: PLC0415

        shop, sent = Shop(), 0
        ours, limit = [], []
        with granian("crm.wsgi:application", **servers.environment(), **UNLIMITED) as port, bare_connections(2) as bare:
            callers = [Caller(port, "/api/v1/batch", secret=shop.secret) for _ in range(CALLERS)]
            for number in range(ROUNDS + 1):
                rounds = [shop.calls(SIZE) for _ in range(BATCHES)]
                copied = _copy_all(bare, [shop.rows(calls) for calls in rounds])
                bodies = [json.dumps({"batch": calls}).encode() for calls in rounds]
                posted = post_all(callers, bodies)
                sent += BATCHES * SIZE
                if number:  # the first is for warming up
                    limit.append(BATCHES * SIZE / copied)
                    ours.append(BATCHES * SIZE / posted)
            again = json.loads(callers[0].post(bodies[0]))
        assert again == {"accepted": 0, "duplicates": SIZE, "errors": []}, again
        shop.check(sent=sent)
    ratio = statistics.median(one / other for one, other in zip(ours, limit, strict=True))
    print(
        f"ingest_batch: ours={statistics.median(ours):,.0f}/s limit={statistics.median(limit):,.0f}/s ratio={ratio:.2f}"
    )


def _copy_all(bare: Sequence[Any], batches: Sequence[tuple[str, str]]) -> float:
    """Two connections copy their halves of the batches, both at once. Returns the seconds it took."""
    from bench._shop import copy  # noqa: PLC0415  Django is set up only now

    def copy_half(start: int) -> None:
        for rows in batches[start :: len(bare)]:
            copy(bare[start], rows)

    with ThreadPoolExecutor(len(bare)) as pool:
        started_at = time.perf_counter()
        list(pool.map(copy_half, range(len(bare))))
        return time.perf_counter() - started_at


if __name__ == "__main__":
    main()
