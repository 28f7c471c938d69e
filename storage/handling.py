"""What the activities beside sending change: human touches, clocks of sales, routing. One function per verb."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select, update

from domain import clocks, keys, routing
from domain.calendar import add_span
from domain.lead import Clock, State
from domain.phrases import Span, parse_hours
from domain.said import elapsed
from domain.sales_decisions import offer_move
from domain.selling import ROUTE_AGAIN, taken_back
from domain.steps import Step, Verb
from domain.touches import nth
from storage import notices, record
from storage import tables as t
from storage.archive import Tx
from storage.deciding import Deciding
from storage.sending import open_delivery


def open_task(d: Deciding, step: Step) -> None:
    """Give a human touch to its owner, with a due time and what happens when nobody does it."""
    found = d.release.find_touch(step.id.split(":")[1])
    assert found is not None  # the step was decided from this release a moment ago
    track, touch = found[0], found[1].version_for(d.lead.id)
    human, number = d.release.defaults.human_touch, nth(d.ctx, touch)
    delivery = keys.send_id(d.lead.id, touch.id, number)
    open_delivery(d, track, touch, delivery, number, "task")
    due = touch.due or human.due
    keep = (touch.if_not_done or human.if_not_done) == "keep"
    _task(d, "touch", human.owner, due, delivery=delivery, touch=touch.id, gives_up=not keep)
    data = {"touch": touch.id, "track": track.id, "delivery": str(delivery), "status": "scheduled"}
    record.log(d.tx, d.lead, "touch", d.now, data={**data, "channel": touch.channel}, release=d.release.hash)


def ask(d: Deciding, step: Step) -> None:
    """A buyer raised a hand or replied: a person owes an answer, and sends stand still meanwhile."""
    event = step.id.split(":")[1]
    is_hand = event in d.release.hand_raises
    track = d.ctx.track
    owner = d.release.defaults.human_touch.owner if is_hand or track is None else track.owner
    if d.facts.task:
        record.close_tasks(d.tx, d.lead.id, d.now, "overtaken")
    kind = "answer" if is_hand else "reply"
    _task(d, kind, owner, d.release.service_levels.hand_raise_answer, event=event, gives_up=False)
    d.change(answered={**d.lead.answered, event: d.facts.seen[event].last_at})


def _task(
    d: Deciding,
    kind: str,
    owner: str,
    due: Span,
    *,
    delivery: UUID | None = None,
    touch: str | None = None,
    event: str | None = None,
    gives_up: bool,
) -> None:
    due_at = add_span(d.now, due, d.ctx.sales_window)
    row = {
        "id": uuid4(),
        "lead_id": d.lead.id,
        "kind": kind,
        "ledger_id": delivery,
        "touch": touch,
        "event": event,
        "owner": owner,
        "opened_at": d.now,
        "due_at": due_at,
        "give_up_at": add_span(due_at, due, d.ctx.sales_window) if gives_up else None,
        "rung": 0,
        "tries": 0,
    }
    d.tx.execute(insert(t.tasks).values(row))
    notices.tell(d.tx, owner, kind, d.lead.id, d.now, task=str(row["id"]), touch=touch, event=event)
    data = {"task": str(row["id"]), "kind": kind, "touch": touch, "event": event, "owner": owner}
    record.log(d.tx, d.lead, "task", d.now, data={**data, "due_at": due_at.isoformat(), "is": "opened"})


def skip_task(d: Deciding, step: Step) -> None:
    task = d.facts.task
    assert task is not None
    record.close_tasks(d.tx, d.lead.id, d.now, "not_done")
    data = {
        "task": str(task.id),
        "kind": task.kind,
        "touch": task.touch,
        "owner": task.owner,
        "is": "skipped",
    }
    record.log(d.tx, d.lead, "task", d.now, reason="nobody did it", data=data)


def climb(d: Deciding, step: Step) -> None:
    """REMIND and ESCALATE: the next rung of whatever clock runs, and the people who must hear of it."""
    if d.facts.task:
        _climb_task(d, step)
    elif d.lead.clock:
        _climb_clock(d, step)


def _climb_task(d: Deciding, step: Step) -> None:
    task = d.facts.task
    assert task is not None
    d.tx.execute(update(t.tasks).where(t.tasks.c.id == task.id).values(rung=task.rung + 1))
    person = task.owner if step.verb is Verb.REMIND else d.release.routing.manager
    notices.tell(d.tx, person, f"task_{step.verb}", d.lead.id, d.now, task=str(task.id), owner=task.owner)
    data = {"task": str(task.id), "owner": task.owner, "told": person, "is": step.verb.value}
    record.log(d.tx, d.lead, "task", d.now, reason=step.reason, data=data)


def _climb_clock(d: Deciding, step: Step) -> None:
    clock, owner = d.lead.clock, d.lead.owner
    assert clock is not None
    assert owner is not None
    d.change(clock=clocks.climbed(clock, step.verb))
    person = owner if step.verb is Verb.REMIND else d.release.routing.manager
    notices.tell(d.tx, person, f"clock_{step.verb}", d.lead.id, d.now, clock=clock.name, owner=owner)
    kind = "breach" if step.verb is Verb.ESCALATE else "reminder"
    record.log(d.tx, d.lead, kind, d.now, reason=step.reason, data={**elapsed(d.ctx), "owner": owner})


def desk(d: Deciding, step: Step) -> None:
    """Another business day on the manager's desk: the alarm rings again until a person decides."""
    clock, manager = d.lead.clock, d.release.routing.manager
    assert clock is not None
    due_at = add_span(d.now, clocks.DESK, d.ctx.sales_window)
    d.change(clock=Clock("desk", d.now, due_at, clock.rung + 1))
    notices.tell(d.tx, manager, "on_desk", d.lead.id, d.now, days=clock.rung + 1)
    record.log(d.tx, d.lead, "breach", d.now, reason=step.reason, data={"clock": "desk", "owner": manager})


