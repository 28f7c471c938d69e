"""What is wrong in a file: where, in a sentence that says what to do, and how it is shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

SHOWN_WIDTH = 100
ALIKE = 0.72


@dataclass(frozen=True)
class Problem:
    """`line` and `column` count from 1, in characters; `length` is how many of them the carets underline."""

    path: str
    line: int
    column: int
    sentence: str
    severity: Literal["error", "warning"] = "error"
    length: int = 1


def render(problem: Problem, source_line: str) -> str:
    """`file:line:column: sentence`, then the line, with carets under the place; long lines are cut."""
    mark = "" if problem.severity == "error" else "warning: "
    head = f"{problem.path}:{problem.line}:{problem.column}: {mark}{problem.sentence}"
    if not source_line.strip():
        return head
    at = max(problem.column - 1, 0)
    start = max(at - SHOWN_WIDTH // 2, 0) if len(source_line) > SHOWN_WIDTH else 0
    # A tab is one character of the column, so it must be one character on the screen.
    shown = source_line[start : start + SHOWN_WIDTH].replace("\t", " ")
    width = max(min(problem.length, len(shown) - (at - start)), 1)
    return f"{head}\n    {shown}\n    {' ' * (at - start)}{'^' * width}"


def suggest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that looks most like the name, None when none does.

    Of a dotted name the last part counts most: a shared `company.` alone makes no two fields alike.
    """
    best = max(candidates, key=lambda candidate: (_alike(name, candidate), candidate), default=None)
    return best if best is not None and _alike(name, best) >= ALIKE else None


def did_you_mean(name: str, candidates: Iterable[str]) -> str:
    """`; did you mean x?` to end a sentence with, a full stop when nothing is near."""
    nearest = suggest(name, candidates)
    return f"; did you mean {nearest}?" if nearest else "."


def _alike(name: str, candidate: str) -> float:
    head, _, tail = name[:120].lower().rpartition(".")
    other_head, _, other_tail = candidate.lower().rpartition(".")
    return 0.9 * _ratio(tail, other_tail) + 0.1 * _ratio(head, other_head)


def _ratio(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
