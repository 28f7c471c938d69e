"""How far a rate may be trusted: Wilson's interval for one, Newcombe's for the difference of two (both 95 %)."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

Z = 1.96
FEWEST = 10
"""Of fewer than this no rate is told: it would be taken for one."""


@dataclass(frozen=True)
class Rate:
    """`hits` of `n`; the interval holds the true rate in 95 of 100 cases, however small `n` is."""

    hits: int
    n: int

    @property
    def value(self) -> float | None:
        """None under ten."""
        return self.hits / self.n if self.n >= FEWEST else None

    @property
    def low(self) -> float:
        return self._interval[0]

    @property
    def high(self) -> float:
        return self._interval[1]

    @property
    def _interval(self) -> tuple[float, float]:
        if not self.n:
            return 0.0, 1.0
        p, n = self.hits / self.n, self.n
        middle, reach = p + Z * Z / (2 * n), Z * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
        whole = 1 + Z * Z / n
        return max(0.0, (middle - reach) / whole), min(1.0, (middle + reach) / whole)


def difference(ours: Rate, theirs: Rate) -> tuple[float, float, float] | None:
    """Ours less theirs, with the ends of its interval (Newcombe 1998, method 10); None while either is too small."""
    if ours.value is None or theirs.value is None:
        return None
    p, q = ours.value, theirs.value
    below = sqrt((p - ours.low) ** 2 + (theirs.high - q) ** 2)
    above = sqrt((ours.high - p) ** 2 + (q - theirs.low) ** 2)
    return p - q, p - q - below, p - q + above
