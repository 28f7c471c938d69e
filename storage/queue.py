"""The queue of next-best leads: places kept beside the leads, and the lease of whoever asked for the next one.

A claim locks the lead's row before its place, as every decision does, and passes over a lead that is locked: somebody
is about to change it. So two salespeople never get the same lead, and nobody waits for anybody.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    RowMapping,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql import FromClause

from domain.errors import InvalidError, MissingError, RefusedError
from domain.lead import Lead, State
from domain.policies import Queue
from domain.queue import Place, Standing, is_callable, place, says, skill_of, standing
from domain.release import Release
from storage import record
from storage import tables as t
from storage.archive import Archive, Tx, insert_once
from storage.rows import to_lead

if TYPE_CHECKING:
    from storage.deciding import Deciding

ANY_HOUR = ("callback", "next_step")
"""Agreed with the buyer, or no call: not bound to the hours for calls."""
KEEPS_CLAIM = ("accept",)
MOST_TRIES, MOST_OWN = 50, 500
PLACE = ("kind", "team", "rep", "line", "slot", "base", "key", "from_at", "urgent_at", "due_at", "since_at")


@dataclass(frozen=True)
class Claimed:
    """The lead in front of somebody, why it is next, and until when it is kept for them."""

    lead_id: UUID
    kind: str
    until: datetime
    is_new: bool


def keep(tx: Tx, lead: Lead, found: Place | None) -> None:
    """The lead's place as it is now; a claim on it stays."""
    if found is None:
        tx.execute(delete(t.queue).where(t.queue.c.lead_id == lead.id))
        return
    row = asdict(found)
    row["value_order"] = -row.pop("value")
    placing = insert_once(tx, t.queue).values(lead_id=lead.id, **row)
    tx.execute(placing.on_conflict_do_update(index_elements=["lead_id"], set_=row))


def decided(d: Deciding, command: str) -> None:
    """After a person's decision: the new place, and, unless they only took it, the end of the claim."""
    c = t.queue.c
    if command not in KEEPS_CLAIM:
        ended = update(t.queue).where(c.lead_id == d.lead.id, c.claimed_by.is_not(None))
        d.tx.execute(ended.values(claimed_by=None, claimed_until=None))
    if d.lead.clock is not None:
        d.reload()
        keep(d.tx, d.lead, place(d.ctx))


def take_next(tx: Tx, archive: Archive, rep: str) -> Claimed | None:
    """Whoever asks goes on with what they have, else gets the best lead there is for them; None when there is none.

    Raises MissingError for somebody who takes no leads, RefusedError for one who is not active.
    """
    release, now = archive.live(tx), archive.clock.now()
    seller = _seller(tx, release, rep)
    own = _own(tx, rep, now)
    mine = max((row for row in own if _is_theirs(row, rep, now)), key=_until, default=None)
    if mine and (until := _renew(tx, mine, release, now)):
        return Claimed(mine["lead_id"], says(_place(mine), release.queue, now), until, False)
    has_place = _in_hand(tx, rep) < seller["capacity"]
    passed_over: set[UUID] = set()
    for _ in range(MOST_TRIES):
        best = _best(tx, release, rep, own, now, passed_over, has_place)
        if best is None:
            return None
        if claimed := _claim(tx, release, best, rep, now):
            return claimed
        passed_over.add(best["lead_id"])
    return None


def _seller(tx: Tx, release: Release, rep: str) -> RowMapping:
    """Their row. Locked: somebody who asks twice at once gets one lead."""
    found = tx.execute(select(t.reps).where(t.reps.c.id == rep).with_for_update()).mappings().first()
    if found is None or rep not in release.people:
        raise MissingError(f"{rep} takes no leads yet; a manager adds them: nurture rep add, or PUT /api/reps/{rep}")
    if not found["is_active"]:
        raise RefusedError(f"{rep} is not active; a manager changes that with PUT /api/reps/{rep}", ())
    return found


def _in_hand(tx: Tx, rep: str) -> int:
    """Counted after it was seen that no claim of theirs stands: an attempt turns a claim into a lead in hand, and does
    not wait for whoever asks. Counted before, or together with the lock, that lead is missed."""
    c = t.leads.c
    query = select(func.count()).where(c.state.in_(WITH_REP), c.team.is_(None), c.owner == rep)
    return tx.execute(query).scalar_one()


def _is_theirs(row: RowMapping, rep: str, now: datetime) -> bool:
    return row["claimed_by"] == rep and row["claimed_until"] > now


def _until(row: RowMapping) -> datetime:
    until: datetime = row["claimed_until"]
    return until


def _unfinished(tx: Tx, rep: str, now: datetime) -> RowMapping | None:
    c = t.queue.c
    mine = select(t.queue).where(c.claimed_by == rep, c.claimed_until > now).order_by(c.claimed_until.desc())
    return tx.execute(mine.limit(1)).mappings().first()


WITH_REP = [s.value for s in (State.HANDED_OFF, State.ACCEPTED, State.WORKING, State.QUALIFIED)]


