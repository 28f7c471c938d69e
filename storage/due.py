"""What is somebody's and due by an instant, and what of the teams they lead: counted for many, listed for one.

Instants are business time. Nothing here changes anything.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select
from sqlalchemy.sql import FromClause

from domain.lead import IN_SALES
from domain.queue import Place, says, standing
from domain.release import Release
from storage import tables as t
from storage.archive import Tx
from storage.queue import PLACE
from storage.reading import Row

LISTED = 20
"""Of each kind so many are told one by one, the rest by its number."""
MOST_RANKED = 500
LEAD, LOG, TASK, DUTY, ATTEMPT, PLACED = t.leads.c, t.log.c, t.tasks.c, t.duties.c, t.attempts.c, t.queue.c
OPEN_PROMISE = and_(LEAD.state.in_([state.value for state in IN_SALES]), LEAD.is_on_desk.is_(False))
ONES_OWN = and_(OPEN_PROMISE, LEAD.team.is_(None))
WITH_OFFER = t.leads.outerjoin(
    t.handoffs, and_(t.handoffs.c.lead_id == LEAD.id, t.handoffs.c.closed_at.is_(None))
).outerjoin(t.offers, and_(t.offers.c.handoff_id == t.handoffs.c.id, t.offers.c.closed_at.is_(None)))
LEADS = (
    LEAD.id.label("lead_id"), LEAD.state, LEAD.owner, LEAD.team, LEAD.clock_name, LEAD.clock_due_at,
    t.handoffs.c.id.label("handoff_id"), t.offers.c.id.label("offer_id"), t.offers.c.rep,
)  # fmt: skip


@dataclass(frozen=True)
class Span:
    """From now until when something is due, and since when it was broken."""

    now: datetime
    until: datetime
    since: datetime


@dataclass(frozen=True)
class Kind:
    """Where it stands, whose it is by which column, when it counts, what is told of it, and in which order."""

    place: FromClause
    owner: ColumnElement[Any]
    counts: Callable[[Span], ColumnElement[bool]]
    columns: Sequence[ColumnElement[Any]]
    order: Sequence[ColumnElement[Any]]
    whose: Callable[[Release, str], frozenset[str]] = lambda release, person: frozenset({person})


def _is_met(span: Span) -> ColumnElement[bool]:
    return and_(ATTEMPT.meeting_at >= span.now, ATTEMPT.meeting_at < span.until)


def _members(release: Release, person: str) -> frozenset[str]:
    teams = release.led_by(person)
    return frozenset(id for id, one in release.people.items() if one.team in teams and id != person)


def _asking(release: Release, person: str) -> frozenset[str]:
    """The queue whoever sells asks for the next lead."""
    found = release.people.get(person)
    return frozenset({found.team}) if found and found.role == "sales" else frozenset()


def _everybody(release: Release, person: str) -> frozenset[str]:
    return _members(release, person) | {person} if release.led_by(person) else frozenset()


KINDS: Mapping[str, Kind] = {
    "promises": Kind(
        WITH_OFFER, LEAD.owner, lambda span: and_(ONES_OWN, LEAD.clock_due_at < span.until), LEADS,
        (LEAD.clock_due_at, LEAD.id),
    ),
    "meetings": Kind(
        WITH_OFFER.join(t.attempts, ATTEMPT.lead_id == LEAD.id), LEAD.owner,
        lambda span: and_(
            ONES_OWN, ATTEMPT.rep == LEAD.owner, _is_met(span)
        ),
        (*LEADS, ATTEMPT.meeting_at), (ATTEMPT.meeting_at, LEAD.id),
    ),
    "next": Kind(
        WITH_OFFER.join(t.queue, PLACED.lead_id == LEAD.id), LEAD.owner,
        lambda span: and_(
            ONES_OWN, PLACED.rep == LEAD.owner, PLACED.from_at < span.until, LEAD.clock_due_at >= span.until,
            ~exists().where(ATTEMPT.lead_id == LEAD.id, ATTEMPT.rep == LEAD.owner, _is_met(span)),
        ),
        (*LEADS, PLACED.value_order, *(PLACED[name].label(f"place_{name}") for name in PLACE)),
        (PLACED.from_at, LEAD.id),
    ),
    "tasks": Kind(
        t.tasks, TASK.owner, lambda span: and_(TASK.closed_at.is_(None), TASK.due_at < span.until), tuple(t.tasks.c),
        (TASK.due_at, TASK.id),
    ),
    "asked": Kind(
        t.duties, DUTY.owner, lambda span: and_(DUTY.closed_at.is_(None), DUTY.remind_at < span.until),
        tuple(t.duties.c), (DUTY.due_at, DUTY.id),
    ),
    "desk": Kind(
        WITH_OFFER, LEAD.owner, lambda span: LEAD.is_on_desk.is_(True), LEADS, (LEAD.state_entered_at, LEAD.id)
    ),
    "team": Kind(
        WITH_OFFER, LEAD.owner, lambda span: and_(ONES_OWN, LEAD.clock_due_at < span.until), LEADS,
        (LEAD.clock_due_at, LEAD.id), _members,
    ),
    "queue": Kind(
        WITH_OFFER, LEAD.team, lambda span: and_(OPEN_PROMISE, LEAD.clock_due_at < span.until), LEADS,
        (LEAD.clock_due_at, LEAD.id), Release.led_by,
    ),
    "waiting": Kind(
        WITH_OFFER.join(t.queue, PLACED.lead_id == LEAD.id), LEAD.team, lambda span: OPEN_PROMISE, LEADS,
        (PLACED.slot, PLACED.base, PLACED.key, PLACED.value_order, LEAD.clock_due_at, LEAD.id), _asking,
    ),
    "broken": Kind(
        t.log, LOG.data["owner"].as_string(),
        lambda span: and_(LOG.kind == "breach", LOG.at > span.since, LOG.data["clock"].as_string() != "desk"),
        (LOG.lead_id, LOG.at, LOG.data), (LOG.at.desc(), LOG.id.desc()), _everybody,
    ),
}  # fmt: skip
"""In the order in which they are told: one's own first, and of it what is about to break."""


