"""What people decide: the lifecycle table with every guard, what they learned, their words, and the wake."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from domain import decisions, sales_decisions, tasks
from domain.calendar import is_zone
from domain.errors import InvalidError, MissingError, RefusedError
from domain.lead import Source
from domain.phrases import Outcome
from domain.said import GIVEN, LONGEST_PAUSE, SNOOZE, Said
from domain.track import OUTCOMES
from storage import duties, facts_judged, handling, learning, queue, reassigning, record, referring, texts, wakes
from storage import tables as t
from storage.archive import MANY_LEADS, Archive, Tx, one_at_a_time
from storage.deciding import Deciding, open_lead
from storage.referring import Referral
from storage.wakes import Wake


@dataclass(frozen=True)
class Learned:
    """What came with a decision: facts by field name, and words."""

    facts: Mapping[str, Any] = field(default_factory=dict)  # Any: as somebody sent it
    source: Source = Source.REP
    note: str | None = None
    confirmed: Collection[str] = ()
    contradicted: Collection[str] = ()
    """Names of facts a salesperson heard again, or found wrong without hearing what is right."""
    referral: Referral | None = None


@dataclass(frozen=True)
class Decided:
    lead_id: UUID
    wake: Wake
    more: tuple[Wake, ...] = ()
    referred: UUID | None = None


def decide(tx: Tx, archive: Archive, lead_id: UUID, said: Said, learned: Learned) -> Decided:
    """Take a person's decision. Raises RefusedError with what is legal now, InvalidError, MissingError."""
    if learned.referral:
        one_at_a_time(tx, MANY_LEADS)  # two leads naming each other would else wait for each other
    d = open_lead(tx, archive, lead_id)
    facts_judged.check(d, learned.confirmed, learned.contradicted)
    values = learning.understand(d.release, learned.facts) | facts_judged.confirmed(d, learned.confirmed)
    wrong = facts_judged.contradicted(d, learned.contradicted, values)
    said = replace(said, told=frozenset(values), contradicted=frozenset(wrong))
    offer, before = d.facts.offer, d.ctx.verdict
    if said.command == "assign":
        _assign(d, said)
    elif said.command == "reassign":
        reassigning.by_manager(d, said)
    else:
        for move in decisions.take(d.ctx, said):
            d.take(move)
    data = {"command": said.command, "facts": sorted(values), "criterion": said.criterion, "outcome": said.outcome}
    data |= {"entered_by": said.entered_by} if said.entered_by else {}
    who = {"actor": said.actor, "actor_id": said.actor_id}
    log_id = record.log(tx, d.lead, "disposition", d.now, reason=said.reason, data=data, **who)
    learning.learn(tx, d.lead, d.release, values, learned.source, f"log:{log_id}", d.now)
    if wrong:
        learning.forget(tx, lead_id, wrong, d.now)
    if offer and (values or wrong):
        facts_judged.keep(d, before, {*values, *wrong}, said)
    if learned.note:
        texts.put(tx, lead_id, "note", str(log_id), learned.note, d.now)
    if said.actor == "REP" and said.command != "accept":
        handling.has_answered(tx, said.actor_id)
    queue.decided(d, said.command)
    if offer:
        duties.follow(d, offer)
    referred = referring.refer(d, learned.referral, said) if learned.referral else None
    wake = wakes.wake(tx, lead_id, f"{said.command} by {_team(said.actor)}")
    return Decided(lead_id, wake, (referred.wake,) if referred else (), referred.lead_id if referred else None)


def _team(actor: str) -> str:
    return {"REP": "sales", "MGR": "sales manager", "MKT": "marketing", "NUR": "nurture"}.get(actor, "operations")


def _assign(d: Deciding, said: Said) -> None:
    (move,) = decisions.take(d.ctx, said)
    rep = next((r for r in handling.reps(d.tx, d) if r.id == said.rep), None)
    if rep is None or not rep.is_active:
        raise RefusedError(f"{said.rep} takes no leads now; the page of the team says who does", ["assign"])
    handling.offer(d, rep, move.reason or "assigned", said.actor, said.actor_id)


