"""Writing moves: the log, the lead's row, and what follows from a change of state - the only place that does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update

from domain import keys, lifecycle
from domain.lead import IN_SALES, Facts, Lead, Offer, State
from domain.steps import Move
from storage import notices, opportunities, permits, wakes
from storage import tables as t
from storage.archive import Tx, insert_once, machine_now
from storage.rows import changed, to_json, to_lead

WITH_REP = IN_SALES - {State.SALES_READY}


def log(
    tx: Tx,
    lead: Lead,
    kind: str,
    at: datetime,
    *,
    actor: str = "SYS",
    actor_id: str | None = None,
    reason: str | None = None,
    data: Mapping[str, object] | None = None,
    **columns: object,
) -> int:
    """Append one row. `data` holds ids, codes, numbers and times, never words about a person."""
    row = log_row(lead, kind, at, actor=actor, actor_id=actor_id, reason=reason, data=data, **columns)
    log_id: int = tx.execute(insert(t.log).values(row).returning(t.log.c.id)).scalar_one()
    return log_id


def log_many(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> list[int]:  # Any: column values of many types
    """Append rows of `log_row`; their ids, in the same order."""
    query = insert(t.log).returning(t.log.c.id, sort_by_parameter_order=True)
    return list(tx.execute(query, rows).scalars()) if rows else []


def log_row(
    lead: Lead,
    kind: str,
    at: datetime,
    *,
    actor: str = "SYS",
    actor_id: str | None = None,
    reason: str | None = None,
    data: Mapping[str, object] | None = None,
    **columns: object,
) -> dict[str, Any]:  # Any: column values of many types
    return {
        "lead_id": lead.id,
        "at": at,
        "recorded_at": machine_now(),
        "kind": kind,
        "cycle": lead.cycle,
        "seq": lead.seq,
        "actor": actor,
        "actor_id": actor_id,
        "reason": reason[:255] if reason else None,
        "data": dict(data or {}),
        **columns,
    }


def lead_of(tx: Tx, lead_id: UUID) -> Lead:
    """The lead's row alone, for a log row about it."""
    return to_lead(tx.execute(select(t.leads).where(t.leads.c.id == lead_id)).mappings().one())


def address_key(tx: Tx, lead_id: UUID) -> str:
    key: str = tx.execute(select(t.leads.c.address_key).where(t.leads.c.id == lead_id)).scalar_one()
    return key


def save(tx: Tx, before: Lead, after: Lead) -> None:
    """Write the columns that differ. The seq is only ever bumped by a wake."""
    if values := changed(before, after):
        values.pop("seq", None)
        tx.execute(update(t.leads).where(t.leads.c.id == after.id).values(values))


def take(tx: Tx, facts: Facts, move: Move, now: datetime, release: str, verdict_id: int | None = None) -> Facts:
    """Record one move: the log row, the lead's row, and its consequences. Returns the facts after it."""
    before, after = facts.lead, lifecycle.apply(facts.lead, move, now)
    was = to_json(changed(after, before))
    was.pop("seq", None)
    save(tx, before, after)
    log_id = log(
        tx,
        after,
        "transition",
        now,
        actor=move.actor,
        actor_id=move.actor_id,
        reason=move.reason,
        data=move.data,
        transition=move.transition,
        from_state=before.state.value,
        to_state=after.state.value,
        release=release,
        verdict_id=verdict_id,
        before=was,
    )
    facts = replace(facts, lead=after)
    if after.state in IN_SALES and before.state not in IN_SALES:
        permits.release(tx, after.id)
        close_tasks(tx, after.id, now, "overtaken")
        facts = replace(facts, task=None, reserved={})
        _reopen_handoff(tx, after) if move.transition == "T44" else _open_handoff(tx, after, now, verdict_id)
    if before.support and not after.support:
        permits.release(tx, after.id)
        facts = replace(facts, reserved={})
    facts = _pass_on(tx, facts, before, move, now)
    if move.transition in lifecycle.ATTEMPTS and facts.offer:
        _log_attempt(tx, after, facts.offer, move, now)
    if before.state in IN_SALES and after.state not in IN_SALES:
        _close_handoff(tx, after, move, now)
        for table in (t.queue, t.queue_passes):
            tx.execute(delete(table).where(table.c.lead_id == after.id))
    elif had_it := set(after.tried_reps) - set(before.tried_reps):
        _exclude(tx, after.id, had_it)
    if after.state in (State.DISQUALIFIED, State.MERGED, State.ERASED):
        permits.release(tx, after.id)
        close_tasks(tx, after.id, now, "overtaken")
        facts = replace(facts, task=None)
    if after.is_on_desk and not before.is_on_desk:
        notices.tell(tx, after.owner or "", "on_desk", after.id, now, log=log_id)
    return facts


