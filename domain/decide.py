"""`decide`: what a lead needs next, when, and why - for its whole life, as one pure function.

The worker, the examples, the simulator, the plan and the back-test call it with the same arguments and get the
same answer. It reads no clock and no archive. Transitions nobody triggers (`moves`) are taken on the way, in
order; the activity that decides records them in its own transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from domain import lifecycle, recycling, touches
from domain.clocks import next_rung, start
from domain.context import Context, system
from domain.lead import Facts, State, Task
from domain.readiness import Verdict, is_hot
from domain.release import Release
from domain.steps import Move, Step, Verb
from domain.view import excluded_by

MOST_MOVES = 12
"""Beside one for every stage there is."""
ROUTE_AGAIN = timedelta(hours=1)
LOOK_AGAIN = timedelta(days=30)
LOST_FOR = timedelta(days=180)
"""A loss that no return code explains rests so long (docs/rules.md, recycling)."""


def decide(facts: Facts, release: Release, now: datetime) -> Step:
    """The next step of this lead as of `now` (aware UTC). Its `moves` have yet to be recorded.

    Raises AssertionError when the rules lead in a circle: a bug, to be seen and fixed.
    """
    ctx = Context(facts, release, now)
    moves: list[Move] = []
    for _ in range(MOST_MOVES + sum(len(track.stages) for track in release.tracks.values())):
        found = BY_STATE[ctx.lead.state](ctx)
        if isinstance(found, Step):
            return replace(found, moves=tuple(moves))
        moves.append(found)
        ctx = ctx.with_lead(lifecycle.apply(ctx.lead, found, now))
    raise AssertionError(f"lead {facts.lead.id} goes in a circle: {[m.transition for m in moves]}")


def _new(ctx: Context) -> Step | Move:
    if rule := excluded_by(ctx.view, ctx.release):
        sets: dict[str, object] = {}
        return system("T03", State.DISQUALIFIED, rule, sets, rule=rule, release=ctx.release.hash)
    return system("T04", State.INQUIRY, "valid", {})


def _inquiry(ctx: Context) -> Step | Move:
    if ready := _ready_move(ctx, "T06"):
        return ready
    if track := recycling.choose_track(ctx):
        return recycling.to_nurturing(ctx, "T05", track, track.first_stage, f"matches {track.id}")
    return _waiting_for_a_person(ctx) or _rest(ctx, ctx.now + LOOK_AGAIN, "no track matches; judged all the same")


def _nurturing(ctx: Context) -> Step | Move:
    if ready := _ready_move(ctx, "T08"):
        return ready
    if waiting := _waiting_for_a_person(ctx):
        return waiting
    found, rests_until = _next_in_nurture(ctx), _rests_until(ctx)
    if rests_until and isinstance(found, Step) and found.due_at > rests_until:
        return _rest(ctx, rests_until, "ready; rests after the last return until")
    return found


def _next_in_nurture(ctx: Context) -> Step | Move:
    paused_until = ctx.lead.paused_until
    if paused_until and paused_until > ctx.now:
        return Step(f"resume:{paused_until.isoformat()}", Verb.RESUME, paused_until, "paused")
    track = ctx.track
    if track is None or track.id not in ctx.release.approved:
        if chosen := recycling.choose_track(ctx):
            return _switch(ctx, chosen.id, chosen.first_stage, f"matches {chosen.id}")
        return _rest(ctx, ctx.now + LOOK_AGAIN, "no track matches; judged all the same")
    found = touches.next_step(ctx, track)
    if isinstance(found, touches.UsedUp):
        return _used_up(ctx, max(found.at, _rests_until(ctx) or found.at))
    return found


def _rests_until(ctx: Context) -> datetime | None:
    """A ready lead that was returned too recently is handed over when that rest ends, not later."""
    if not ctx.verdict.ready or ctx.lead.returned_at is None:
        return None
    return ctx.lead.returned_at + ctx.release.recycling.rest_before_next_handoff


def _used_up(ctx: Context, at: datetime) -> Step | Move:
    """The last touch keeps its time to be answered, then the lead goes to `then`, else to rest."""
    if at > ctx.now:
        return _rest(ctx, at, "every touch was given; time to answer the last one")
    track = ctx.track
    then = ctx.release.tracks.get((track.then if track else None) or ctx.release.defaults.then or "")
    done = (*ctx.lead.tracks_done, ctx.lead.track or "")
    is_for_them = then is not None and (then.purpose == "customer") == (ctx.lead.won_at is not None)
    if then and is_for_them and then.id in ctx.release.approved and then.id not in done and touches.unseen(ctx, then):
        return _switch(ctx, then.id, then.first_stage, "the track before it is used up")
    recheck_at = ctx.now + ctx.release.defaults.dormant_recheck
    sets: dict[str, object] = {"recheck_at": recheck_at, "tracks_done": done}
    return system("T09", State.DORMANT, "used up", sets, touches=len(ctx.facts.ledger))


def _switch(ctx: Context, track: str, stage: str, why: str) -> Move:
    lead = ctx.lead
    done = lead.tracks_done if lead.track is None else (*lead.tracks_done, lead.track)
    sets: dict[str, object] = {
        "track": track,
        "stage": stage,
        "stage_entered_at": ctx.now,
        "tracks_done": done,
    }
    return system("T07", State.NURTURING, why, sets, track=track, stage=stage)


def _sales_ready(ctx: Context) -> Step | Move:
    lead = ctx.lead
    rung = _rung(ctx)
    if lead.is_on_desk:
        return rung or _rest(ctx, ctx.now + LOOK_AGAIN, "on the manager's desk")
    if _has_gone_stale(ctx):
        track = ctx.track
        return recycling.to_nurturing(ctx, "T12", track, lead.stage, "waited too long and is no longer ready")
    route_at = lead.postponed_until or lead.state_entered_at
    why = "to the next salesperson" if lead.tried_reps else "to a salesperson"
    route = Step(f"route:{lead.cycle}:{len(lead.tried_reps)}", Verb.ROUTE, route_at, why)
    return rung if rung and rung.due_at < route_at else route


def _has_gone_stale(ctx: Context) -> bool:
    """A raised hand and a person's own promotion never go stale by waiting."""
    waited = ctx.now - ctx.lead.state_entered_at
    rule = ctx.release.definition.ready_when.get(ctx.lead.ready_rule or "")
    is_stale = waited > ctx.release.service_levels.stale_after
    return bool(is_stale and rule and not rule.reads_events and not ctx.verdict.ready)