def _best(
    tx: Tx,
    release: Release,
    rep: str,
    own: Sequence[RowMapping],
    now: datetime,
    passed_over: Collection[UUID],
    has_place: bool,
) -> RowMapping | None:
    """New leads only while there is a free place; what is in hand is worked on however full one is."""
    queue = release.queue
    rows = [row for row in own if row["lead_id"] not in passed_over and _is_time(row, queue, now)]
    if has_place:
        team, skills = release.people[rep].team, {"", *release.people[rep].skills}
        heads = _heads(tx, team, rep, now, passed_over)
        rows += [row for row in heads if skill_of(row["line"]) in skills and is_callable(row["line"], queue, now)]

    def order(row: RowMapping) -> Standing:
        return standing(_place(row), queue, now, str(row["lead_id"]))

    return min(rows, key=order, default=None)


def _is_time(row: RowMapping, queue: Queue, now: datetime) -> bool:
    return row["kind"] in ANY_HOUR or is_callable(row["line"], queue, now)


def _own(tx: Tx, rep: str, now: datetime) -> Sequence[RowMapping]:
    """What somebody has and is due now, and what is claimed for them."""
    return tx.execute(OWN, {"rep": rep, "now": now}).mappings().all()


def _heads(tx: Tx, team: str, rep: str, now: datetime, passed_over: Collection[UUID]) -> Sequence[RowMapping]:
    """The first of each line, by the order and by the deadlines: one of them is the first of all."""
    values = {"team": team, "rep": rep, "now": now, "passed_over": list(passed_over)}
    return tx.execute(HEADS, values).mappings().all()


def _passed(of: FromClause) -> ColumnElement[bool]:
    p = t.queue_passes.c
    return exists().where(p.lead_id == of.c.lead_id, p.rep == REP, or_(p.until_at.is_(None), p.until_at > NOW))


def _query_of_own() -> Select[Any]:  # Any: the row's columns
    c = t.queue.c
    due = and_(c.rep == REP, or_(c.from_at <= NOW, c.urgent_at <= NOW), ~_passed(t.queue))
    query = select(t.queue).where(or_(due, and_(c.claimed_by == REP, c.claimed_until > NOW)))
    return query.order_by(c.from_at).limit(MOST_OWN)


def _query_of_heads() -> Select[Any]:  # Any: as above
    """The different lines, and each one's first, are each found by one look at an index, however many leads wait."""
    c = t.queue.c
    lines = select(func.min(c.line).label("line")).where(c.team == TEAM).cte("lines", recursive=True)
    after = select(func.min(c.line)).where(c.team == TEAM, c.line > lines.c.line).scalar_subquery()
    lines = lines.union_all(select(after).where(lines.c.line.is_not(None)))
    q = t.queue.alias("waiting")
    is_free = or_(q.c.claimed_until.is_(None), q.c.claimed_until <= NOW)
    is_passed_over = q.c.lead_id.in_(bindparam("passed_over", expanding=True))
    waits = and_(q.c.team == TEAM, q.c.line == lines.c.line, is_free, ~is_passed_over)
    one = select(q.c.lead_id).where(waits, ~_passed(q)).correlate(lines).limit(1)
    order = (q.c.slot, q.c.base, q.c.key, q.c.value_order, q.c.due_at, q.c.since_at, q.c.lead_id)
    first = one.order_by(q.c.team, q.c.line, *order).scalar_subquery()
    late = one.where(q.c.urgent_at <= NOW).order_by(q.c.team, q.c.line, q.c.due_at, q.c.lead_id).scalar_subquery()
    heads = union_all(select(first.label("id")).select_from(lines), select(late.label("id")).select_from(lines))
    head = heads.subquery("heads")
    return select(t.queue).join(head, head.c.id == c.lead_id).distinct()


# Asked for every lead, so they are put together once: building a query costs several times its execution.
REP: BindParameter[str] = bindparam("rep", type_=t.queue.c.rep.type)
TEAM: BindParameter[str] = bindparam("team", type_=t.queue.c.team.type)
NOW: BindParameter[datetime] = bindparam("now", type_=t.queue.c.from_at.type)
OWN, HEADS = _query_of_own(), _query_of_heads()


def _place(row: RowMapping) -> Place:
    return Place(**{name: row[name] for name in PLACE}, value=-row["value_order"])


def _claim(tx: Tx, release: Release, row: RowMapping, rep: str, now: datetime) -> Claimed | None:
    """None when somebody changes the lead just now, or was faster, or its place is not true any more."""
    lead_id = row["lead_id"]
    locked = select(t.leads).where(t.leads.c.id == lead_id).with_for_update(skip_locked=True)
    found = tx.execute(locked).mappings().first()
    if found is None:
        return None
    lead = to_lead(found)
    is_true = lead.team == row["team"] if row["team"] else lead.owner == row["rep"] and lead.team is None
    if not is_true:
        tx.execute(delete(t.queue).where(t.queue.c.lead_id == lead_id))
        return None
    until = now + release.queue.lease
    c = t.queue.c
    free = (c.lead_id == lead_id, or_(c.claimed_until.is_(None), c.claimed_until <= now))
    taking = update(t.queue).where(*free).values(claimed_by=rep, claimed_until=until)
    if tx.execute(taking.returning(c.lead_id)).first() is None:
        return None
    kind = says(_place(row), release.queue, now)
    _log(tx, lead, now, rep, "claimed", kind=kind, until=until.isoformat())
    return Claimed(lead_id, kind, until, True)


