"""What the benchmark says: a figure of ours beside its floor, measured in the same run, and what it must reach."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Measured = Callable[[], Awaitable[float]]
Tell = Callable[[str], None]
"""Takes one line about what is being measured now."""


@dataclass(frozen=True)
class Pair:
    ours: float
    floor: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor


@dataclass(frozen=True)
class Figure:
    """`n` is how many things each side of one pair did. A *share* must be at least `target` of the floor, an
    *excess* at most `target` above it."""

    name: str
    says: str
    unit: str
    pairs: tuple[Pair, ...]
    target: float
    n: int
    floor_is: str
    kind: Literal["share", "excess"] = "share"
    beside: Mapping[str, float] = field(default_factory=dict)

    @property
    def middle(self) -> Pair:
        """The pair with the median ratio; of an even number the lower one of the two in the middle."""
        return sorted(self.pairs, key=lambda pair: pair.ratio)[(len(self.pairs) - 1) // 2]

    @property
    def value(self) -> float:
        """What `target` is about: ours over the floor, or ours above it."""
        pair = self.middle
        return pair.ratio if self.kind == "share" else pair.ours - pair.floor

    @property
    def is_met(self) -> bool:
        return self.value >= self.target if self.kind == "share" else self.value <= self.target

    def as_json(self) -> dict[str, object]:
        pair = self.middle
        return {
            "name": self.name,
            "says": self.says,
            "unit": self.unit,
            "ours": round(pair.ours, 3),
            "floor": round(pair.floor, 3),
            "floor_is": self.floor_is,
            "kind": self.kind,
            "value": round(self.value, 3),
            "target": self.target,
            "is_met": self.is_met,
            "n": self.n,
            "ratios": [round(each.ratio, 3) for each in self.pairs],
            **self.beside,
        }


async def paired(rounds: int, floor: Measured, ours: Measured, tell: Tell) -> tuple[Pair, ...]:
    """Floor, ours, floor, ours: a machine that is busy with something else is busy for both."""
    pairs = []
    for number in range(1, rounds + 1):
        tell(f"floor, round {number} of {rounds}")
        bare = await floor()
        tell(f"ours, round {number} of {rounds}")
        pairs.append(Pair(await ours(), bare))
    return tuple(pairs)
