"""What our own people do to a life in memory: a salesperson decides, somebody ends a human touch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from authoring.simulation.life import Life
from authoring.simulation.verbs import offer
from domain import decisions, supporting, tasks
from domain.errors import InvalidError, RefusedError
from domain.lead import Source, Status, Task, Value
from domain.phrases import Outcome
from domain.said import GIVEN, SNOOZE, Deal, Said
from domain.track import OUTCOMES

TALKED = "talked"
CLOSES_IN = timedelta(days=60)
NO_VALUES: Mapping[str, Value] = {}


def deal(now: datetime) -> Deal:
    """An opportunity needs one; nobody reads here what it is worth."""
    return Deal(1.0, "USD", (now + CLOSES_IN).date(), "commit")


def say(life: Life, said: Said, values: Mapping[str, Value] = NO_VALUES) -> None:
    """A person's decision and what they learned. Whoever qualifies here has heard again what has to be confirmed.
    Raises RefusedError, InvalidError."""
    told = {*values, *(life.release.definition.qualify_needs if said.command == "qualify" else ())}
    moves = decisions.take(life.ctx, replace(said, told=told))
    if said.command == "assign":
        rep = life.around.team.find(said.rep)
        if rep is None or not rep.is_active:
            raise RefusedError(f"{said.rep} is not an active salesperson", ["assign"])
        offer(life, rep, moves[0].reason or "assigned", said.actor, said.actor_id)
    else:
        for move in moves:
            life.take(move)
    if said.actor == "REP" and said.command != "accept":
        life.around.team.answers(said.actor_id, True)
    data = {"command": said.command, "criterion": said.criterion, "outcome": said.outcome}
    life.log("disposition", actor=said.actor, reason=said.reason, data=data)
    life.learn(values, Source.REP, f"log:{life.number()}")


def finish_task(life: Life, name: str, who: str, values: Mapping[str, Value] = NO_VALUES) -> None:
    """Close the open task, or put it off when its outcome says retry. Raises RefusedError, InvalidError."""
    task = life.facts.task
    if task is None:
        raise RefusedError("there is no open task: no human touch is due, and nobody is owed an answer")
    then = _outcome(life, task, name)
    data = {"kind": task.kind, "touch": task.touch, "outcome": name, "is": "done"}
    life.log("task", actor="NUR", data=data)
    life.learn(values, Source.CALL, f"log:{life.number()}")
    if then.then == "retry" and task.tries < then.times:
        window = life.ctx.sales_window
        due_at, give_up_at = tasks.put_off(life.now, then.every, window, task.due_at, task.give_up_at)
        put_off = replace(task, tries=task.tries + 1, due_at=due_at, give_up_at=give_up_at, rung=0)
        life.facts = replace(life.facts, task=put_off)
        return
    _close(life, task, name, then.then, who)


def _outcome(life: Life, task: Task, name: str) -> Outcome:
    found = life.release.find_touch(task.touch) if task.touch else None
    outcomes = found[1].outcomes if found else OUTCOMES
    if name not in outcomes:
        raise InvalidError(f"there is no outcome {name}; there are {', '.join(outcomes)}", "outcome")
    return outcomes[name]


def _close(life: Life, task: Task, name: str, then: str, who: str) -> None:
    life.facts = replace(life.facts, task=None)
    if task.touch:
        status = Status.SENT if then in GIVEN else Status.FAILED
        life.end_delivery(task.touch, status, None if then in GIVEN else name)
        life.log("touch", actor="NUR", data={"touch": task.touch, "status": status.value})
    if then == "engaged" and TALKED in life.release.events:
        life.count(TALKED, f"event:{life.number()}")
    life.read()
    if then == "snooze":
        life.change(paused_until=life.now + SNOOZE)
    elif then == "disqualify":
        for move in decisions.take(life.ctx, Said("disqualify", "NUR", who, "not_icp_permanent")):
            life.take(move)


def allow_support(life: Life, who: str, track: str | None = None) -> None:
    """A salesperson lets mail go out in their name. Raises RefusedError, InvalidError."""
    chosen = supporting.allow(life.ctx, "REP", who, track)
    life.change(support=chosen.id)
    life.log("support", actor="REP", data={"mail": "allowed", "track": chosen.id})


def end_support(life: Life, who: str) -> None:
    """Raises RefusedError."""
    supporting.may_end(life.ctx, "REP", who)
    track = life.lead.support
    life.change(support=None)
    life.log("support", actor="REP", data={"mail": "ended", "track": track})
