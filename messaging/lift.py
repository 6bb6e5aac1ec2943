"""What writing to people brought, against those who were held out."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.959964  # 95 %, two-sided
FEWEST = 100
"""People in each group below which nothing is said."""


@dataclass(frozen=True)
class Share:
    count: int
    of: int

    @property
    def value(self) -> float:
        return self.count / self.of if self.of else 0.0

    def interval(self) -> tuple[float, float]:
        """Wilson's score interval."""
        n, p = self.of, self.value
        middle, width = 2 * n * p + Z**2, Z * sqrt(Z**2 + 4 * n * p * (1 - p))
        return (middle - width) / (2 * (n + Z**2)), (middle + width) / (2 * (n + Z**2))


@dataclass(frozen=True)
class Lift:
    """How much larger the share is among those written to, as a difference of shares with its interval."""

    written_to: Share
    held_out: Share

    @property
    def is_too_small(self) -> bool:
        return min(self.written_to.of, self.held_out.of) < FEWEST

    @property
    def difference(self) -> float:
        return self.written_to.value - self.held_out.value

    @property
    def interval(self) -> tuple[float, float]:
        """Of the difference: R. G. Newcombe, Statistics in Medicine 17 (1998), 873-890, method 10 (hybrid score)."""
        p1, p2 = self.written_to.value, self.held_out.value
        (low1, high1), (low2, high2) = self.written_to.interval(), self.held_out.interval()
        below = sqrt((p1 - low1) ** 2 + (high2 - p2) ** 2)
        above = sqrt((high1 - p1) ** 2 + (p2 - low2) ** 2)
        return self.difference - below, self.difference + above

    @property
    def points(self) -> list[str]:
        """The difference and its interval in percentage points, signed."""
        return [f"{100 * value:+.1f}" for value in (self.difference, *self.interval)]

    @property
    def is_certain(self) -> bool:
        """Zero lies outside the interval."""
        low, high = self.interval
        return low > 0 or high < 0

    @property
    def extra(self) -> int:
        """Who of those written to would not have done it without."""
        return round(self.difference * self.written_to.of)