def _log(tx: Tx, lead: Lead, now: datetime, rep: str, what: str, reason: str | None = None, **data: object) -> int:
    return record.log(
        tx, lead, "queue", now, actor="REP", actor_id=rep, reason=reason, data={"is": what, "rep": rep, **data}
    )


def _renew(tx: Tx, row: RowMapping, release: Release, now: datetime, is_calling: bool = False) -> datetime | None:
    """None when it ran out since it was read, and somebody else was faster."""
    length = release.queue.call if is_calling else release.queue.lease
    until: datetime = max(row["claimed_until"], now + length)
    c = t.queue.c
    still = (c.lead_id == row["lead_id"], c.claimed_by == row["claimed_by"], c.claimed_until > now)
    renewing = update(t.queue).where(*still).values(claimed_until=until)
    return until if tx.execute(renewing.returning(c.lead_id)).first() else None


def _mine(tx: Tx, rep: str, now: datetime) -> tuple[RowMapping, Lead]:
    """What they have claimed, locked as a decision locks it. Raises RefusedError when it is nothing."""
    own = _unfinished(tx, rep, now)
    if own is not None:
        found = tx.execute(select(t.leads).where(t.leads.c.id == own["lead_id"]).with_for_update()).mappings().one()
        own = _unfinished(tx, rep, now)  # again, now that the lead is locked
    if own is None or own["lead_id"] != found["id"]:
        raise RefusedError("you have no lead claimed, or the claim ran out; POST /api/queue/next gives one", ["next"])
    return own, to_lead(found)


def keep_claim(tx: Tx, archive: Archive, rep: str, is_calling: bool) -> Claimed:
    """Somebody is at it: the claim begins anew, and for a call lasts as long as a call may."""
    release, now = archive.live(tx), archive.clock.now()
    own, lead = _mine(tx, rep, now)
    until = _renew(tx, own, release, now, is_calling)
    assert until is not None  # nobody claims it while it is locked
    if is_calling:
        _log(tx, lead, now, rep, "calling", until=until.isoformat())
    return Claimed(lead.id, says(_place(own), release.queue, now), until, False)


def let_go(tx: Tx, archive: Archive, rep: str) -> UUID:
    """Back into the queue for whoever asks next, them too."""
    now = archive.clock.now()
    own, lead = _mine(tx, rep, now)
    _end(tx, own["lead_id"])
    _log(tx, lead, now, rep, "released")
    return lead.id


def skip(tx: Tx, archive: Archive, rep: str, reason: str | None) -> UUID:
    """Not this one, and why: counted, and for a while not shown to them again."""
    release, now = archive.live(tx), archive.clock.now()
    if reason not in release.queue.skip:
        raise InvalidError(f"a skip needs a reason, one of {', '.join(release.queue.skip)}", "reason")
    own, lead = _mine(tx, rep, now)
    until = now + release.queue.skipped_for
    passing = insert_once(tx, t.queue_passes).values(lead_id=lead.id, rep=rep, until_at=until)
    tx.execute(passing.on_conflict_do_update(index_elements=["lead_id", "rep"], set_={"until_at": until}))
    _end(tx, own["lead_id"])
    _log(tx, lead, now, rep, "skipped", reason, kind=says(_place(own), release.queue, now))
    return lead.id


def _end(tx: Tx, lead_id: UUID) -> None:
    tx.execute(update(t.queue).where(t.queue.c.lead_id == lead_id).values(claimed_by=None, claimed_until=None))


def waiting(tx: Tx, team: str | None, rep: str | None, now: datetime) -> dict[str, dict[str, int]]:
    """How many wait: for anybody of the team, and for this one, due now; by kind."""
    c = t.queue.c
    counts = select(c.kind, func.count()).group_by(c.kind)
    free = or_(c.claimed_until.is_(None), c.claimed_until <= now)
    of_team = tx.execute(counts.where(c.team == team, free))
    own = tx.execute(counts.where(c.rep == rep, c.from_at <= now))
    return {"team": {row[0]: row[1] for row in of_team}, "yours": {row[0]: row[1] for row in own}}


def skipped(tx: Tx, team: str | None, rep: str, now: datetime) -> tuple[int, datetime | None]:
    """How many that wait for them they passed over themselves, and when the first of those comes back to them."""
    c, p = t.queue.c, t.queue_passes.c
    query = select(func.count(), func.min(p.until_at)).join(t.queue, c.lead_id == p.lead_id)
    query = query.where(p.rep == rep, p.until_at > now, or_(c.team == team, c.rep == rep))
    count, until = tx.execute(query).one()
    return count, until


def unfinished(tx: Tx, archive: Archive, rep: str) -> Claimed | None:
    now = archive.clock.now()
    own = _unfinished(tx, rep, now)
    if own is None:
        return None
    return Claimed(own["lead_id"], says(_place(own), archive.live(tx).queue, now), own["claimed_until"], False)