def _pass_on(tx: Tx, facts: Facts, before: Lead, move: Move, now: datetime) -> Facts:
    """From hand to hand: the offer that ends, the one that begins, and the deal that belongs to them."""
    after, offer = facts.lead, facts.offer
    if offer:
        opportunities.follow(tx, facts, before, after, move, now)
    if offer and (move.transition == "T13" or _is_only_taken_back(tx, after, move)):
        return _accepted(tx, facts, before, now if move.transition == "T13" else None)
    is_over = after.owner != before.owner or after.state not in WITH_REP or move.transition == "T43"
    ended = offer if is_over else None
    if ended:
        _close_offer(tx, ended, move, now)
        facts = replace(facts, offer=None, claim=None)
    elif offer and move.transition == "T24":
        wakes.wake_best_waiting(tx, offer.rep)  # an opportunity takes no place of those for new leads
    if after.state in WITH_REP and facts.offer is None:
        reopened = _reopen_offer(tx, after) if move.transition == "T44" else None
        facts = replace(facts, offer=reopened or _open_offer(tx, after, move, now), claim=None)
        if offer is None:
            opportunities.follow(tx, facts, before, after, move, now)
    if ended:
        wakes.wake_best_waiting(tx, None if before.team else ended.rep)
    return facts


def _accepted(tx: Tx, facts: Facts, before: Lead, at: datetime | None) -> Facts:
    """The offer is its owner's from then on, a team's too; taken back, it is open as before."""
    offer, owner, team = facts.offer, facts.lead.owner or "", facts.lead.team
    assert offer is not None
    tx.execute(update(t.offers).where(t.offers.c.id == offer.id).values(accepted_at=at, rep=owner, team=team))
    if at and before.team:
        wakes.wake_best_waiting(tx)
    return replace(facts, offer=replace(offer, rep=owner))


def _is_only_taken_back(tx: Tx, after: Lead, move: Move) -> bool:
    """An acceptance was undone: the same offer stands again."""
    if move.transition != "T44" or after.state is not State.HANDED_OFF:
        return False
    c = t.offers.c
    newest = select(c.closed_at, c.rep).where(c.lead_id == after.id).order_by(c.offered_at.desc(), c.number.desc())
    row = tx.execute(newest.limit(1)).first()
    return row is not None and row.closed_at is None and (row.rep == after.owner or after.team is not None)


def _exclude(tx: Tx, lead_id: UUID, reps: Iterable[str]) -> None:
    """As long as sales has the lead the queue does not give it to them again."""
    rows = [{"lead_id": lead_id, "rep": rep, "until_at": None} for rep in sorted(reps)]
    passing = insert_once(tx, t.queue_passes).values(rows)
    tx.execute(passing.on_conflict_do_update(index_elements=["lead_id", "rep"], set_={"until_at": None}))


def close_tasks(tx: Tx, lead_id: UUID, now: datetime, outcome: str) -> None:
    """Open human touches that no longer make sense; the ledger keeps them as not delivered."""
    c = t.tasks.c
    still_open = (c.lead_id == lead_id, c.closed_at.is_(None))
    touches = select(c.ledger_id).where(*still_open, c.ledger_id.is_not(None))
    tx.execute(update(t.ledger).where(t.ledger.c.id.in_(touches)).values(status="failed", code=outcome, ended_at=now))
    tx.execute(update(t.tasks).where(*still_open).values(closed_at=now, outcome=outcome))


