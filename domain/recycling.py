"""Out of sales and round again: cool-down, where the lead comes in, and what ends the circle."""

from __future__ import annotations

from datetime import datetime, timedelta

from domain.context import Context, system
from domain.errors import InvalidError
from domain.lead import State
from domain.policies import RecycleRule
from domain.steps import Move
from domain.touches import MINIMUM_UNSEEN, unseen
from domain.track import Track

SILENT_FOR = timedelta(days=180)
RESUME_EARLY = timedelta(days=30)
"""A buyer who named a date hears from us so long before it."""
OVERRIDE = "override"


def rule_for(ctx: Context, reason: str) -> RecycleRule:
    rules = ctx.release.recycling.reasons
    if reason in rules:
        return rules[reason]
    if "other" in rules:
        return rules["other"]
    raise InvalidError(f"lead_defs/recycling.yaml says nothing about {reason}", "reason")


def cool_until(ctx: Context, reason: str, resume_on: datetime | None) -> datetime:
    """The buyer's own date less 30 days when we know it, else the reason's cool-down from now."""
    if resume_on:
        return max(resume_on - RESUME_EARLY, ctx.now)
    return ctx.now + rule_for(ctx, reason).cool_down


def has_circled_enough(ctx: Context) -> bool:
    cap = ctx.release.recycling.max_cycles
    recent = [at for at in ctx.lead.recycled_at if at > ctx.now - cap.within]
    return len(recent) > cap.count


def may_hand_over_again(ctx: Context, by_hand_raise: bool) -> bool:
    """At least 30 days between a return and the next handoff, unless the buyer raises a hand."""
    returned_at = ctx.lead.returned_at
    return (
        by_hand_raise or returned_at is None or returned_at + ctx.release.recycling.rest_before_next_handoff <= ctx.now
    )


def woken_by(ctx: Context) -> str | None:
    """The event that ends a cool-down early: strong interest breaks it."""
    events = set(rule_for(ctx, ctx.lead.return_reason or "other").wake_up) | ctx.release.hand_raises
    since = ctx.lead.state_entered_at
    happened = [n for n in events if (seen := ctx.facts.seen.get(n)) and seen.last_at > since]
    return min(happened, default=None)


def choose_track(ctx: Context) -> Track | None:
    """The matching approved track of highest priority with something to give; ties by id (T05)."""
    matching = [t for t in ctx.release.tracks.values() if _matches(ctx, t)]
    return min(matching, key=lambda t: (-t.priority, t.id), default=None)


def _matches(ctx: Context, track: Track) -> bool:
    return (
        track.id in ctx.release.approved
        and track.purpose == ("customer" if ctx.lead.won_at else "stage")
        and track.id not in ctx.lead.tracks_done
        and unseen(ctx, track) > 0
        and track.enrol.holds(ctx.view) is True
    )


def track_for_return(ctx: Context) -> Track | None:
    """The lead's own track while four unseen touches remain, else the reason's, else any that matches."""
    own = ctx.track if ctx.lead.track in ctx.release.approved else None
    if own and unseen(ctx, own) >= MINIMUM_UNSEEN:
        return own
    named = ctx.release.tracks.get(rule_for(ctx, ctx.lead.return_reason or "other").track)
    if named and named.id in ctx.release.approved and unseen(ctx, named):
        return named
    return own if own and unseen(ctx, own) else choose_track(ctx)


def entry_stage(ctx: Context, track: Track) -> tuple[str, str]:
    """Where the buyer stands, and why (docs/rules.md, recycling): never below what valid facts prove."""
    stages = list(track.stages)
    held = ctx.lead.left_stage_at_handoff or ctx.lead.stage
    wanted = rule_for(ctx, ctx.lead.return_reason or "other").stage
    if wanted in ("same", "suggested"):
        wanted, why = held or stages[0], "where the lead stood when it was handed over"
    else:
        why = f"what {ctx.lead.return_reason} says"
    place = stages.index(wanted) if wanted in stages else 0
    if _is_silent(ctx) and place:
        place, why = place - 1, "silent for half a year: one stage lower"
    proven = _proven(ctx, track)
    if proven > place:
        place, why = proven, "what we know proves this stage"
    return stages[place], why


def _is_silent(ctx: Context) -> bool:
    newest = max((s.last_at for n, s in ctx.facts.seen.items() if _is_human(ctx, n)), default=None)
    return newest is None or newest + SILENT_FOR < ctx.now


def _is_human(ctx: Context, event: str) -> bool:
    declared = ctx.release.events.get(event)
    return bool(declared and declared.human)


def _proven(ctx: Context, track: Track) -> int:
    """The highest stage whose predecessor's `next_when` holds without a gap from the first on."""
    place = 0
    for number, stage in enumerate(track.stages.values()):
        if stage.next_when is None or not stage.next_when.holds(ctx.view):
            break
        place = number + 1
    return min(place, len(track.stages) - 1)


def to_nurturing(
    ctx: Context, transition: str, track: Track | None, stage: str | None, why: str, **data: object
) -> Move:
    """A move into NURTURING on a track; cycle two and later are counted here."""
    new_cycle = transition in ("T33", "T36", "T32")
    sets: dict[str, object] = {
        "track": track.id if track else None,
        "stage": stage,
        "stage_entered_at": ctx.now,
        "cycle": ctx.lead.cycle + new_cycle,
        "cool_until": None,
        "recheck_at": None,
    }
    if new_cycle:
        sets["tracks_done"] = ()
    record = {
        "track": sets["track"],
        "stage": stage,
        "cycle": sets["cycle"],
        "release": ctx.release.hash,
        **data,
    }
    return system(transition, State.NURTURING, why, sets, **record)
