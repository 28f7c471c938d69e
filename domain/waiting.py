"""What keeps a lead waiting wherever it is: rest, a person who owes an answer, the way to sales."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain import recycling
from domain.clocks import start
from domain.context import Context
from domain.lead import State, Task
from domain.readiness import Verdict
from domain.steps import Move, Step, Verb

LOOK_AGAIN = timedelta(days=30)


def rest(ctx: Context, until: datetime, why: str) -> Step:
    return Step(f"rest:{ctx.lead.state}:{until.isoformat()}", Verb.REST, until, why)


def no_track(ctx: Context) -> Step:
    why = "they have unsubscribed" if ctx.lead.has_opted_out else "no track matches"
    return rest(ctx, ctx.now + LOOK_AGAIN, f"{why}; judged all the same")


def ended(ctx: Context) -> Step | Move:
    return Step("ended", Verb.ENDED, ctx.now, f"{ctx.lead.state}")


def waiting_for_a_person(ctx: Context) -> Step | None:
    """A raised hand or a reply is answered by a person; sends stand still meanwhile."""
    if ctx.facts.task:
        return _task_step(ctx, ctx.facts.task)
    if raised := ctx.newest_hand_raise():
        return Step(f"ask:{raised[0]}:{raised[1].isoformat()}", Verb.ASK, ctx.now, f"{raised[0]}: a person answers")
    if stop := ctx.newest_stop():
        return Step(f"ask:{stop[0]}:{stop[1].isoformat()}", Verb.ASK, ctx.now, f"{stop[0]}: a person reads it")
    return None


def _task_step(ctx: Context, task: Task) -> Step:
    what = f"{task.kind} {task.touch or ''}".strip()
    newer = ctx.newest_hand_raise() or ctx.newest_stop()
    if task.kind == "touch" and newer:
        return Step(f"ask:{newer[0]}:{newer[1].isoformat()}", Verb.ASK, ctx.now, f"{newer[0]}: a person answers")
    id = f"task:{task.id}:{task.due_at.isoformat()}:{task.rung}"
    if task.rung == 0:
        return Step(id, Verb.REMIND, task.due_at, f"{what} is due")
    if task.give_up_at:
        return Step(id, Verb.SKIP_TASK, task.give_up_at, f"{what}: nobody did it, go on without")
    again = ctx.sales_window.add(task.due_at, task.rung * ctx.sales_window.day_length())
    return Step(id, Verb.ESCALATE, again, f"{what} is overdue")


def to_sales_if_ready(ctx: Context, transition: str) -> Move | None:
    """To sales, when the definition is met, nothing holds the lead back, and it has rested since a return."""
    verdict = ctx.verdict
    if not verdict.ready or not verdict.rule:
        return None
    rule = ctx.release.definition.ready_when[verdict.rule]
    if not recycling.may_hand_over_again(ctx, rule.reads_events):
        return None
    return ready_move(ctx, transition, verdict.rule, verdict, "SYS")


def ready_move(ctx: Context, transition: str, rule: str, verdict: Verdict, actor: str) -> Move:
    levels, lead = ctx.release.service_levels, ctx.lead
    sets: dict[str, object] = {
        "owner": ctx.release.definition.signers.marketing,
        "clock": start(levels, "routed", rule in levels.hot, ctx.now, ctx.sales_window),
        "ready_rule": rule,
        "left_stage_at_handoff": lead.stage,
        "cool_until": None,
        "recheck_at": None,
        "tried_reps": (),
        "answered": {
            **lead.answered,
            **{n: s.last_at for n, s in ctx.facts.seen.items() if n in ctx.release.hand_raises},
        },
    }
    unknown = [c.id for c in verdict.criteria if c.holds == "unknown"]
    return Move(transition, State.SALES_READY, actor, rule, None, sets, {"rule": rule, "unknown": unknown})
