"""What a back-test adds up to: how often the definition was right, and which of its criteria tell something."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from authoring.backtest import Judge, Result
from domain.readiness import Holds

HOLDS: tuple[Holds, ...] = ("met", "not_met", "unknown")
FEWEST = 10
"""Below so many leads a rate says nothing and is left out (docs/rules.md)."""
Z = 1.959964


def auc(good: array[float], bad: array[float]) -> float | None:
    """The chance that a lead that did well has more points than one that did not, ties counting half: the
    Mann-Whitney U over n·m (Hanley and McNeil 1982). None while one of the two is empty."""
    if not good or not bad:
        return None
    counts: dict[float, list[int]] = {}
    for side, scores in enumerate((good, bad)):
        for score in scores:
            counts.setdefault(score, [0, 0])[side] += 1
    below, wins = 0, 0.0
    for score in sorted(counts):
        goods, bads = counts[score]
        wins += goods * (below + bads / 2)
        below += bads
    return wins / (len(good) * len(bad))


@dataclass(frozen=True)
class Rate:
    """`good` of `n` with the Wilson 95 % interval (docs/rules.md)."""

    good: int
    n: int

    @property
    def value(self) -> float | None:
        return self.good / self.n if self.n >= FEWEST else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if self.n < FEWEST:
            return None
        p, n, z2 = self.good / self.n, self.n, Z * Z
        middle = (p + z2 / (2 * n)) / (1 + z2 / n)
        half = Z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return middle - half, middle + half

    def as_data(self) -> dict[str, object]:
        interval = self.interval
        shown = [round(end, 4) for end in interval] if interval else None
        return {"n": self.n, "good": self.good, "rate": rounded(self.value), "interval": shown}


@dataclass
class Telling:
    """One criterion, or one line of points, against what became of the leads."""

    says: str
    speaks_against: bool = False
    seen: Counter[tuple[Holds, bool | None]] = field(default_factory=Counter)

    def rate(self, holds: Holds) -> Rate:
        good = self.seen[holds, True]
        return Rate(good, good + self.seen[holds, False])

    @property
    def unknown_share(self) -> float:
        """Among all leads, whether their outcome is known or not."""
        unknown = sum(n for (holds, _), n in self.seen.items() if holds == "unknown")
        return unknown / max(self.seen.total(), 1)

    @property
    def verdict(self) -> str:
        """What it is worth by itself; nothing is called telling or misleading while the intervals overlap."""
        met, not_met = self.rate("met").interval, self.rate("not_met").interval
        if met is None or not_met is None:
            return "too few to say"
        if self.speaks_against:
            met, not_met = not_met, met
        if met[0] > not_met[1]:
            return "tells"
        return "misleads" if met[1] < not_met[0] else "tells nothing"

    def as_data(self) -> dict[str, object]:
        rates: dict[str, object] = {holds: self.rate(holds).as_data() for holds in HOLDS}
        return {"says": self.says, **rates, "unknown_share": rounded(self.unknown_share), "verdict": self.verdict}


@dataclass
class Figures:
    """Everything counted for one definition, one result at a time, so that the leads need not fit into memory."""

    judge: Judge
    confusion: Counter[tuple[bool, bool | None]] = field(default_factory=Counter)
    weeks: Counter[date] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    criteria: dict[str, Telling] = field(init=False)
    points: dict[str, Telling] = field(init=False)
    scores: dict[tuple[str, bool], array[float]] = field(default_factory=dict)
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        self.criteria = {name: Telling(says) for name, says in self.judge.says.items()}
        self.points = {name: Telling(f"{worth:+g} points", worth < 0) for name, worth in self.judge.worth.items()}

    def add(self, result: Result) -> None:
        outcome = result.past.is_good
        self.confusion[result.is_ready, outcome] += 1
        if result.rule:
            self.rules[result.rule] += 1
        if result.past.has_date:
            self._dated(result)
        for name, holds in result.criteria.items():
            self.criteria[name].seen[holds, outcome] += 1
        for name, holds in result.points.items():
            self.points[name].seen[holds, outcome] += 1
        if outcome is not None:
            fit, engagement = result.fit, result.engagement
            for name, score in (("fit", fit), ("engagement", engagement), ("both", fit + engagement)):
                self.scores.setdefault((name, outcome), array("d")).append(score)

    def _dated(self, result: Result) -> None:
        begin, end = result.past.begin_at.date(), result.past.end_at.date()
        self.first = min(self.first or begin, begin)
        self.last = max(self.last or end, end)
        if result.ready_at:
            day = result.ready_at.date()
            self.weeks[day - timedelta(days=day.weekday())] += 1

    @property
    def judged(self) -> int:
        return self.confusion.total()

    @property
    def ready(self) -> int:
        return sum(n for (is_ready, _), n in self.confusion.items() if is_ready)

    @property
    def base(self) -> Rate:
        good = self.confusion[True, True] + self.confusion[False, True]
        return Rate(good, good + self.confusion[True, False] + self.confusion[False, False])

    @property
    def precision(self) -> Rate:
        good = self.confusion[True, True]
        return Rate(good, good + self.confusion[True, False])

    @property
    def recall(self) -> Rate:
        good = self.confusion[True, True]
        return Rate(good, good + self.confusion[False, True])

    def auc(self, name: str) -> float | None:
        empty = array("d")
        return auc(self.scores.get((name, True), empty), self.scores.get((name, False), empty))

    @property
    def workload(self) -> tuple[float, int, date] | None:
        """Ready leads a week on average over the whole time, and the fullest week; None when nothing has a date."""
        if self.first is None or self.last is None or not self.weeks:
            return None
        weeks = max((self.last - self.first).days / 7, 1)
        monday, most = max(self.weeks.items(), key=lambda item: (item[1], item[0]))
        return self.weeks.total() / weeks, most, monday

    def as_data(self) -> dict[str, object]:
        """JSON; what is counted too seldom for a rate is null."""
        workload = self.workload
        week, average = {d.isoformat(): n for d, n in sorted(self.weeks.items())}, workload and round(workload[0], 2)
        return {
            "definition": self.judge.name,
            "release": self.judge.release.hash,
            "judged": self.judged,
            "ready": self.ready,
            "confusion": _confusion(self.confusion),
            "base_rate": self.base.as_data(),
            "precision": self.precision.as_data(),
            "recall": self.recall.as_data(),
            "auc": {name: rounded(self.auc(name)) for name in ("fit", "engagement", "both")},
            "rules": dict(self.rules),
            "workload": {"per_week": average, "weeks": week},
            "criteria": {name: telling.as_data() for name, telling in self.criteria.items()},
            "points": {name: telling.as_data() for name, telling in self.points.items()},
        }


def _confusion(counted: Mapping[tuple[bool, bool | None], int]) -> dict[str, dict[str, int]]:
    outcomes = {"good": True, "not_good": False, "outcome_unknown": None}
    return {
        said: {name: counted.get((is_ready, outcome), 0) for name, outcome in outcomes.items()}
        for said, is_ready in (("ready", True), ("not_ready", False))
    }


def rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
