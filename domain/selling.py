"""What a lead needs next from SALES_READY to LOST: a promise runs, and silence never answers it."""

from __future__ import annotations

from datetime import timedelta

from domain import recycling, supporting
from domain.clocks import climbed, next_rung, start
from domain.context import Context, system
from domain.lead import State
from domain.readiness import is_hot
from domain.steps import Move, Step, Verb
from domain.waiting import LOOK_AGAIN, ended, rest

ROUTE_AGAIN = timedelta(hours=1)


LOST_FOR = timedelta(days=180)


def sales_ready(ctx: Context) -> Step | Move:
    lead = ctx.lead
    rung = _rung(ctx)
    if lead.is_on_desk:
        return rung or rest(ctx, ctx.now + LOOK_AGAIN, "on the manager's desk")
    if held_by := _held_back(ctx):
        return withdrawn(ctx, f"held back: {held_by}")
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


def with_sales(ctx: Context) -> Step | Move:
    """From HANDED_OFF to PROPOSAL: a promise runs, and silence never answers it. What the salesperson allowed to be
    sent in their name goes out beside it."""
    if ctx.lead.state is State.HANDED_OFF and (held_by := _held_back(ctx)):
        return withdrawn(ctx, f"held back: {held_by}")
    rung = _rung(ctx)
    if rung and rung.due_at <= ctx.now:
        return stalled(ctx) if rung.verb is Verb.REST else rung
    mail = supporting.next_mail(ctx)
    if isinstance(mail, Step) and (rung is None or mail.due_at < rung.due_at):
        return mail
    return rung or rest(ctx, ctx.now + LOOK_AGAIN, "with sales")


def _rung(ctx: Context) -> Step | None:
    """Of a queue nobody is reminded: it is whoever asks next who can keep that promise."""
    lead = ctx.lead
    if lead.clock is None:
        return None
    hot = is_hot(ctx.facts, ctx.release)
    clock = climbed(lead.clock, Verb.REMIND) if lead.team and not lead.clock.rung else lead.clock
    rung = next_rung(clock, lead.state, ctx.release.service_levels, hot, ctx.sales_window)
    if rung is None:
        return None
    id = f"{rung.verb}:{lead.clock.name}:{lead.clock.started_at.isoformat()}:{lead.clock.rung}"
    claim = ctx.facts.claim if rung.verb is Verb.REASSIGN else None  # not out of the hands of who is calling just now
    return Step(id, rung.verb, max(rung.due_at, claim.until) if claim else rung.due_at, rung.says)


def _held_back(ctx: Context) -> str | None:
    """What both teams agreed keeps a lead from sales, true by now; a person's own promotion is above it."""
    return ctx.verdict.held_back_by if ctx.lead.ready_rule in ctx.release.definition.ready_when else None


def stands_on_nothing(ctx: Context) -> bool:
    """Offered by a rule that does not hold any more, and nobody has accepted it yet."""
    lead = ctx.lead
    is_open = lead.state in (State.SALES_READY, State.HANDED_OFF) and not lead.is_on_desk
    return is_open and lead.ready_rule in ctx.release.definition.ready_when and not ctx.verdict.ready


def withdrawn(ctx: Context, why: str) -> Move:
    """T41: back to where it stood, and nobody in sales is charged with it."""
    return system("T41", State.NURTURING, why, {"stage_entered_at": ctx.now})


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
    if lead.team:
        return to_desk(ctx, lead.tried_reps, f"nobody took it from the queue of {lead.team}")
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


def won(ctx: Context) -> Step | Move:
    """A customer gets no prospect's mail; marketing may put them on a customer track (T32)."""
    until = ctx.lead.recheck_at
    return ended(ctx) if until is None or until <= ctx.now else rest(ctx, until, "won; the debrief is due until")


def lost(ctx: Context) -> Step | Move:
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
