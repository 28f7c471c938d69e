"""One transaction of deciding: look, record what nobody triggers, act if it is time, look again, keep the step.

Every activity of a lead's life is `act` with its own verb; `claim` and `confirm` in sending.py are its two halves
around the wire.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from domain import keys
from domain.context import Context
from domain.decide import decide
from domain.keys import content_hash
from domain.lead import IN_SALES, Facts, Lead, State, Status
from domain.queue import place
from domain.readiness import Verdict
from domain.release import Release
from domain.steps import Move, Order, Permit, Step, Told, Verb, Where
from storage import permits, queue, record, webhooks
from storage import tables as t
from storage.archive import Archive, Tx
from storage.facts import day_start, load

END_OF_STRETCH = frozenset({"T09", "T14", "T21", "T21b", "T22", "T33", "T35", "T36", "T41"})
"""A cycle or a handoff ended: a good moment for the workflow to start a fresh history."""
MANY_EVENTS = 1000
IMPORTED = "import"
"""The origin of leads that came in a file."""
RESERVATIONS = 30


@dataclass
class Deciding:
    """A lead locked in a transaction, and what became of it so far."""

    tx: Tx
    archive: Archive
    release: Release
    facts: Facts
    beside: Mapping[str, Any]  # Any: columns of many types
    now: datetime
    moves: list[Move]

    @property
    def lead(self) -> Lead:
        return self.facts.lead

    @property
    def ctx(self) -> Context:
        return Context(self.facts, self.release, self.now)

    def take(self, move: Move) -> None:
        verdict_id = self.keep_verdict() if move.to == State.SALES_READY else None
        self.facts = record.take(self.tx, self.facts, move, self.now, self.release.hash, verdict_id)
        webhooks.announce(self.tx, self.release, self.lead, move.transition, self.now)
        self.moves.append(move)

    def change(self, **columns: Any) -> None:  # Any: columns of many types
        """Set columns of the lead that are no transition: flags, postponements, climbed clocks."""
        after = replace(self.lead, **columns)
        record.save(self.tx, self.lead, after)
        self.facts = replace(self.facts, lead=after)

    def reload(self) -> None:
        self.facts, self.beside = load(self.tx, self.lead.id)

    def keep_verdict(self) -> int | None:
        """Store the verdict when a criterion, its evidence or the rule changed; the id of the one that stands."""
        verdict = self.ctx.verdict
        mark = content_hash(repr(verdict.signature))[:16]
        if mark == self.beside["verdict_mark"]:
            return int(self.beside["verdict_id"])
        verdict_id = _store_verdict(self.tx, self.lead, verdict, self.now, self.release.hash)
        self.beside = {**self.beside, "verdict_mark": mark, "verdict_id": verdict_id}
        columns = {"verdict_mark": mark, "verdict_id": verdict_id}
        self.tx.execute(update(t.leads).where(t.leads.c.id == self.lead.id).values(columns))
        return verdict_id


JUDGED = frozenset({State.INQUIRY, State.NURTURING, State.RECYCLED, State.DORMANT})


def open_lead(tx: Tx, archive: Archive, lead_id: UUID) -> Deciding:
    """Lock a lead and everything a decision reads. Raises MissingError, NotReadyError."""
    facts, beside = load(tx, lead_id)
    release = archive.release_for(tx, facts.lead)
    return Deciding(tx, archive, release, facts, beside, archive.clock.now(), [])


def open_working(tx: Tx, archive: Archive, lead_id: str) -> Deciding:
    """Open a lead for an activity. A lead has one activity at a time, so a claimed mail found here is a dead one's:
    nobody knows whether it left, and it is never sent again."""
    d = open_lead(tx, archive, UUID(lead_id))
    if any(x.status is Status.CLAIMED and x.channel == "email" for x in d.facts.ledger):
        c = t.ledger.c
        stale = (c.lead_id == d.lead.id, c.status == "claimed", c.channel == "email")
        tx.execute(update(t.ledger).where(*stale).values(status="uncertain", code="interrupted", ended_at=d.now))
        d.reload()
    return d


def settle(d: Deciding) -> Step:
    """Decide, record the moves nobody triggers, and reserve the places the step needs."""
    step = decide(d.facts, d.release, d.now)
    for move in step.moves:
        d.take(move)
    if d.lead.state in JUDGED:
        d.keep_verdict()
    _adopt(d)
    keep = step.id if step.permits else None
    if d.facts.reserved.keys() - {keep}:
        permits.release(d.tx, d.lead.id, keep)
        d.facts = replace(d.facts, reserved={id: at for id, at in d.facts.reserved.items() if id == keep})
    return _reserved(d, step) if step.permits else step


def _adopt(d: Deciding) -> None:
    """Remember whose structure the lead goes by now: it stays that one if its track begins to say `in_flight: keep`."""
    track = d.ctx.track
    is_adopting = d.lead.state is State.NURTURING and track is not None and track.in_flight == "adopt"
    if is_adopting and d.lead.pinned_release != d.release.hash:
        d.change(pinned_release=d.release.hash)


def _reserved(d: Deciding, step: Step) -> Step:
    """Move the step to the first day with a free place; that slot is its due time."""
    held_at = d.facts.reserved.get(step.id)
    if held_at and held_at.date() == _day(d, step):
        return step
    if held_at:
        permits.release(d.tx, d.lead.id)
    for _ in range(RESERVATIONS):
        if not step.permits:
            break  # by the first free day something else comes before it
        day, wanted = _day(d, step), _wanted(d, step)
        free = permits.first_free_day(d.tx, wanted, max(step.due_at, d.now))
        d.facts = replace(d.facts, reserved={step.id: day_start(free.isoformat())})
        if free == day and permits.reserve(d.tx, d.lead.id, step.id, wanted, day):
            return step
        step = decide(d.facts, d.release, d.now)
    d.facts = replace(d.facts, reserved={})
    return replace(step, due_at=step.due_at + timedelta(days=1)) if step.permits else step


def _wanted(d: Deciding, step: Step) -> Sequence[Permit]:
    """Thousands that came in a file leave half of a sender's day to those who wrote to us themselves, until they do
    something too: else nobody would hear from us for weeks after an import."""
    has_stirred = any(seen.last_at > d.lead.created_at for seen in d.facts.seen.values())
    if d.beside["origin"] != IMPORTED or has_stirred:
        return step.permits
    return [replace(p, limit=max(p.limit // 2, 1)) if keys.is_sender_day(p.scope) else p for p in step.permits]


def _day(d: Deciding, step: Step) -> date:
    """The day on which it would really be done: what is overdue counts for today's quota, not for a day long past."""
    return max(step.due_at, d.now).astimezone(UTC).date()


