"""Facts and events about a lead, kept beside it so that a decision reads one row, however long the past is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from domain.context import BEGINNING
from domain.errors import InvalidError
from domain.lead import Known, Lead, Source, Value
from domain.learning import overtakes
from domain.release import Release
from domain.values import coerce
from storage import tables as t
from storage import texts
from storage.archive import Tx, insert_once
from storage.rows import from_known, to_known


def full_name(release: Release, name: str) -> str:
    """`pain` is short for `fact.pain`. Raises InvalidError with the names there are."""
    for candidate in (name, f"fact.{name}"):
        if candidate in release.fields:
            return candidate
    raise InvalidError(f"there is no field {name}; they are declared in lead_defs/fields.yaml", name)


def understand(release: Release, raw: Mapping[str, Any]) -> dict[str, Value]:  # Any: as somebody sent it
    """Names and values as declared; empty ones are left out. Raises InvalidError naming the field."""
    found: dict[str, Value] = {}
    for name, value in raw.items():
        if value is None or value == "":
            continue
        full = full_name(release, name)
        found[full] = coerce(full, value, release.fields[full])
    return found


def learn(
    tx: Tx,
    lead: Lead,
    release: Release,
    values: Mapping[str, Value],
    source: Source,
    evidence: str,
    at: datetime,
) -> list[str]:
    """Merge facts: a weaker source never overwrites a stronger one of the same stretch; ties go to the newest.

    What was known before the lead last left sales may be overtaken by anybody. Returns the names that changed.
    """
    current = tx.execute(select(t.lead_facts.c.known).where(t.lead_facts.c.lead_id == lead.id)).scalar_one()
    lesson = read(lead, release, current, values, source, evidence, at)
    texts.put_many(tx, lesson.texts)
    if lesson.told:
        tx.execute(insert(t.learned), lesson.told)
    if lesson.changed:
        tx.execute(update(t.lead_facts).where(t.lead_facts.c.lead_id == lead.id).values(known=lesson.known))
    return lesson.changed


@dataclass(frozen=True)
class Lesson:
    """What somebody told of a lead, as rows: `texts` are words about the person, `told` everything else, `known` what
    is known then (JSON), and `changed` the names that are not what they were."""

    texts: list[dict[str, Any]]  # Any: column values of many types, here and below
    told: list[dict[str, Any]]
    known: Mapping[str, Any]
    changed: list[str]


def read(
    lead: Lead,
    release: Release,
    current: Mapping[str, Any],  # Any: JSON
    values: Mapping[str, Value],
    source: Source,
    evidence: str,
    at: datetime,
) -> Lesson:
    """What `learn` writes, worked out beside what is known already, and not written."""
    known, left_at = to_known({name: current[name] for name in values.keys() & current.keys()}), lead.left_sales_at
    found = Lesson([], [], dict(current), [])
    for name, value in values.items():
        if release.fields[name].personal:
            found.texts.append(texts.row(lead.id, "field", name, str(value), at))
            continue
        fact = Known(value, at, source, evidence)
        raw = from_known(fact)
        found.told.append({"lead_id": lead.id, "name": name, "fact": raw, "left_sales_at": left_at})
        if merge(known, name, fact, left_at or BEGINNING):
            found.changed.append(name)
    return replace(found, known={**current, **{name: from_known(known[name]) for name in found.changed}})


def merge(known: dict[str, Known], name: str, fact: Known, left_sales_at: datetime) -> bool:
    """Put a fact among those known, unless a stronger one stands. Whether it was put there."""
    old = known.get(name)
    if old and not overtakes(old, fact.source, fact.at, left_sales_at):
        return False
    known[name] = fact
    return True


def forget(tx: Tx, lead_id: UUID, names: Collection[str], now: datetime) -> None:
    """What turned out wrong, and nobody knows better yet, is unknown again."""
    c, x = t.lead_facts.c, t.learned.c
    told = (x.lead_id == lead_id, x.name.in_(names), x.taken_back_at.is_(None))
    tx.execute(update(t.learned).where(*told).values(taken_back_at=now))
    current = tx.execute(select(c.known).where(c.lead_id == lead_id)).scalar_one()
    kept = {name: fact for name, fact in current.items() if name not in names}
    tx.execute(update(t.lead_facts).where(c.lead_id == lead_id).values(known=kept))


def happen(
    tx: Tx,
    lead_id: UUID,
    source: str,
    event_id: str,
    name: str,
    at: datetime,
    received_at: datetime,
    *,
    human: str = "human",
    ledger_id: UUID | None = None,
    data: Mapping[str, object] | None = None,
) -> int | None:
    """Append an event; None when (source, event id) was here before. Only human ones are counted."""
    row: dict[str, Any] = {  # Any: column values of many types
        "lead_id": lead_id,
        "source": source,
        "event_id": event_id,
        "name": name,
        "at": at,
        "received_at": received_at,
        "human": human,
        "ledger_id": ledger_id,
        "data": dict(data or {}),
    }
    query = insert_once(tx, t.events).values(row).on_conflict_do_nothing(index_elements=["source", "event_id"])
    event_row = tx.execute(query.returning(t.events.c.id)).scalar()
    if event_row is None:
        return None
    if human == "human":
        _count(tx, lead_id, name, at, f"event:{event_row}")
    return int(event_row)


def happened_before(tx: Tx, source: str, rows: Sequence[Mapping[str, object]]) -> Sequence[Row[Any]]:
    """Many at once, of a past that another system kept: each row has lead_id, event_id, name, at, received_at and
    human. Returns those that are new, with their ids; whoever keeps the facts counts them."""
    beside: dict[str, object] = {"source": source, "ledger_id": None, "data": {}}
    c = t.events.c
    query = insert_once(tx, t.events).on_conflict_do_nothing(index_elements=["source", "event_id"])
    returned = query.returning(c.id, c.lead_id, c.name, c.at, c.human)
    return tx.execute(returned, [{**row, **beside} for row in rows]).all() if rows else []


def _count(tx: Tx, lead_id: UUID, name: str, at: datetime, evidence: str) -> None:
    seen: dict[str, Any] = dict(  # Any: JSON
        tx.execute(select(t.lead_facts.c.seen).where(t.lead_facts.c.lead_id == lead_id)).scalar_one()
    )
    count(seen, name, at, evidence)
    tx.execute(update(t.lead_facts).where(t.lead_facts.c.lead_id == lead_id).values(seen=seen))


def count(seen: dict[str, Any], name: str, at: datetime, evidence: str) -> None:  # Any: JSON
    """One more of an event, in the day it happened."""
    day = at.astimezone(UTC).date().isoformat()
    old = seen.get(name, {"days": {}, "last_at": at.isoformat(), "last_id": evidence})
    is_newest = datetime.fromisoformat(old["last_at"]) <= at
    seen[name] = {
        "days": {**old["days"], day: old["days"].get(day, 0) + 1},
        "last_at": at.isoformat() if is_newest else old["last_at"],
        "last_id": evidence if is_newest else old["last_id"],
    }


def rebuild(tx: Tx, lead_id: UUID, *merged: UUID) -> None:
    """The facts anew from everything told and done and not taken back, of this lead and those merged into it."""
    ids = [lead_id, *merged]
    c, e = t.learned.c, t.events.c
    known: dict[str, Known] = {}
    told = select(c.name, c.fact, c.left_sales_at).where(c.lead_id.in_(ids), c.taken_back_at.is_(None)).order_by(c.id)
    for row in tx.execute(told):
        merge(known, row.name, to_known({row.name: row.fact})[row.name], row.left_sales_at or BEGINNING)
    seen: dict[str, Any] = {}  # Any: JSON
    done = select(e.id, e.name, e.at).where(e.lead_id.in_(ids), e.human == "human", e.taken_back_at.is_(None))
    for row in tx.execute(done.order_by(e.id)):
        count(seen, row.name, row.at, f"event:{row.id}")
    kept = {"known": {name: from_known(fact) for name, fact in known.items()}, "seen": seen}
    tx.execute(update(t.lead_facts).where(t.lead_facts.c.lead_id == lead_id).values(kept))


def start(tx: Tx, lead_id: UUID) -> None:
    tx.execute(insert(t.lead_facts).values(lead_id=lead_id, known={}, seen={}))


def now_or(at: datetime | None, now: datetime) -> datetime:
    """When something happened: as said, but never in the future - nobody's clock is ahead of ours for long."""
    return min(at, now) if at else now
