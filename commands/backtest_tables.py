"""A back-test as tables for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from commands.console import print_table, screen
from domain.importing import Refused

if TYPE_CHECKING:
    from authoring.backtest import Result
    from authoring.backtest_figures import Figures, Rate, Telling


@dataclass
class Differing:
    """The leads on whom two definitions differ; the first of them, all counted."""

    most: int
    total: int = 0
    leads: list[dict[str, object]] = field(default_factory=list)

    def see(self, results: Sequence[Result]) -> None:
        if len({result.is_ready for result in results}) < 2:
            return
        self.total += 1
        if len(self.leads) < self.most:
            past = results[0].past
            outcome = {True: "good", False: "not good", None: None}[past.is_good]
            says = {f"by_{result_of(n)}": result.rule or "not ready" for n, result in enumerate(results)}
            self.leads.append({"id": past.id, **says, "outcome": outcome, "became": past.became})


def result_of(number: int) -> str:
    return "this" if number == 0 else "against"


def show(figures: Sequence[Figures], differing: Differing | None, refused: int, first: Sequence[Refused]) -> None:
    for each in figures:
        _summary(each)
        _telling("criterion", each.criteria)
        _telling("points", each.points)
    if differing:
        print(f"\nThe two differ on {differing.total} leads{_only(len(differing.leads), differing.total)}.")
        if differing.total:
            print_table(["id", "by_this", "by_against", "outcome", "became"], differing.leads)
    if refused:
        print(f"\n{refused} rows cannot be read{_only(len(first), refused)}:")
        for row in first:
            print(f"  row {row.number}: {row.reason}")


def _summary(figures: Figures) -> None:
    from rich.markup import escape

    title = figures.judge.release.definition.title
    screen().print(f"\n[bold]{escape(figures.judge.name)}[/]: {escape(title)}")
    confusion = figures.confusion
    rows = [
        {
            "": said,
            "good": confusion[is_ready, True],
            "not good": confusion[is_ready, False],
            "outcome unknown": confusion[is_ready, None],
        }
        for said, is_ready in (("ready", True), ("not ready", False))
    ]
    print_table(["", "good", "not good", "outcome unknown"], rows)
    print(f"Good among all with a known outcome: {_rate(figures.base)}.")
    print(f"Precision, good among those it calls ready: {_rate(figures.precision)}.")
    print(f"Recall, called ready among the good: {_rate(figures.recall)}.")
    named = {"fit": "fit points", "engagement": "engagement points", "both": "both added"}
    aucs = [f"{words} {_number(figures.auc(name))}" for name, words in named.items()]
    print(f"AUC (0.5 is chance, 1 is perfect): {', '.join(aucs)}.")
    rules = ", ".join(f"{name} {n}" for name, n in figures.rules.most_common())
    print(f"Ready: {figures.ready} of {figures.judged}{f' ({rules})' if rules else ''}. {_workload(figures)}")


def _workload(figures: Figures) -> str:
    if figures.first is None:
        return "Nothing says when, so there is no load by week."
    workload = figures.workload
    if workload is None:
        return "So there is nothing for sales to do."
    average, most, monday = workload
    return f"For sales {average:.1f} a week; the fullest week, from {monday}, has {most}."


def _telling(what: str, kept: dict[str, Telling]) -> None:
    if not kept:
        return
    rows = [
        {
            what: name,
            "says": telling.says,
            "good if met": _short(telling.rate("met")),
            "if not met": _short(telling.rate("not_met")),
            "if unknown": _short(telling.rate("unknown")),
            "unknown": f"{telling.unknown_share:.0%}",
            "by itself": telling.verdict,
        }
        for name, telling in kept.items()
    ]
    print()
    print_table([what, "says", "good if met", "if not met", "if unknown", "unknown", "by itself"], rows)


def _rate(rate: Rate) -> str:
    if rate.value is None or rate.interval is None:
        return f"{rate.good} of {rate.n}, too few for a rate"
    low, high = rate.interval
    return f"{rate.value:.1%} of {rate.n} ({low:.0%} to {high:.0%})"


def _short(rate: Rate) -> str:
    return f"{rate.good} of {rate.n}" if rate.value is None else f"{rate.value:.0%} of {rate.n}"


def _number(value: float | None) -> str:
    return "not known" if value is None else f"{value:.3f}"


def _only(shown: int, total: int) -> str:
    return f"; the first {shown}" if shown < total else ""