def numbers(tx: Tx, release: Release, spans: Mapping[str, Span]) -> dict[str, dict[str, int]]:
    """By person and kind; one query a kind, however many people they are. Whoever leads a team may belong to another
    one's: then what is theirs counts for both."""
    found = {person: dict.fromkeys(KINDS, 0) for person in spans}
    for name, kind in KINDS.items():
        whose: dict[str, list[str]] = defaultdict(list)
        for person in spans:
            for key in kind.whose(release, person):
                whose[key].append(person)
        if not whose:
            continue
        query = select(kind.owner.label("key"), func.count().label("n")).select_from(kind.place)
        for row in tx.execute(query.where(or_(*_wanted(release, kind, spans))).group_by(kind.owner)):
            for person in whose[row.key]:
                found[person][name] += row.n
    return found


def listed(tx: Tx, release: Release, person: str, span: Span) -> dict[str, Sequence[Row]]:
    """The first of each kind; what is next, in the order of the queue."""
    found: dict[str, Sequence[Row]] = {}
    for name, kind in KINDS.items():
        condition = _wanted(release, kind, {person: span})
        query: Select[Any] = select(*kind.columns).select_from(kind.place).where(or_(*condition)).order_by(*kind.order)
        rows = tx.execute(query.limit(MOST_RANKED if name == "next" else LISTED)).mappings().all()
        found[name] = _ranked(rows, release, span.now)[:LISTED] if name == "next" else rows
    return found


def why_next(row: Row, release: Release, now: datetime) -> str:
    """The kind it counts as in the queue."""
    return says(_place(row), release.queue, now)


def _wanted(release: Release, kind: Kind, spans: Mapping[str, Span]) -> list[ColumnElement[bool]]:
    return [
        and_(kind.owner.in_(sorted(keys)), kind.counts(span))
        for person, span in spans.items()
        if (keys := kind.whose(release, person))
    ] or [false()]


def _ranked(rows: Sequence[Row], release: Release, now: datetime) -> list[Row]:
    return sorted(rows, key=lambda row: standing(_place(row), release.queue, now, str(row["lead_id"])))


def _place(row: Row) -> Place:
    return Place(**{name: row[f"place_{name}"] for name in PLACE}, value=-row["value_order"])
