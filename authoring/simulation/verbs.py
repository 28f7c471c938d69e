"""What each verb of a step does to a life in memory, as the archive's activities do it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from authoring.simulation.life import Life
from domain import clocks, routing, tasks
from domain.calendar import add_span
from domain.lead import Clock, Status, Task
from domain.phrases import Span
from domain.said import elapsed
from domain.sales_decisions import offer_move
from domain.selling import ROUTE_AGAIN, taken_back
from domain.steps import Step, Verb
from domain.track import Touch, Track

GONE = "5.1.1"


def deliver(life: Life, step: Step) -> None:
    track, touch = touch_of(life, step)
    status, code = (Status.FAILED, GONE) if life.address_is_gone else (Status.SENT, None)
    life.open_delivery(touch, status, life.now, code)
    life.use_place()
    if life.lead.postponed_until:
        life.change(postponed_until=None)
    if life.address_is_gone:
        life.change(has_bounced=True)
    data = {"touch": touch.id, "track": track.id, "status": status.value, "channel": "email", "code": code}
    life.log("touch", data=data)


def open_task(life: Life, step: Step) -> None:
    track, touch = touch_of(life, step)
    human = life.release.defaults.human_touch
    life.open_delivery(touch, Status.CLAIMED, None)
    keep = (touch.if_not_done or human.if_not_done) == "keep"
    _task(life, "touch", human.owner, touch.due or human.due, touch=touch.id, gives_up=not keep)
    data = {"touch": touch.id, "track": track.id, "status": "scheduled", "channel": touch.channel}
    life.log("touch", data=data)


def ask(life: Life, step: Step) -> None:
    """A buyer raised a hand or replied: a person owes an answer, and sends stand still meanwhile."""
    event = step.id.split(":")[1]
    is_hand, track = event in life.release.hand_raises, life.ctx.track
    owner = life.release.defaults.human_touch.owner if is_hand or track is None else track.owner
    life.close_task("overtaken")
    due = life.release.service_levels.hand_raise_answer
    _task(life, "answer" if is_hand else "reply", owner, due, event=event, gives_up=False)
    life.change(answered={**life.lead.answered, event: life.facts.seen[event].last_at})


def _task(
    life: Life, kind: str, owner: str, due: Span, *, touch: str | None = None, event: str | None = None, gives_up: bool
) -> None:
    window = life.ctx.sales_window
    due_at = tasks.due(life.now, due, window)
    task = Task(
        life.number(), kind, touch, owner, life.now, due_at, tasks.due(due_at, due, window) if gives_up else None
    )
    life.facts = replace(life.facts, task=task)
    data = {"kind": kind, "touch": touch, "event": event, "owner": owner, "is": "opened"}
    life.log("task", data={**data, "due_at": due_at.isoformat()})


def skip_task(life: Life, step: Step) -> None:
    task = life.facts.task
    assert task is not None
    life.close_task("not_done")
    data = {"kind": task.kind, "touch": task.touch, "owner": task.owner, "is": "skipped"}
    life.log("task", reason="nobody did it", data=data)


def climb(life: Life, step: Step) -> None:
    task, clock = life.facts.task, life.lead.clock
    if task:
        life.facts = replace(life.facts, task=replace(task, rung=task.rung + 1))
        life.log("task", reason=step.reason, data={"owner": task.owner, "is": step.verb.value})
    elif clock:
        life.change(clock=clocks.climbed(clock, step.verb))
        kind = "breach" if step.verb is Verb.ESCALATE else "reminder"
        data = {**elapsed(life.ctx), "kept": False} if kind == "breach" else elapsed(life.ctx)
        life.log(kind, reason=step.reason, data={**data, "owner": life.lead.owner})


def desk(life: Life, step: Step) -> None:
    clock = life.lead.clock
    assert clock is not None
    due_at = add_span(life.now, clocks.DESK, life.ctx.sales_window)
    life.change(clock=Clock("desk", life.now, due_at, clock.rung + 1))
    life.log("breach", reason=step.reason, data={"clock": "desk", "owner": life.release.routing.manager})


def reassign(life: Life, step: Step) -> None:
    rep = None if life.lead.team else life.lead.owner
    life.take(taken_back(life.ctx))
    life.around.team.answers(rep, False)


def route(life: Life, step: Step) -> None:
    choice = routing.choose(life.ctx, life.around.team.at(life.release, life.now))
    if isinstance(choice, routing.Choice):
        life.around.team.weighed(choice.credits)
        offer(life, choice.rep or life.around.team.asks_next(choice.team), choice.why, "SYS", None, rule=choice.rule)
        return
    if choice and all(why in routing.FOR_GOOD for _, why in choice):
        manager = life.release.routing.manager
        due_at = add_span(life.now, clocks.DESK, life.ctx.sales_window)
        clock = Clock("desk", life.now, due_at)
        life.change(owner=manager, clock=clock, is_on_desk=True, postponed_until=None)
        life.log("routing", reason="everybody had it: on the manager's desk")
        return
    life.change(postponed_until=life.now + ROUTE_AGAIN)
    why = "nobody has a free place" if choice else "there is no salesperson yet; add one: nurture rep add"
    life.log("routing", reason=why)


def offer(life: Life, rep: routing.Rep, why: str, actor: str, actor_id: str | None, **data: object) -> None:
    """T11 with the clock in the hours of the one who gets it."""
    life.facts = replace(life.facts, owner_hours=rep.hours, owner_zone=rep.zone, owner_holidays=rep.holidays)
    life.around.team.offered(rep, life.release, life.now)
    life.take(offer_move(life.ctx, rep.id, why, actor, actor_id, **data))


def touch_of(life: Life, step: Step) -> tuple[Track, Touch]:
    found = life.release.find_touch(step.id.split(":")[1])
    assert found is not None  # the step was decided from this release a moment ago
    return found


VERBS: Mapping[str, Callable[[Life, Step], None]] = {
    Verb.DELIVER: deliver,
    Verb.OPEN_TASK: open_task,
    Verb.SKIP_TASK: skip_task,
    Verb.ASK: ask,
    Verb.ROUTE: route,
    Verb.REMIND: climb,
    Verb.ESCALATE: climb,
    Verb.REASSIGN: reassign,
    Verb.DESK: desk,
}
