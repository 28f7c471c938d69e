"""What a lead needs next while it is with marketing: NURTURING, RECYCLED, DORMANT."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from domain import recycling, sunset, touches
from domain.context import Context, system
from domain.lead import State
from domain.steps import Move, Step, Verb
from domain.sunset import INQUIRED
from domain.track import NO_TRACK, Track
from domain.waiting import LOOK_AGAIN, no_track, rest, to_sales_if_ready, waiting_for_a_person

DEAL_LOOKED_AT = timedelta(days=7)
"""The end of a deal wakes everybody at the company; a wake that met a locked lead is made up for so much later."""
SUNSET_RESTS = timedelta(days=3650)
"""Nobody looks meanwhile; a lead has one step all the same, so that it can be woken."""


def nurturing(ctx: Context) -> Step | Move:
    if ready := to_sales_if_ready(ctx, "T08"):
        return ready
    if waiting := waiting_for_a_person(ctx):
        return waiting
    found, rests_until = _next_in_nurture(ctx), _rests_until(ctx)
    if rests_until and isinstance(found, Step) and found.due_at > rests_until:
        return rest(ctx, rests_until, "ready; rests after the last return until")
    return found


def _next_in_nurture(ctx: Context) -> Step | Move:
    if paused := _paused(ctx):
        return paused
    track = ctx.track
    if track is None or track.id not in ctx.release.approved or track.is_support:
        if chosen := recycling.choose_track(ctx):
            return _switch(ctx, chosen, f"matches {chosen.id}")
        return no_track(ctx)
    if better := recycling.better_track(ctx, track):
        why = f"asked for {better.id}, which goes before {track.id}"
        return _switch(ctx, better, why)
    if ctx.lead.is_held_out:
        return _used_up(ctx, max(touches.planned_end(ctx, track), _rests_until(ctx) or ctx.now))
    found = touches.next_step(ctx, track)
    if isinstance(found, touches.UsedUp):
        return _used_up(ctx, max(found.at, _rests_until(ctx) or found.at))
    return found


def _paused(ctx: Context) -> Step | None:
    """By somebody, for this lead or for more than it; or because a colleague is about to buy."""
    until, held = ctx.lead.paused_until, ctx.facts.held
    if until and until > ctx.now and not (held and held.until > until):
        return Step(f"resume:{until.isoformat()}", Verb.RESUME, until, "paused")
    if held and held.until > ctx.now:
        return Step(f"resume:{held.until.isoformat()}", Verb.RESUME, held.until, f"paused: {held.scope}")
    if ctx.facts.has_deal_at_company:
        return rest(ctx, ctx.now + DEAL_LOOKED_AT, "a deal is open at this company: marketing stands still")
    return None


def _rests_until(ctx: Context) -> datetime | None:
    """A ready lead that was returned too recently is handed over when that rest ends, not later."""
    if not ctx.verdict.ready or ctx.lead.returned_at is None:
        return None
    return ctx.lead.returned_at + ctx.release.recycling.rest_before_next_handoff


def _used_up(ctx: Context, at: datetime) -> Step | Move:
    """The last touch keeps its time to be answered, then the lead goes to `then`, else to rest."""
    track = ctx.track
    if at > ctx.now:
        given = "every touch was given; time to answer the last one"
        return rest(
            ctx, at, f"held out of {ctx.lead.track}: judged, nothing is sent" if ctx.lead.is_held_out else given
        )
    then = ctx.release.tracks.get((track.then if track else None) or ctx.release.defaults.then or NO_TRACK)
    done = (*ctx.lead.tracks_done, ctx.lead.track or "")
    is_for_them = then is not None and then.is_for(ctx.lead.won_at is not None)
    if then and is_for_them and then.id in ctx.release.approved and then.id not in done and touches.unseen(ctx, then):
        return _switch(ctx, then, "the track before it is used up")
    recheck_at = ctx.now + ctx.release.defaults.dormant_recheck
    sets: dict[str, object] = {"recheck_at": recheck_at, "tracks_done": done}
    return system("T09", State.DORMANT, "used up", sets, touches=len(ctx.facts.ledger))


def _switch(ctx: Context, track: Track, why: str) -> Move:
    lead = ctx.lead
    done = lead.tracks_done if lead.track is None else (*lead.tracks_done, lead.track)
    sets = {**recycling.entering(ctx, track, track.first_stage), "tracks_done": done}
    data = {"track": track.id, "stage": track.first_stage, "track_from": lead.track, "held_out": sets["is_held_out"]}
    return system("T07", State.NURTURING, why, sets, **data)


def recycled(ctx: Context) -> Step | Move:
    if recycling.has_circled_enough(ctx):
        return _to_rest(ctx, "recycled too often")
    if ctx.newest_hand_raise() and (ready := to_sales_if_ready(ctx, "T34")):
        return ready
    if waiting := waiting_for_a_person(ctx):
        return waiting
    if recycling.gets_nothing(ctx):
        return _to_rest(ctx, f"nothing is sent to this person: {ctx.lead.return_reason}")
    event, until = _woken_by(ctx), ctx.lead.cool_until or ctx.now
    if event is None and until > ctx.now:
        return Step(f"resume:cool:{ctx.lead.cycle}", Verb.RESUME, until, f"cool-down after {ctx.lead.return_reason}")
    track = recycling.track_for_return(ctx)
    stage, why = recycling.entry_stage(ctx, track) if track else (None, "no track matches")
    is_spent = ctx.track and not (track and touches.unseen(ctx, track, stage))
    if is_spent and not ctx.verdict.ready:
        return _to_rest(ctx, "content gap: nothing left to give")
    trigger = event or "cool-down over"
    return recycling.to_nurturing(ctx, "T33", track, stage, trigger, entry_because=why)


def _to_rest(ctx: Context, why: str) -> Move:
    sets: dict[str, object] = {"recheck_at": ctx.now + ctx.release.defaults.dormant_recheck}
    return system("T35", State.DORMANT, why, sets, cycles=ctx.lead.cycle)


def _woken_by(ctx: Context) -> str | None:
    return recycling.woken_by(ctx) or (INQUIRED if recycling.has_inquired_again(ctx) else None)


def dormant(ctx: Context) -> Step | Move:
    if ctx.newest_hand_raise() and (ready := to_sales_if_ready(ctx, "T36b")):
        return ready
    if waiting := waiting_for_a_person(ctx):
        return waiting
    sign, lead = _sign_of_life(ctx), ctx.lead
    if lead.sunset_at and not sign:
        return rest(ctx, ctx.now + SUNSET_RESTS, f"sunset on {lead.sunset_at:%Y-%m-%d}: any sign of life wakes it")
    is_review = lead.recheck_at is not None and lead.recheck_at <= ctx.now
    due_at, was_back = sunset.due_at(ctx), sunset.was_brought_back(ctx)
    is_silent = due_at is not None and due_at <= ctx.now
    if is_silent and was_back and not sign:
        return sunset.sunset(ctx)
    if (sign or is_review) and (back := _back(ctx, sign)):
        return back
    if is_silent and is_review:
        return sunset.sunset(ctx)
    if is_review or lead.sunset_at:
        recheck_at = ctx.now + ctx.release.defaults.dormant_recheck
        return system("T37b", State.DORMANT, "nothing new to give", {"recheck_at": recheck_at, "sunset_at": None})
    until = lead.recheck_at or ctx.now + LOOK_AGAIN
    if due_at and was_back and due_at < until:
        return rest(ctx, due_at, "dormant; sunset without a sign of life until")
    return rest(ctx, until, "dormant until the review date")


def _back(ctx: Context, sign: str | None) -> Move | None:
    """T36, where somebody is ready or there is something to give them; whoever gets nothing needs a sign of life."""
    if not sign and recycling.gets_nothing(ctx):
        return None
    fresh = ctx.with_lead(replace(ctx.lead, tracks_done=()))
    track = recycling.track_for_waking(fresh)
    stage, why = recycling.entry_stage(fresh, track) if track else (None, "")
    if not ctx.verdict.ready and not (track and touches.unseen(fresh, track, stage)):
        return None
    return recycling.to_nurturing(ctx, "T36", track, stage, sign or "review date", entry_because=why)


def _sign_of_life(ctx: Context) -> str | None:
    """Whatever they do wakes them; those to whom nothing is sent, only what the reason says, or a new inquiry."""
    since = sunset.counts_since(ctx)
    found = [name for at, name in sunset.signs(ctx) if at > since]
    if INQUIRED in found:
        return INQUIRED
    return None if recycling.gets_nothing(ctx) else min(found, default=None)
