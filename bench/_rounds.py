"""Questions that take turns, timed and told."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from crm.embedded.workloads import say

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import Workspace


def browser_of(workspace: Workspace) -> Client:
    """Somebody who is signed in and may see everything."""
    from django.test import Client  # noqa: PLC0415  Django is set up only now

    from accounts.models import Membership, Role, User  # noqa: PLC0415

    user = User.objects.create(email=f"owner@{workspace.slug}.example")
    Membership.objects.create(user=user, workspace=workspace, role=Role.OWNER)
    browser = Client()
    browser.force_login(user)
    return browser


def seconds(ask: Callable[[], object]) -> float:
    started_at = time.perf_counter()
    ask()
    return time.perf_counter() - started_at


def report(prefix: str, ours: Mapping[str, list[float]], limit: Mapping[str, list[float]]) -> None:
    slowest = {name: 1000 * slowest_but_few(times) for name, times in ours.items()}
    for name, one in slowest.items():
        other = 1000 * slowest_but_few(limit[name])
        print(f"{prefix}_{name}: ours={one:.1f} ms limit={other:.1f} ms ratio={one / other:.2f}")
    within = ", ".join(f"{sum(each <= most for each in slowest.values())} within {most} ms" for most in (20, 50, 150))
    say(f"{prefix}: {len(ours)} questions, median {statistics.median(slowest.values()):.1f} ms, {within}")


def slowest_but_few(times: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]