def pause(tx: Tx, archive: Archive, lead_id: UUID, until: datetime | None, actor: str, actor_id: str) -> Decided:
    """Sends stand still until then; None ends a pause. A pause always has an end."""
    d = open_lead(tx, archive, lead_id)
    if until is not None and not d.now < until <= d.now + LONGEST_PAUSE:
        raise InvalidError("until must be a day within the next two years", "until")
    d.change(paused_until=until)
    verb = "paused" if until else "resumed"
    data = {"until": until.isoformat() if until else None}
    record.log(tx, d.lead, verb, d.now, actor=actor, actor_id=actor_id, data=data)
    return Decided(lead_id, wakes.wake(tx, lead_id, verb))


def change_facts(tx: Tx, archive: Archive, lead_id: UUID, learned: Learned, actor: str, actor_id: str) -> Decided:
    d = open_lead(tx, archive, lead_id)
    values = learning.understand(d.release, learned.facts)
    data = {"fields": sorted(values)}
    log_id = record.log(tx, d.lead, "facts", d.now, actor=actor, actor_id=actor_id, data=data)
    learning.learn(tx, d.lead, d.release, values, learned.source, f"log:{log_id}", d.now)
    zone = str(values.get("lead.time_zone") or "")
    if is_zone(zone):  # as when a lead comes in: any other words are kept, but no clock runs by them
        d.change(time_zone=zone)
    return Decided(lead_id, wakes.wake(tx, lead_id, "facts changed"))


def deal_told(tx: Tx, archive: Archive, lead_id: UUID, system: str, data: Mapping[str, object]) -> Decided | None:
    """Another system told of a lead's deal: a sign of life while it is open with us. None when it changes nothing."""
    d = open_lead(tx, archive, lead_id)
    clock = sales_decisions.sign_of_life(d.ctx)
    if clock is None:
        return None
    d.change(clock=clock)
    record.log(tx, d.lead, "deal", d.now, actor="EVT", actor_id=system, data=data)
    return Decided(lead_id, wakes.wake(tx, lead_id, "deal updated"))


def note(tx: Tx, archive: Archive, lead_id: UUID, text: str, actor: str, actor_id: str) -> int:
    d = open_lead(tx, archive, lead_id)
    log_id = record.log(tx, d.lead, "note", d.now, actor=actor, actor_id=actor_id, data={"length": len(text)})
    texts.put(tx, lead_id, "note", str(log_id), text, d.now)
    return log_id


@dataclass(frozen=True)
class TaskDone:
    """How a human touch or an owed answer ended. `outcome` is one of the touch's own."""

    outcome: str
    who: str
    actor: str = "NUR"
    facts: Mapping[str, Any] = field(default_factory=dict)  # Any: as somebody sent it
    words: str | None = None
    until: datetime | None = None
    reason: str | None = None


def finish_task(tx: Tx, archive: Archive, task_id: UUID, done: TaskDone) -> Decided:
    """Close a task, or put it off when its outcome says retry. Raises RefusedError when it is closed already."""
    c = t.tasks.c
    row = tx.execute(select(t.tasks).where(c.id == task_id)).first()
    if row is None:
        raise MissingError(f"there is no task {task_id}")
    d = open_lead(tx, archive, row.lead_id)
    row = tx.execute(select(t.tasks).where(c.id == task_id)).one()  # again, now that the lead is locked
    if row.closed_at is not None:
        raise RefusedError(f"this task is closed already: {row.outcome}", ())
    values = learning.understand(d.release, done.facts)
    then = _outcome(d, row.touch, done.outcome)
    if then.then == "snooze" and done.until is not None and not d.now < done.until <= d.now + LONGEST_PAUSE:
        raise InvalidError("until must be a day within the next two years", "until")
    data = {"task": str(task_id), "kind": row.kind, "touch": row.touch, "outcome": done.outcome, "is": "done"}
    log_id = record.log(tx, d.lead, "task", d.now, actor=done.actor, actor_id=done.who, data=data)
    if done.words:
        texts.put(tx, d.lead.id, "words", f"log:{log_id}", done.words, d.now)
    source = Source.CALL if done.actor == "NUR" else Source.REP
    learning.learn(tx, d.lead, d.release, values, source, f"log:{log_id}", d.now)
    if then.then == "retry" and row.tries < then.times:
        due_at, give_up_at = tasks.put_off(d.now, then.every, d.ctx.sales_window, row.due_at, row.give_up_at)
        later = {"tries": row.tries + 1, "due_at": due_at, "give_up_at": give_up_at, "rung": 0}
        tx.execute(update(t.tasks).where(c.id == task_id).values(later))
        return Decided(d.lead.id, wakes.wake(tx, d.lead.id, "task put off"))
    _close(d, row, done, then.then)
    return Decided(d.lead.id, wakes.wake(tx, d.lead.id, f"task done: {done.outcome}"))


