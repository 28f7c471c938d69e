"""T43: a lead changes hands without changing its state. One by a manager; all of somebody who leaves or is away.

All at once takes a handful of statements however many leads there are: what each of them becomes is computed first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import RowMapping, bindparam, delete, insert, select, update

from domain import decisions, lifecycle, routing
from domain.context import Context
from domain.errors import RefusedError
from domain.lead import Facts, Lead, State
from domain.queue import DEALS
from domain.release import Release
from domain.routing import Rep
from domain.said import Said
from domain.sales_decisions import reassign_move
from domain.selling import to_desk
from domain.steps import Move
from storage import handling, notices
from storage import tables as t
from storage.archive import MANY_LEADS, Tx, machine_now, one_at_a_time
from storage.deciding import Deciding
from storage.rows import from_lead, to_known, to_lead, to_seen

BEFORE_CONTACT = (State.HANDED_OFF, State.ACCEPTED)
ALL = (*BEFORE_CONTACT, State.WORKING, State.QUALIFIED, *DEALS)
COLUMNS = (
    "state", "state_entered_at", "owner", "team", "clock_name", "clock_started_at", "clock_due_at", "clock_rung",
    "is_on_desk", "tried_reps", "postponed_until", "support",
)  # fmt: skip


def by_manager(d: Deciding, said: Said) -> None:
    """Raises RefusedError for somebody who cannot take it, InvalidError for what was said wrongly."""
    (move,) = decisions.take(d.ctx, said)
    rep = next((rep for rep in handling.reps(d.tx, d) if rep.id == said.rep), None)
    if rep is None or not rep.is_active:
        raise RefusedError(f"{said.rep} takes no leads now; the page of the team says who does", ["reassign"])
    why = routing.cannot(d.ctx, rep, routing.soon_by(d.ctx))
    if why == routing.AWAY or (why == routing.FULL and d.lead.state not in DEALS):
        raise RefusedError(f"{said.rep} cannot take it now: {why}", ["reassign"])
    d.facts = _in_hours_of(d.facts, rep)
    d.take(reassign_move(d.ctx, rep.id, move.reason or "", said.actor, said.actor_id))


def _in_hours_of(facts: Facts, rep: Rep) -> Facts:
    return replace(facts, owner_hours=rep.hours, owner_zone=rep.zone, owner_holidays=rep.holidays)


@dataclass(frozen=True)
class Moved:
    before: Lead
    after: Lead
    move: Move


def locked(tx: Tx, rep: str, states: Sequence[State] = ALL) -> list[Facts]:
    """What somebody has in hand, locked; before anything of their own row is, as a decision does it."""
    one_at_a_time(tx, MANY_LEADS)
    c, f = t.leads.c, t.lead_facts.c
    theirs = (c.owner == rep, c.state.in_([state.value for state in states]), c.team.is_(None))
    query = select(t.leads, f.known, f.seen).join(t.lead_facts, f.lead_id == c.id).where(*theirs).order_by(c.id)
    rows = tx.execute(query.with_for_update(of=[t.leads, t.lead_facts])).mappings()
    return [Facts(to_lead(row), to_known(row["known"]), to_seen(row["seen"])) for row in rows]


def hand_over(
    tx: Tx, release: Release, found: Sequence[Facts], why: str, now: datetime, actor: str = "SYS", by: str | None = None
) -> dict[str, int]:
    """Each to somebody who can take it, by the rules; where there is nobody, to the manager. How many to whom."""
    reps = {rep.id: rep for rep in handling.team_of(tx, release, now)}
    moved, credits = [], dict[str, float]()
    for facts in found:
        ctx = Context(facts, release, now)
        choice = routing.successor(ctx, list(reps.values()), facts.lead.owner or "")
        if choice and choice.rep:
            credits |= choice.credits
            reps |= {id: replace(reps[id], credit=credit) for id, credit in choice.credits.items()}
            reps[choice.rep.id] = replace(reps[choice.rep.id], in_hand=choice.rep.in_hand + 1)
        moved.append(_moved(ctx, choice.rep if choice else None, why, actor, by))
    if moved:
        _write(tx, release, moved, now)
        handling.keep_credits(tx, credits)
    counts: dict[str, int] = {}
    for one in moved:
        counts[one.after.owner or ""] = counts.get(one.after.owner or "", 0) + 1
    return counts


def _moved(ctx: Context, rep: Rep | None, why: str, actor: str, by: str | None) -> Moved:
    lead, manager = ctx.lead, ctx.release.routing.manager
    if rep is not None:
        own = Context(_in_hours_of(ctx.facts, rep), ctx.release, ctx.now)
        move = reassign_move(own, rep.id, why, actor, by)
    elif lead.state in BEFORE_CONTACT:
        move = to_desk(ctx, tuple(dict.fromkeys((*lead.tried_reps, lead.owner or ""))), why)
    else:
        move = reassign_move(ctx, manager, f"{why}; nobody else can take it", actor, by)
    return Moved(lead, lifecycle.apply(lead, move, ctx.now), move)


def _write(tx: Tx, release: Release, moved: Sequence[Moved], now: datetime) -> None:
    """Leads, log, offers, places, mails and wakes; one statement each."""
    ids = [one.after.id for one in moved]
    c = t.leads.c
    held = t.permits.c
    tx.execute(delete(t.permits).where(held.lead_id.in_(ids), held.is_used.is_(False)))  # for mail in the old name
    saving = update(t.leads).where(c.id == bindparam("this")).values({n: bindparam(f"new_{n}") for n in SAVED})
    tx.execute(saving, [_saved(one) for one in moved])
    tx.execute(insert(t.log), [_logged(one, release, now) for one in moved])
    open_offers = select(t.offers).where(t.offers.c.lead_id.in_(ids), t.offers.c.closed_at.is_(None))
    offers = {row["lead_id"]: row for row in tx.execute(open_offers).mappings()}
    closing = update(t.offers).where(t.offers.c.id.in_([row["id"] for row in offers.values()]))
    tx.execute(closing.values(closed_at=now, outcome="T43", reason=moved[0].move.reason))
    fresh = [_offer(one, offers[one.after.id], now) for one in moved if not one.after.is_on_desk]
    if fresh:
        tx.execute(insert(t.offers), fresh)
        placing = update(t.queue).where(t.queue.c.lead_id == bindparam("this"))
        values: dict[str, object] = {"rep": bindparam("to"), "team": None, "claimed_by": None, "claimed_until": None}
        tx.execute(placing.values(values), [{"this": row["lead_id"], "to": row["rep"]} for row in fresh])
    on_desk = [one.after.id for one in moved if one.after.is_on_desk]
    tx.execute(delete(t.queue).where(t.queue.c.lead_id.in_(on_desk)))
    tx.execute(insert(t.notices), [*map(_told, fresh), *(_desk(one, now) for one in moved if one.after.is_on_desk)])
    wakes = [{"lead_id": one.after.id, "seq": one.after.seq + 1, "verb": "reassigned"} for one in moved]
    tx.execute(insert(t.wakes), [{**row, "at": machine_now()} for row in wakes])


SAVED = (*COLUMNS, "seq")


def _saved(one: Moved) -> dict[str, Any]:  # Any: column values
    row = from_lead(one.after)
    return {"this": one.after.id, **{f"new_{name}": row[name] for name in COLUMNS}, "new_seq": one.after.seq + 1}


def _logged(one: Moved, release: Release, now: datetime) -> dict[str, Any]:  # Any: column values
    return {
        "lead_id": one.after.id,
        "at": now,
        "recorded_at": machine_now(),
        "kind": "transition",
        "cycle": one.after.cycle,
        "seq": one.after.seq,
        "transition": one.move.transition,
        "from_state": one.before.state.value,
        "to_state": one.after.state.value,
        "actor": one.move.actor,
        "actor_id": one.move.actor_id,
        "reason": one.move.reason,
        "data": {"from": one.before.owner, **one.move.data},
        "release": release.hash,
    }


def _offer(one: Moved, old: RowMapping, now: datetime) -> dict[str, Any]:  # Any: column values
    """The next one of the same handoff; what was accepted stays accepted."""
    clock = one.after.clock
    assert clock is not None
    return {
        "id": uuid4(),
        "handoff_id": old["handoff_id"],
        "lead_id": one.after.id,
        "number": old["number"] + 1,
        "rep": one.after.owner,
        "why": one.move.reason or "",
        "passed_over": [],
        "offered_at": now,
        "accept_by": clock.due_at,
        "accepted_at": old["accepted_at"],
    }


def _told(row: dict[str, Any]) -> dict[str, Any]:  # Any: column values
    data = {"offer": str(row["id"]), "handoff": str(row["handoff_id"])}
    return notices.row(row["rep"], "reassigned", row["lead_id"], row["offered_at"], data)


def _desk(one: Moved, now: datetime) -> dict[str, Any]:  # Any: column values
    return notices.row(one.after.owner or "", "on_desk", one.after.id, now, {})
