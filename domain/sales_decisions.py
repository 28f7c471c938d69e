"""What salespeople and their manager decide: from accepting an offer to won, lost and returned."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from domain import currencies, lifecycle, recycling
from domain.calendar import zone
from domain.clocks import start
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.lead import Clock, Source, State
from domain.readiness import is_hot
from domain.said import (
    CHANNELS,
    DEBRIEF_WITHIN,
    FORECASTS,
    LONGEST_ATTEMPT,
    LONGEST_DEAL,
    OUTCOMES,
    Deal,
    Said,
    denied_now,
    elapsed,
    is_theirs,
    known_reason,
    move,
)
from domain.steps import Move


def _accept(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    clock = start(
        ctx.release.service_levels, "first_attempt", is_hot(ctx.facts, ctx.release), ctx.now, ctx.sales_window
    )
    return (move(said, "T13", State.ACCEPTED, {"clock": clock, "owner": ctx.holder}, **elapsed(ctx)),)


def _attempt(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    if said.outcome not in OUTCOMES:
        raise InvalidError(f"an attempt needs an outcome, one of {', '.join(OUTCOMES)}", "outcome")
    if said.channel not in CHANNELS:
        raise InvalidError(f"an attempt needs a channel, one of {', '.join(CHANNELS)}", "channel")
    data = {"outcome": said.outcome, "channel": said.channel, **_agreed(ctx, said)}
    sets: dict[str, object] = {"answered": ctx.hands_seen()}
    if ctx.lead.state not in lifecycle.ROWS["T18"].sources:
        return (move(said, "T18b", ctx.lead.state, {**sets, "clock": sign_of_life(ctx) or ctx.lead.clock}, **data),)
    accepted = _accept(ctx, said) if ctx.lead.state is State.HANDED_OFF else ()
    if ctx.lead.state is not State.WORKING:
        sets["clock"] = start(ctx.release.service_levels, "outcome", False, ctx.now, ctx.sales_window)
    return (*accepted, move(said, "T18", State.WORKING, sets, **data, **elapsed(ctx)))


def _agreed(ctx: Context, said: Said) -> dict[str, object]:
    """How long it took and what comes next. What was agreed on lies ahead: a date in the past is a slip."""
    if said.minutes is not None and not 0 <= said.minutes <= LONGEST_ATTEMPT:
        raise InvalidError(f"minutes is how long it took, from 0 to {LONGEST_ATTEMPT:.0f}", "minutes")
    found: dict[str, object] = {} if said.minutes is None else {"minutes": said.minutes}
    for name, at in (("callback_at", said.callback_at), ("meeting_at", said.meeting_at)):
        if at is not None and at <= ctx.now:
            raise InvalidError(f"{name} must be a time to come; leave it out when nothing was agreed", name)
        if at is not None:
            found[name] = at.isoformat()
    return found


def _qualify(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    if not ctx.facts.attempts.conversations:
        raise RefusedError("log the conversation first: qualify needs an attempt that reached the buyer", ["attempt"])
    if missing := [name for name in ctx.release.definition.qualify_needs if not _is_confirmed(ctx, said, name)]:
        names = ", ".join(f"{ctx.release.fields[name].say or name} ({name})" for name in missing)
        raise InvalidError(
            f"qualify needs what the conversation confirmed: {names}; tell it as learned, or name what you heard again"
            " as confirmed",
            "learned",
        )
    clock = start(ctx.release.service_levels, "opportunity", False, ctx.now, ctx.sales_window)
    return (move(said, "T20", State.QUALIFIED, {"clock": clock}, **_borne_out(ctx)),)


def _borne_out(ctx: Context) -> dict[str, object]:
    needs = ctx.release.definition.qualify_needs
    return {"confirmed": needs} if needs else {}


def _is_confirmed(ctx: Context, said: Said, name: str) -> bool:
    return name in said.told or (name not in said.contradicted and is_confirmed(ctx, name))


def is_confirmed(ctx: Context, name: str) -> bool:
    """A salesperson heard it, now or before, and it is still true; what only a form or a list says is not."""
    known = ctx.view.known(name)
    return known is not None and known.source is Source.REP


def _reject(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    reason = known_reason(ctx, said, ctx.release.reasons.reject, "reject")
    lead = ctx.lead
    denied = denied_now(ctx, said)
    if ctx.release.reasons.reject[said.reason or ""].next == "disqualify":
        return (move(said, "T16", State.DISQUALIFIED, {}),)
    if ctx.release.reasons.reject[said.reason or ""].next == "nurture":
        sets: dict[str, object] = {"denied": denied, "stage_entered_at": ctx.now}
        return (move(said, "T14", State.NURTURING, sets, criterion=said.criterion, says=reason.say),)
    clock = start(ctx.release.service_levels, "routed", is_hot(ctx.facts, ctx.release), ctx.now, ctx.sales_window)
    tried = tuple(dict.fromkeys((*lead.tried_reps, ctx.holder or "")))
    sets = {"owner": ctx.release.definition.signers.marketing, "clock": clock, "tried_reps": tried}
    if len(tried) > ctx.release.service_levels.max_reroutes:
        desk = start(ctx.release.service_levels, "desk", False, ctx.now, ctx.sales_window)
        sets |= {"owner": ctx.release.routing.manager, "clock": desk, "is_on_desk": True}
    return (move(said, "T15", State.SALES_READY, sets, rep=ctx.holder),)


def _recycle(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    known_reason(ctx, said, ctx.release.reasons.recycle, "recycle")
    if said.stage and not any(said.stage in track.stages for track in ctx.release.tracks.values()):
        raise InvalidError(f"no track has a stage {said.stage}", "stage")
    return (return_move(ctx, said),)


def return_move(ctx: Context, said: Said) -> Move:
    """Back to marketing for a reason that is known, with all that its rule needs."""
    lead = ctx.lead
    until = recycling.cool_until(ctx, said.reason or "", said.resume_on)
    sets: dict[str, object] = {
        "cool_until": until,
        "return_reason": said.reason,
        "returned_at": ctx.now,
        "returned_by": ctx.holder or said.actor_id,
        "recycled_at": (*lead.recycled_at, ctx.now),
        "denied": denied_now(ctx, said),
        "answered": ctx.hands_seen() if ctx.facts.attempts.count else ctx.lead.answered,
        "left_stage_at_handoff": said.stage or lead.left_stage_at_handoff,
    }
    transition = RETURNS[lead.state]
    data = {"cool_until": until.isoformat(), "attempts": ctx.facts.attempts.count, "stage": said.stage}
    return move(said, transition, State.RECYCLED, sets, **data)


def _opportunity(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    deal = _deal(ctx, said, "opportunity")
    if deal.close_on is None or deal.forecast not in FORECASTS:
        raise InvalidError(f"an opportunity needs close_on and forecast, one of {', '.join(FORECASTS)}", "close_on")
    today = ctx.now.astimezone(zone(ctx.release.defaults.time_zone)).date()
    if not today <= deal.close_on <= today + LONGEST_DEAL:
        raise InvalidError(
            "close_on must be a day to come, within ten years: when do you expect them to sign?", "close_on"
        )
    return (move(said, "T24", State.OPPORTUNITY, {"clock": _sign(ctx)}, **deal.as_data()),)


def _proposal(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    return (move(said, "T25", State.PROPOSAL, {"clock": _sign(ctx)}, **_deal(ctx, said, "proposal").as_data()),)


def _rescope(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    if not said.note_length:
        raise InvalidError("say why it is scoped anew: note", "note")
    return (move(said, "T29", State.OPPORTUNITY, {"clock": _sign(ctx)}),)


def _won(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    sets: dict[str, object] = {"recheck_at": ctx.now + DEBRIEF_WITHIN, "won_at": ctx.now}
    return (move(said, "T26", State.WON, sets, rep=ctx.lead.owner, **_deal(ctx, said, "won").as_data()),)


def _lost(ctx: Context, said: Said) -> tuple[Move, ...]:
    is_theirs(ctx, said)
    known_reason(ctx, said, ctx.release.reasons.loss, "lost")
    sets: dict[str, object] = {
        "recheck_at": ctx.now + DEBRIEF_WITHIN,
        "return_reason": said.reason,
        "returned_by": ctx.lead.owner,
    }
    return (move(said, "T27", State.LOST, sets, rep=ctx.lead.owner, lost_at=ctx.lead.state.value),)


def sign_of_life(ctx: Context) -> Clock | None:
    """Somebody told of this lead's deal: the clock that asks for a sign begins anew (T22)."""
    return _sign(ctx) if ctx.lead.state in (State.OPPORTUNITY, State.PROPOSAL) else None