def reassign(d: Deciding, step: Step) -> None:
    d.take(taken_back(d.ctx))


def route(d: Deciding, step: Step) -> None:
    """Offer the lead to a salesperson; wait for a free place; or, when all have had it, to the manager's desk."""
    choice = routing.choose(d.ctx, reps(d.tx, d))
    if isinstance(choice, routing.Choice):
        passed_over = [list(r) for r in choice.passed_over]
        offer(d, choice.rep, choice.why, "SYS", None, rule=choice.rule, passed_over=passed_over)
        return
    data = {"passed_over": [list(r) for r in choice]}
    if choice and all(why in routing.FOR_GOOD for _, why in choice):
        _put_on_desk(d)
        record.log(d.tx, d.lead, "routing", d.now, reason="everybody had it: on the manager's desk", data=data)
        return
    d.change(postponed_until=d.now + ROUTE_AGAIN)
    why = "nobody has a free place" if choice else "there is no salesperson yet; add one: nurture rep add"
    record.log(d.tx, d.lead, "routing", d.now, reason=why, data=data)


def _put_on_desk(d: Deciding) -> None:
    manager = d.release.routing.manager
    due_at = add_span(d.now, clocks.DESK, d.ctx.sales_window)
    d.change(owner=manager, clock=Clock("desk", d.now, due_at), is_on_desk=True, postponed_until=None)
    notices.tell(d.tx, manager, "on_desk", d.lead.id, d.now)


def offer(d: Deciding, rep: routing.Rep, why: str, actor: str, actor_id: str | None, **data: object) -> None:
    """T11 with the clock in the hours of the one who gets it."""
    d.facts = replace(d.facts, owner_hours=rep.hours, owner_zone=rep.zone)
    d.take(offer_move(d.ctx, rep.id, why, actor, actor_id, **data))


def reps(tx: Tx, d: Deciding) -> list[routing.Rep]:
    """Every salesperson with what is in hand, locked so that two routers cannot fill one place twice."""
    c, leads, offers = t.reps.c, t.leads.c, t.offers.c
    with_rep = [s.value for s in (State.HANDED_OFF, State.ACCEPTED, State.WORKING, State.QUALIFIED)]
    rows = tx.execute(select(t.reps).order_by(c.id).with_for_update()).all()
    held = select(leads.owner, func.count()).where(leads.state.in_(with_rep)).group_by(leads.owner)
    in_hand = {row[0]: row[1] for row in tx.execute(held)}
    received = {row[0]: row[1] for row in tx.execute(select(offers.rep, func.count()).group_by(offers.rep))}
    people = d.release.people
    return [
        routing.Rep(
            r.id,
            people[r.id].team if r.id in people else "",
            r.capacity,
            in_hand.get(r.id, 0),
            r.weight,
            received.get(r.id, 0),
            r.is_active and r.id in people,
            r.away_until,
            parse_hours(r.hours) if r.hours else None,
            r.zone,
        )
        for r in rows
    ]
