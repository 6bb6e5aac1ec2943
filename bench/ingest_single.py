"""One event a request, durable when it is answered, against a bare WSGI function with one INSERT on the same granian.

The limit has one table with the unique index of ours: no key to check, no limit to count, no workspace, nobody to find.
It has one thread a worker, with which it is fastest.
"""

from __future__ import annotations

import json
import statistics

from crm.embedded.workloads import fresh_rapport

ROUNDS, CALLS, CALLERS = 7, 1000, 8
UNLIMITED = {"API_REQUESTS_PER_SECOND": "1000000", "API_BURST": "1000000"}


def main() -> None:
    with fresh_rapport() as servers:
        from bench._shop import Shop  # noqa: PLC0415  Django is set up only now
        from bench._web import Caller, granian, post_all  # noqa: PLC0415

        shop, environment = Shop(), servers.environment()
        bare_environment = {**environment, "BARE_WORKSPACE_ID": str(shop.workspace.pk)}
        ours, limit = [], []
        with (
            granian("crm.wsgi:application", **environment, **UNLIMITED) as port,
            granian("bench._bare:application", 1, **bare_environment) as bare_port,
        ):
            callers = [Caller(port, "/api/v1/track", secret=shop.secret) for _ in range(CALLERS)]
            bare_callers = [Caller(bare_port, "/", secret="") for _ in range(CALLERS)]
            for number in range(ROUNDS + 1):
                bodies = [json.dumps(call).encode() for call in shop.calls(CALLS)]
                bare_seconds, seconds = post_all(bare_callers, bodies), post_all(callers, bodies)
                if number:  # the first is for warming up
                    limit.append(CALLS / bare_seconds)
                    ours.append(CALLS / seconds)
            again = json.loads(callers[0].post(bodies[0]))
        assert again == {"accepted": 0, "duplicates": 1, "errors": []}, again
        shop.check(sent=(ROUNDS + 1) * CALLS)
        shop.check_bare(sent=(ROUNDS + 1) * CALLS)
    ratio = statistics.median(rate / most for rate, most in zip(ours, limit, strict=True))
    one, other = statistics.median(ours), statistics.median(limit)
    print(f"ingest_single: ours={one:,.0f}/s limit={other:,.0f}/s ratio={ratio:.2f}")


if __name__ == "__main__":
    main()