def _sign(ctx: Context) -> Clock:
    """In a deal the clock asks for a sign of life every 60 days; it alarms and moves nothing."""
    return start(ctx.release.service_levels, "sign", False, ctx.now, ctx.sales_window)


def _deal(ctx: Context, said: Said, command: str) -> Deal:
    if said.deal is None or not 0 < said.deal.amount < 1e12:
        raise InvalidError(f"{command} needs an amount above zero and its currency", "amount")
    if said.deal.currency not in currencies.in_use():
        raise InvalidError("a currency is the three letters of one in use (ISO 4217), as USD", "currency")
    return said.deal


def _disqualify(ctx: Context, said: Said) -> tuple[Move, ...]:
    known_reason(ctx, said, ctx.release.reasons.disqualify, "disqualify")
    is_with_sales = ctx.lead.state in (State.ACCEPTED, State.WORKING, State.QUALIFIED)
    if is_with_sales:
        is_theirs(ctx, said)
    return (move(said, "T23" if is_with_sales else "T10", State.DISQUALIFIED, {}),)


def _assign(ctx: Context, said: Said) -> tuple[Move, ...]:
    if not said.rep or ctx.release.person(said.rep).role not in ("sales", "manager"):
        raise InvalidError("name the salesperson to assign it to: rep", "rep")
    return (offer_move(ctx, said.rep, "assigned by the manager", said.actor, said.actor_id),)