def _with_sales(ctx: Context) -> Step | Move:
    """From HANDED_OFF to PROPOSAL: a promise runs, and silence never answers it."""
    rung = _rung(ctx)
    if rung is None:
        return _rest(ctx, ctx.now + LOOK_AGAIN, "with sales")
    if rung.due_at <= ctx.now and rung.verb is Verb.REST:
        return stalled(ctx)
    return rung


def _rung(ctx: Context) -> Step | None:
    lead = ctx.lead
    if lead.clock is None:
        return None
    hot = is_hot(ctx.facts, ctx.release)
    rung = next_rung(lead.clock, lead.state, ctx.release.service_levels, hot, ctx.sales_window)
    if rung is None:
        return None
    id = f"{rung.verb}:{lead.clock.name}:{lead.clock.started_at.isoformat()}:{lead.clock.rung}"
    return Step(id, rung.verb, rung.due_at, rung.says)


def stalled(ctx: Context) -> Move:
    """T22: nobody came to an outcome; marketing takes the lead back, after every rung of the ladder."""
    lead, reason = ctx.lead, "stalled_in_sales"
    until = recycling.cool_until(ctx, reason, None)
    sets: dict[str, object] = {
        "cool_until": until,
        "return_reason": reason,
        "returned_at": ctx.now,
        "returned_by": None,
        "recycled_at": (*lead.recycled_at, ctx.now),
    }
    return system("T22", State.RECYCLED, reason, sets, cool_until=until.isoformat(), rep=lead.owner)


def taken_back(ctx: Context) -> Move:
    """T15/T19 after a broken promise: to somebody else, and after enough of them to the manager's desk (T17)."""
    lead, levels = ctx.lead, ctx.release.service_levels
    tried = tuple(dict.fromkeys((*lead.tried_reps, lead.owner or "")))
    window, clock_name = ctx.sales_window, lead.clock.name if lead.clock else ""
    if len(tried) > levels.max_reroutes:
        return to_desk(ctx, tried, f"{clock_name} passed with {len(tried)} salespeople")
    transition = "T15" if lead.state is State.HANDED_OFF else "T19"
    sets: dict[str, object] = {
        "owner": ctx.release.definition.signers.marketing,
        "clock": start(levels, "routed", is_hot(ctx.facts, ctx.release), ctx.now, window),
        "tried_reps": tried,
    }
    return system(transition, State.SALES_READY, f"{clock_name} passed", sets, rep=lead.owner, clock=clock_name)


def to_desk(ctx: Context, tried: tuple[str, ...], why: str) -> Move:
    clock = start(ctx.release.service_levels, "desk", False, ctx.now, ctx.sales_window)
    sets: dict[str, object] = {
        "owner": ctx.release.routing.manager,
        "clock": clock,
        "is_on_desk": True,
        "tried_reps": tried,
    }
    return system("T17", State.SALES_READY, why, sets, tried=list(tried))


