"""The demo clock: business time in a row of the archive, at most `speed` times as fast as the machine's, and
standing still while anything due is unfinished or nothing is to come: a promise is broken only by somebody in the
story."""

from __future__ import annotations

import time
from collections import deque
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Row, and_, delete, func, insert, or_, select, update

from domain.errors import NotReadyError
from domain.lead import State
from storage import digests, duties
from storage import tables as t
from storage.archive import MANY_LEADS, Archive, Tx, insert_once, machine_now, one_at_a_time
from storage.changes import ANYWAY, Changes
from storage.wakes import Wake, wake

FALLBACK = timedelta(minutes=2)
"""A timer that fires although nobody nudged it; it only makes the lead look again."""
FORWARD = 20 * 86400.0
"""Business seconds a second when somebody sends the clock forward."""
EVERY = timedelta(milliseconds=20)
"""Machine time after which a clock that runs is set anew, when nothing else happens."""
NAME = "demo clock"
TOGETHER = timedelta(minutes=10)
"""What is due within so much business time is done side by side, not one after the other."""


SIDE_BY_SIDE = frozenset({"deliver", "open_task", "skip_task", "ask", "remind", "escalate", "desk"})
"""Verbs that concern one lead alone. Others may end in an offer, and whose turn it is depends on who came before."""


