"""What sales found of the definition: refused, right, wrong, and what their feedback and debriefs said. Counts only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Integer, Select, String, case, cast, func, select

from domain.calendar import at_local, zone
from domain.duties import DEBRIEF, FEEDBACK
from domain.release import Release
from storage import facts_judged
from storage import tables as t
from storage.archive import Tx

LOOK_BACK = timedelta(days=365)
"""Accuracy is rare news: a month of it says nothing."""
REFUSALS = ("reject", "recycle")


@dataclass(frozen=True)
class Criterion:
    """`refused` is of this month, everything else of the last twelve. `heard` is what conversations bore out or took
    back, `said` what salespeople judged, `debriefed` what predicted or misled in closed deals."""

    refused: int
    heard: Mapping[str, int]
    said: Mapping[str, int]
    debriefed: Mapping[str, int]


@dataclass(frozen=True)
class Told:
    """How one kind of duty was kept, within the last twelve months."""

    asked: int
    answered: int
    late: int


@dataclass(frozen=True)
class Judged:
    since: datetime
    month: datetime
    criteria: Mapping[str, Criterion]
    helpful: Mapping[str, int]
    minutes_saved: float | None
    told: Mapping[str, Told]


def judged(tx: Tx, release: Release, now: datetime) -> Judged:
    since, month = now - LOOK_BACK, _month(now, release.defaults.time_zone)
    names = list(release.definition.criteria)
    refused, heard = _refused(tx, month), _heard(tx, since)
    said, debriefed = _said(tx, names, since), _debriefed(tx, names, since)
    criteria = {
        name: Criterion(
            refused.get(name, 0),
            {word: heard.get((name, word), 0) for word in ("right", "wrong")},
            {word: said[f"{name}/{word}"] for word in ("right", "wrong", "unsure")},
            {word: debriefed[f"{name}/{word}"] for word in ("predicted", "misled")},
        )
        for name in names
    }
    helpful = {word: said[f"helpful/{word}"] for word in ("yes", "partly", "no")}
    return Judged(since, month, criteria, helpful, said["minutes"], _told(tx, since))


def _month(now: datetime, name: str) -> datetime:
    """The first instant of this month where the team works."""
    return at_local(now.astimezone(zone(name)).date().replace(day=1), time.min, name).astimezone(UTC)


def _refused(tx: Tx, since: datetime) -> dict[str, int]:
    """Decisions of sales that named a criterion, by its name."""
    c = t.log.c
    criterion, command = c.data["criterion"].as_string(), c.data["command"].as_string()
    query = select(criterion, func.count()).where(c.kind == "disposition", c.at >= since, command.in_(REFUSALS))
    return {name: count for name, count in tx.execute(query.group_by(criterion)) if name}


def _heard(tx: Tx, since: datetime) -> dict[tuple[str, str], int]:
    c = t.log.c
    was = c.data["was"].as_string()
    query = select(c.reason, was, func.count()).where(c.kind == facts_judged.KIND, c.at >= since)
    return {(name, word): count for name, word, count in tx.execute(query.group_by(c.reason, was))}


def _said(tx: Tx, names: Sequence[str], since: datetime) -> dict[str, Any]:  # Any: counts, and an average
    """Feedback: one row of counts, however many criteria there are."""
    answer = t.duties.c.answer
    columns = {f"helpful/{w}": _count(answer["helpful"].as_string() == w) for w in ("yes", "partly", "no")}
    for name in names:
        for word in ("right", "wrong", "unsure"):
            columns[f"{name}/{word}"] = _count(answer["accuracy"][name].as_string() == word)
    minutes = func.avg(cast(answer["minutes_saved"].as_string(), Integer))
    query = select(minutes.label("minutes"), *(column.label(label) for label, column in columns.items()))
    row = tx.execute(_answered(query, FEEDBACK, since)).mappings().one()
    average = row["minutes"]
    return {**{label: row[label] or 0 for label in columns}, "minutes": None if average is None else float(average)}


def _debriefed(tx: Tx, names: Sequence[str], since: datetime) -> dict[str, int]:
    """Lists of criteria: looked for as text between quotes, which no id holds."""
    answer = t.duties.c.answer
    columns = {
        f"{name}/{word}": _count(cast(answer[word], String).contains(f'"{name}"', autoescape=True))
        for name in names
        for word in ("predicted", "misled")
    }
    if not columns:
        return {}
    query = select(*(column.label(label) for label, column in columns.items()))
    row = tx.execute(_answered(query, DEBRIEF, since)).mappings().one()
    return {label: row[label] or 0 for label in columns}


def _count(holds: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((holds, 1), else_=0))


S = TypeVar("S", bound=Select[*tuple[Any, ...]])  # Any: whatever columns


def _answered(query: S, kind: str, since: datetime) -> S:
    c = t.duties.c
    return query.where(c.kind == kind, c.opened_at >= since, c.closed_at.is_not(None))


def _told(tx: Tx, since: datetime) -> dict[str, Told]:
    c = t.duties.c
    answered = _count(c.closed_at.is_not(None))
    query = select(c.kind, func.count(), answered, _count(c.breached_at.is_not(None)))
    query = query.where(c.opened_at >= since, c.is_asked).group_by(c.kind)
    found = {row[0]: Told(row[1], row[2], row[3]) for row in tx.execute(query)}
    return {kind: found.get(kind, Told(0, 0, 0)) for kind in (FEEDBACK, DEBRIEF)}