def _recycled(ctx: Context) -> Step | Move:
    if recycling.has_circled_enough(ctx):
        sets: dict[str, object] = {"recheck_at": ctx.now + ctx.release.defaults.dormant_recheck}
        return system("T35", State.DORMANT, "recycled too often", sets, cycles=ctx.lead.cycle)
    if ctx.newest_hand_raise() and (ready := _ready_move(ctx, "T34")):
        return ready
    if waiting := _waiting_for_a_person(ctx):
        return waiting
    event, until = recycling.woken_by(ctx), ctx.lead.cool_until or ctx.now
    if event is None and until > ctx.now:
        return Step(f"resume:cool:{ctx.lead.cycle}", Verb.RESUME, until, f"cool-down after {ctx.lead.return_reason}")
    track = recycling.track_for_return(ctx)
    stage, why = recycling.entry_stage(ctx, track) if track else (None, "no track matches")
    is_spent = ctx.track and not (track and touches.unseen(ctx, track, stage))
    if is_spent and not ctx.verdict.ready:
        sets = {"recheck_at": ctx.now + ctx.release.defaults.dormant_recheck}
        return system("T35", State.DORMANT, "content gap: nothing left to give", sets, cycles=ctx.lead.cycle)
    trigger = event or "cool-down over"
    return recycling.to_nurturing(ctx, "T33", track, stage, trigger, entry_because=why)


def _dormant(ctx: Context) -> Step | Move:
    if ctx.newest_hand_raise() and (ready := _ready_move(ctx, "T36b")):
        return ready
    if waiting := _waiting_for_a_person(ctx):
        return waiting
    sign = _sign_of_life(ctx)
    is_review = ctx.lead.recheck_at is not None and ctx.lead.recheck_at <= ctx.now
    if sign or is_review:
        fresh = ctx.with_lead(replace(ctx.lead, tracks_done=()))
        own = fresh.track if ctx.lead.track in ctx.release.approved else None
        track = own if own and touches.unseen(fresh, own) else recycling.choose_track(fresh)
        stage, why = recycling.entry_stage(fresh, track) if track else (None, "")
        if ctx.verdict.ready or (track and touches.unseen(fresh, track, stage)):
            trigger = sign or "review date"
            return recycling.to_nurturing(ctx, "T36", track, stage, trigger, entry_because=why)
    if is_review:
        recheck_at = ctx.now + ctx.release.defaults.dormant_recheck
        return system("T37", State.DORMANT, "nothing new to give", {"recheck_at": recheck_at})
    return _rest(ctx, ctx.lead.recheck_at or ctx.now + LOOK_AGAIN, "dormant until the review date")


def _sign_of_life(ctx: Context) -> str | None:
    since = ctx.lead.state_entered_at
    names = [
        name
        for name, seen in ctx.facts.seen.items()
        if seen.last_at > since and (event := ctx.release.events.get(name)) and event.human and event.points > 0
    ]
    return min(names, default=None)


def _won(ctx: Context) -> Step | Move:
    """A customer gets no prospect's mail; marketing may put them on a customer track (T32)."""
    until = ctx.lead.recheck_at
    return _ended(ctx) if until is None or until <= ctx.now else _rest(ctx, until, "won; the debrief is due until")


def _lost(ctx: Context) -> Step | Move:
    """T30, T31: when the debrief had its time, a loss goes back to marketing, or out of circulation for good."""
    reason, until = ctx.lead.return_reason or "", ctx.lead.recheck_at or ctx.now
    if until > ctx.now:
        return Step(f"resume:lost:{ctx.lead.cycle}", Verb.RESUME, until, f"lost ({reason}); the debrief is due until")
    loss = ctx.release.reasons.loss.get(reason)
    if loss and loss.recycle_as == "never":
        return system("T31", State.DISQUALIFIED, reason, {"recheck_at": None})
    code = loss.recycle_as if loss and loss.recycle_as else None
    cool_until = recycling.cool_until(ctx, code, None) if code else ctx.now + LOST_FOR
    sets: dict[str, object] = {
        "cool_until": cool_until,
        "return_reason": code or reason,
        "returned_at": ctx.now,
        "recycled_at": (*ctx.lead.recycled_at, ctx.now),
        "recheck_at": None,
    }
    return system("T30", State.RECYCLED, reason, sets, cool_until=cool_until.isoformat())


def _ended(ctx: Context) -> Step | Move:
    return Step("ended", Verb.ENDED, ctx.now, f"{ctx.lead.state}")


def _ready_move(ctx: Context, transition: str) -> Move | None:
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


def _waiting_for_a_person(ctx: Context) -> Step | None:
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


def _rest(ctx: Context, until: datetime, why: str) -> Step:
    return Step(f"rest:{ctx.lead.state}:{until.isoformat()}", Verb.REST, until, why)


BY_STATE: dict[State, Callable[[Context], Step | Move]] = {
    State.NEW: _new,
    State.INQUIRY: _inquiry,
    State.NURTURING: _nurturing,
    State.SALES_READY: _sales_ready,
    State.HANDED_OFF: _with_sales,
    State.ACCEPTED: _with_sales,
    State.WORKING: _with_sales,
    State.QUALIFIED: _with_sales,
    State.OPPORTUNITY: _with_sales,
    State.PROPOSAL: _with_sales,
    State.WON: _won,
    State.LOST: _lost,
    State.RECYCLED: _recycled,
    State.DORMANT: _dormant,
    State.DISQUALIFIED: _ended,
}