def act(archive: Archive, order: Order, do: Callable[[Deciding, Step], None] | None = None) -> Step:
    """Decide again as of now; act only on the same step when it is due; return the step that stands then."""
    with archive.begin() as tx:
        d = open_working(tx, archive, order.lead_id)
        step = settle(d)
        if do and is_due(step, order, d.now):
            do(d, step)
            d.reload()
            step = settle(d)
        return stand(d, step, order)


def is_due(step: Step, order: Order, now: datetime) -> bool:
    return step.id == order.step_id and step.due_at <= now


def stand(d: Deciding, step: Step, order: Order | None = None) -> Step:
    """Keep the step on the lead's row and give the workflow what it needs of it."""
    seq = max(order.seq if order else 0, d.lead.seq)
    renew = _is_time_to_renew(d, order)
    kept = {"id": step.id, "verb": step.verb.value, "due_at": step.due_at.isoformat(), "reason": step.reason}
    due_at = None if step.verb is Verb.ENDED else step.due_at
    values = {"step": kept, "step_seq": seq, "step_due_at": due_at}
    if d.lead.state in IN_SALES:
        queue.keep(d.tx, d.lead, place(d.ctx))
    if any(values[name] != d.beside[name] for name in values):
        d.tx.execute(update(t.leads).where(t.leads.c.id == d.lead.id).values(values))
    return step.for_history(seq, d.archive.clock.wake_at(step.due_at), where(d), told(d), renew, d.archive.build)


def _is_time_to_renew(d: Deciding, order: Order | None) -> bool:
    if order is None:
        return False
    is_old_build = bool(order.build) and order.build != d.archive.build
    return is_old_build or order.events > MANY_EVENTS or any(m.transition in END_OF_STRETCH for m in d.moves)


def where(d: Deciding) -> Where:
    person = d.release.people.get(d.lead.owner or "")
    return Where(d.lead.state.value, d.lead.stage or "", d.lead.track or "", person.team if person else "")


def told(d: Deciding) -> Told:
    return Told(d.ctx.verdict.lacks if d.lead.state in JUDGED else "", d.lead.owner or "", d.release.hash[:12])


def _store_verdict(tx: Tx, lead: Lead, verdict: Verdict, now: datetime, release: str) -> int:
    criteria = [
        {"id": c.id, "says": c.says, "holds": c.holds, "evidence": list(c.evidence), "ask": c.ask}
        for c in verdict.criteria
    ]
    row = {
        "lead_id": lead.id,
        "at": now,
        "release": release,
        "ready": verdict.ready,
        "rule": verdict.rule,
        "held_back_by": verdict.held_back_by,
        "criteria": criteria,
    }
    verdict_id: int = tx.execute(insert(t.verdicts).values(row).returning(t.verdicts.c.id)).scalar_one()
    record.log(tx, lead, "verdict", now, data={"ready": verdict.ready, "rule": verdict.rule}, verdict_id=verdict_id)
    return verdict_id