class DemoClock:
    """`domain` reads time through this; only `advance` moves it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def now(self) -> datetime:
        with self._engine.connect().execution_options(begin="deferred") as tx:
            return read(tx)

    def wake_at(self, due_at: datetime) -> datetime:
        """At once when it is due; else never on its own: only the clock knows when it will be, and nudges the lead."""
        return machine_now() + (FALLBACK if due_at > self.now() else timedelta(0))


def read(tx: Tx) -> datetime:
    at: datetime | None = tx.execute(select(t.clock.c.business_at)).scalar()
    if at is None:
        raise NotReadyError("this folder has no demo clock; start it without --speed")
    return at


def begin(tx: Tx, business_at: datetime, speed: float) -> None:
    """Start the clock of a new folder; an old one goes on from where it stood, at the new speed. Whoever held it is
    gone: an actor of this run has yet to come."""
    tx.execute(delete(t.clock_holds))
    if tx.execute(select(t.clock.c.id)).first():
        tx.execute(update(t.clock).values(speed=speed))
    else:
        tx.execute(insert(t.clock).values(id=1, business_at=business_at, speed=speed))


def hold(tx: Tx, name: str, seen_log_id: int, until: datetime) -> None:
    """A simulated actor has seen the log up to here and wants to act at `until`: no further before that."""
    row = {"seen_log_id": seen_log_id, "until": until}
    query = insert_once(tx, t.clock_holds).values(name=name, **row)
    tx.execute(query.on_conflict_do_update(index_elements=["name"], set_=row))


def forward(tx: Tx, to: datetime) -> None:
    """Send the clock forward to an instant, as fast as what happens on the way allows. Raises NotReadyError."""
    read(tx)
    tx.execute(update(t.clock).values(forward_to=to))


def is_settled(tx: Tx) -> bool:
    """Whether every lead is finished with what has happened so far."""
    return tx.execute(select(t.leads.c.id).where(_is_unfinished(read(tx))).limit(1)).first() is None


def let_go(tx: Tx, name: str, speed: float) -> None:
    """The actor leaves; from here on the clock runs at this speed."""
    tx.execute(delete(t.clock_holds).where(t.clock_holds.c.name == name))
    tx.execute(update(t.clock).values(speed=speed))


def waits_for(tx: Tx, limit: int = 5) -> list[str]:
    """Why the clock stands still, in words: leads with something due, and actors who have yet to look."""
    c, now = t.leads.c, read(tx)
    query = select(c.id, c.state, c.step).where(_is_unfinished(now)).limit(limit)
    found = [f"lead {r.id} ({r.state}): {(r.step or {}).get('reason', 'first look')}" for r in tx.execute(query)]
    return found + [f"{name}, who have yet to look" for name in _behind(tx)]


def advance(
    archive: Archive,
    elapsed: timedelta,
    step: timedelta = TOGETHER,
    line: deque[UUID] | None = None,
    mornings: digests.Mornings | None = None,
) -> list[Wake]:
    """Let business time run for so much machine time, but never past what is unfinished; nudge whom it reached.

    Where the order matters, those reached together wait in `line` and are nudged one after the other, so that the
    same story comes out the same twice. Without it all are nudged at once. Where somebody's working day begins it stops
    for their digest, which is of that instant.
    """
    if line:
        return _next_in_line(archive, line)
    mornings = mornings or digests.Mornings()
    with archive.reading() as tx:  # asked all the time, and mostly for nothing: no writer should have to wait for it
        if _is_still(tx, read(tx)):
            return []
    with archive.begin() as tx:
        one_at_a_time(tx, MANY_LEADS)
        row, machine = tx.execute(select(t.clock)).one(), machine_now()
        if row.advanced_at:
            elapsed = min(elapsed, max(machine - row.advanced_at, timedelta(0)))
        if _is_still(tx, row.business_at):
            return []
        morning_at = mornings.next_at(tx, archive, row.business_at)
        target, owed_at = _target(tx, row, elapsed, step, morning_at)
        if target is None:
            return []
        tx.execute(update(t.clock).values(business_at=target, advanced_at=machine))
        found = [wake(tx, lead_id, "due") for lead_id in _at_once(tx, target, line)]
    if owed_at and owed_at <= target:
        duties.sweep(archive)
    if morning_at <= target:
        mornings.tell(archive)
    return found


class Running:
    """Lets the clock run, of all who have one the first: another takes over when that one is gone, whoever waits in
    line too. While the clock stands, only what somebody commits can make it go on."""

    def __init__(self, archive: Archive) -> None:
        self._archive, self._changes, self._line = archive, Changes(archive), deque[UUID]()
        self._last, self._is_moving, self._is_ours = machine_now(), True, False
        self._mornings = digests.Mornings()

    def go_on(self) -> list[Wake]:
        """Whom to nudge. Waits for a reason to look, at most a second."""
        if not self._is_ours and not self._takes_over():
            return []
        self._changes.wait(EVERY.total_seconds() if self._is_moving else ANYWAY)
        now = machine_now()
        elapsed, self._last = now - self._last, now
        # the time in which it stood still does not count
        elapsed = elapsed if self._is_moving else min(elapsed, EVERY)
        found = advance(self._archive, elapsed, line=self._line, mornings=self._mornings)
        self._is_moving = self._changes.are_new()
        return found

    def has_told(self) -> bool:
        """Whether there are digests of this instant, since somebody asked last: they say what is so while it stands."""
        told, self._mornings.told = self._mornings.told, 0
        return bool(told)

    def _takes_over(self) -> bool:
        if not self._changes.claim(NAME):
            time.sleep(ANYWAY)
            return False
        with self._archive.reading() as tx:
            self._line.extend(_left_behind(tx))
        self._last, self._is_ours = machine_now(), True
        return True

    def close(self) -> None:
        self._changes.close()


def _left_behind(tx: Tx) -> list[UUID]:
    """Whose time has come and whom nobody has nudged since: they stood in the line of a worker that was killed."""
    c = t.leads.c
    query = select(c.id).where(c.step_due_at <= read(tx), c.step_seq >= c.seq, c.state != State.DISQUALIFIED.value)
    return list(tx.execute(query.order_by(c.step_due_at, c.id)).scalars())


def _target(
    tx: Tx, row: Row[Any], elapsed: timedelta, step: timedelta, morning_at: datetime
) -> tuple[datetime | None, datetime | None]:
    """How far the clock goes now, if it goes, and when somebody of ours owes something next. For a morning alone it
    does not go."""
    is_sent_forward = row.forward_to is not None and row.forward_to > row.business_at
    limit: datetime = row.business_at + elapsed * (FORWARD if is_sent_forward else row.speed)
    first, owed_at = _next_due(tx), _next_duty(tx, row.business_at)
    coming = [at for at in (first and first + step, _next_actor(tx), owed_at) if at]
    coming += [row.forward_to] if is_sent_forward else []
    if not coming:
        return None, owed_at
    coming.append(morning_at)
    target = min([limit, *coming])
    if first and first <= target < min(coming) and limit - row.business_at > 2 * step:
        target = first - timedelta(microseconds=1)  # all of what is done together, or nothing of it
    return (target if target > row.business_at else None), owed_at


def _next_in_line(archive: Archive, line: deque[UUID]) -> list[Wake]:
    """When all others are finished."""
    with archive.reading() as tx:
        unfinished = tx.execute(select(t.leads.c.id).where(_is_unfinished(read(tx)))).scalars()
        if not set(unfinished) <= set(line):
            return []
    with archive.begin() as tx:
        return [wake(tx, line.popleft(), "due")]


def _at_once(tx: Tx, now: datetime, line: deque[UUID] | None) -> list[UUID]:
    """Of those whose time has come, in their order; the others are put in line."""
    c, found = t.leads.c, list[UUID]()
    reached = tx.execute(
        select(c.id, c.company, c.step).where(c.step_due_at <= now).order_by(c.step_due_at, c.id)
    ).all()
    companies = set[str]()
    for row in reached:
        is_alone = row.company not in companies and (row.step or {}).get("verb") in SIDE_BY_SIDE
        (found if line is None or is_alone else line).append(row.id)
        companies |= {row.company} if row.company else set()
    return found


def _is_still(tx: Tx, now: datetime) -> bool:
    """Whether somebody is not finished with what has happened so far."""
    if tx.execute(select(t.leads.c.id).where(_is_unfinished(now)).limit(1)).first():
        return True
    return bool(_behind(tx))


def _is_unfinished(now: datetime) -> ColumnElement[bool]:
    c = t.leads.c
    return and_(or_(c.step_due_at <= now, c.step_seq < c.seq), c.state != State.DISQUALIFIED.value)


def _behind(tx: Tx) -> list[str]:
    """Actors who have not seen the newest row of the log."""
    c = t.clock_holds.c
    newest = tx.execute(select(func.max(t.log.c.id))).scalar() or 0
    return list(tx.execute(select(c.name).where(c.seen_log_id < newest)).scalars())


def _next_due(tx: Tx) -> datetime | None:
    first: datetime | None = tx.execute(select(func.min(t.leads.c.step_due_at))).scalar()
    return first


def _next_duty(tx: Tx, now: datetime) -> datetime | None:
    """What salespeople owe beside the leads' own steps: its reminder or its end."""
    c = t.duties.c
    remind = select(func.min(c.remind_at)).where(c.closed_at.is_(None), c.reminded_at.is_(None), c.remind_at > now)
    end = select(func.min(c.due_at)).where(c.closed_at.is_(None), c.breached_at.is_(None), c.due_at > now)
    return min((at for query in (remind, end) if (at := tx.execute(query).scalar())), default=None)


def _next_actor(tx: Tx) -> datetime | None:
    at: datetime | None = tx.execute(select(func.min(t.clock_holds.c.until))).scalar()
    return at