def _open_handoff(tx: Tx, lead: Lead, now: datetime, verdict_id: int | None) -> None:
    number = tx.execute(select(func.count()).where(t.handoffs.c.lead_id == lead.id)).scalar_one() + 1
    row = {
        "id": keys.handoff_id(lead.id, number),
        "lead_id": lead.id,
        "number": number,
        "cycle": lead.cycle,
        "opened_at": now,
        "rule": lead.ready_rule,
        "verdict_id": verdict_id,
        "track": lead.track,
    }
    tx.execute(insert(t.handoffs).values(row))


def _reopen_handoff(tx: Tx, lead: Lead) -> None:
    """A decision was taken back: the handoff it ended goes on."""
    c = t.handoffs.c
    last = select(c.id).where(c.lead_id == lead.id).order_by(c.number.desc()).limit(1).scalar_subquery()
    tx.execute(update(t.handoffs).where(c.id == last).values(closed_at=None, outcome=None, reason=None))


def _reopen_offer(tx: Tx, lead: Lead) -> Offer | None:
    c = t.offers.c
    query = select(t.offers).where(c.lead_id == lead.id, c.rep == lead.owner)
    row = tx.execute(query.order_by(c.offered_at.desc(), c.number.desc()).limit(1)).first()
    if row is None:
        return None
    tx.execute(update(t.offers).where(c.id == row.id).values(closed_at=None, outcome=None, reason=None))
    return Offer(row.id, row.handoff_id, row.number, row.rep, row.offered_at)


def _open_offer(tx: Tx, lead: Lead, move: Move, now: datetime) -> Offer:
    c = t.handoffs.c
    handoff_id = tx.execute(
        select(c.id).where(c.lead_id == lead.id, c.closed_at.is_(None)).order_by(c.number.desc()).limit(1)
    ).scalar_one()
    number = tx.execute(select(func.count()).where(t.offers.c.handoff_id == handoff_id)).scalar_one() + 1
    assert lead.clock is not None
    assert lead.owner is not None
    offer = Offer(uuid4(), handoff_id, number, lead.owner, now)
    row = {
        "id": offer.id,
        "handoff_id": handoff_id,
        "lead_id": lead.id,
        "number": number,
        "rep": lead.owner,
        "team": lead.team,
        "rule": move.data.get("rule"),
        "why": move.reason or "",
        "passed_over": move.data.get("passed_over", []),
        "offered_at": now,
        "accept_by": lead.clock.due_at,
    }
    tx.execute(insert(t.offers).values(row))
    if lead.team is None and move.actor_id != lead.owner:  # whoever asks the queue next hears of it then
        kind = "offered" if move.transition == "T11" else "reassigned"
        notices.tell(tx, lead.owner, kind, lead.id, now, offer=str(offer.id), handoff=str(handoff_id))
    return offer


def _close_offer(tx: Tx, offer: Offer, move: Move, now: datetime) -> None:
    closed = {"closed_at": now, "outcome": move.transition, "reason": _code(move.reason)}
    c = t.offers.c
    tx.execute(update(t.offers).where(c.id == offer.id, c.closed_at.is_(None)).values(closed))


def _close_handoff(tx: Tx, lead: Lead, move: Move, now: datetime) -> None:
    c = t.handoffs.c
    still_open = (c.lead_id == lead.id, c.closed_at.is_(None))
    tx.execute(update(t.handoffs).where(*still_open).values(closed_at=now, outcome=move.to, reason=_code(move.reason)))


def _code(reason: str | None) -> str | None:
    """As these columns hold it; the log has the whole of it."""
    return reason[:64] if reason else None


def _log_attempt(tx: Tx, lead: Lead, offer: Offer, move: Move, now: datetime) -> None:
    row = {"offer_id": offer.id, "lead_id": lead.id, "rep": offer.rep, "at": now}
    row |= {name: move.data.get(name) for name in ("outcome", "channel", "minutes")}
    for name in ("callback_at", "meeting_at"):
        row[name] = datetime.fromisoformat(str(move.data[name])) if name in move.data else None
    tx.execute(insert(t.attempts).values(row))