def _outcome(d: Deciding, touch_id: str | None, name: str) -> Outcome:
    found = d.release.find_touch(touch_id) if touch_id else None
    outcomes = found[1].outcomes if found else OUTCOMES
    if name not in outcomes:
        raise InvalidError(f"there is no outcome {name}; there are {', '.join(outcomes)}", "outcome")
    return outcomes[name]


def _close(d: Deciding, row: Any, done: TaskDone, then: str) -> None:  # Any: a row of tasks
    closed = {"closed_at": d.now, "outcome": done.outcome, "closed_by": done.who}
    d.tx.execute(update(t.tasks).where(t.tasks.c.id == row.id).values(closed))
    was_given = then in GIVEN
    if row.ledger_id:
        ended: dict[str, object] = {
            "status": "sent" if was_given else "failed",
            "code": None if was_given else done.outcome,
        }
        if then == "engaged":
            ended |= {"engaged_at": d.now}
        d.tx.execute(update(t.ledger).where(t.ledger.c.id == row.ledger_id).values(**ended, ended_at=d.now))
        data = {"touch": row.touch, "delivery": str(row.ledger_id), "status": ended["status"]}
        record.log(d.tx, d.lead, "touch", d.now, actor=done.actor, actor_id=done.who, data=data)
    if then == "engaged" and "talked" in d.release.events:
        learning.happen(d.tx, d.lead.id, "task", str(row.id), "talked", d.now, d.now, ledger_id=row.ledger_id)
    d.reload()
    if then == "snooze":
        until = done.until or d.now + SNOOZE
        d.change(paused_until=until)
        data = {"until": until.isoformat(), "task": str(row.id)}
        record.log(d.tx, d.lead, "paused", d.now, actor=done.actor, actor_id=done.who, data=data)
    elif then == "disqualify":
        said = Said("disqualify", done.actor, done.who, done.reason or "not_icp_permanent", len(done.words or ""))
        for move in decisions.take(d.ctx, said):
            d.take(move)


def skip_task(tx: Tx, archive: Archive, task_id: UUID, who: str, actor: str, reason: str | None) -> Decided:
    """Go on without it: the ledger keeps the touch as not given. Raises RefusedError when it is closed already."""
    c = t.tasks.c
    row = tx.execute(select(t.tasks).where(c.id == task_id)).first()
    if row is None:
        raise MissingError(f"there is no task {task_id}")
    d = open_lead(tx, archive, row.lead_id)
    row = tx.execute(select(t.tasks).where(c.id == task_id)).one()  # again, now that the lead is locked
    if row.closed_at is not None:
        raise RefusedError(f"this task is closed already: {row.outcome}", ())
    closed = {"closed_at": d.now, "outcome": "not_done", "closed_by": who}
    tx.execute(update(t.tasks).where(c.id == task_id).values(closed))
    if row.ledger_id:
        ended = {"status": "failed", "code": "not_done", "ended_at": d.now}
        tx.execute(update(t.ledger).where(t.ledger.c.id == row.ledger_id).values(ended))
    data = {"task": str(task_id), "kind": row.kind, "touch": row.touch, "owner": row.owner, "is": "skipped"}
    log_id = record.log(tx, d.lead, "task", d.now, actor=actor, actor_id=who, data=data)
    if reason:
        texts.put(tx, d.lead.id, "note", str(log_id), reason, d.now)
    return Decided(d.lead.id, wakes.wake(tx, d.lead.id, "task skipped"))