def _reassign(ctx: Context, said: Said) -> tuple[Move, ...]:
    if not said.rep or ctx.release.person(said.rep).role not in ("sales", "manager"):
        raise InvalidError("name the salesperson who gets it: rep", "rep")
    if said.rep == ctx.lead.owner and not ctx.lead.team:
        raise InvalidError(f"{said.rep} has it already", "rep")
    if not said.note_length:
        raise InvalidError("say why it changes hands: note", "note")
    return (reassign_move(ctx, said.rep, "given over by the manager", said.actor, said.actor_id),)


def reassign_move(ctx: Context, rep: str, why: str, actor: str = "SYS", actor_id: str | None = None) -> Move:
    """T43: another owner, and the promise that runs begins anew in their hours (`ctx` holds them)."""
    lead, levels = ctx.lead, ctx.release.service_levels
    assert lead.clock is not None
    clock = start(levels, lead.clock.name, is_hot(ctx.facts, ctx.release), ctx.now, ctx.sales_window)
    sets: dict[str, object] = {"owner": rep, "clock": clock, "team": None}
    return Move("T43", lead.state, actor, why, actor_id, sets, {"from": ctx.holder, "rep": rep, "clock": clock.name})


def queue_move(ctx: Context, team: str, why: str, **data: object) -> Move:
    """T11 to a whole team: its manager is the owner until somebody of it has tried."""
    move = offer_move(ctx, ctx.release.routing.manager_of(team), why)
    return replace(move, sets={**move.sets, "team": team}, data={**move.data, **data, "team": team})


def offer_move(
    ctx: Context, rep: str, why: str, actor: str = "SYS", actor_id: str | None = None, **data: object
) -> Move:
    """T11: the lead is offered to one salesperson and the clock to accept starts."""
    hot = is_hot(ctx.facts, ctx.release)
    clock = start(ctx.release.service_levels, "accept", hot, ctx.now, ctx.sales_window)
    sets: dict[str, object] = {"owner": rep, "clock": clock, "is_on_desk": False, "postponed_until": None}
    return Move("T11", State.HANDED_OFF, actor, why, actor_id, sets, {"rep": rep, "hot": hot, **data})


RETURNS = {
    State.HANDED_OFF: "T21b",
    State.ACCEPTED: "T21",
    State.WORKING: "T21",
    State.QUALIFIED: "T21",
    State.OPPORTUNITY: "T28",
    State.PROPOSAL: "T28",
    State.LOST: "T30",
}


COMMANDS: Mapping[str, Callable[[Context, Said], tuple[Move, ...]]] = {
    "accept": _accept,
    "attempt": _attempt,
    "qualify": _qualify,
    "reject": _reject,
    "recycle": _recycle,
    "disqualify": _disqualify,
    "assign": _assign,
    "reassign": _reassign,
    "opportunity": _opportunity,
    "proposal": _proposal,
    "rescope": _rescope,
    "won": _won,
    "lost": _lost,
}
