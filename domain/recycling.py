"""Out of sales and round again: cool-down, where the lead comes in, and what ends the circle."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.context import Context, system
from domain.errors import InvalidError
from domain.lead import Source, State
from domain.policies import RecycleRule
from domain.steps import Move
from domain.touches import MINIMUM_UNSEEN, unseen
from domain.track import NO_TRACK, Track

SILENT_FOR = timedelta(days=180)
KEEP = "keep"
INQUIRY = "inquiry."
OVERRIDE = "override"


def rule_for(ctx: Context, reason: str) -> RecycleRule:
    rules = ctx.release.recycling.reasons
    if reason in rules:
        return rules[reason]
    if "other" in rules:
        return rules["other"]
    raise InvalidError(f"lead_defs/recycling.yaml says nothing about {reason}", "reason")


def cool_until(ctx: Context, reason: str, resume_on: datetime | None) -> datetime:
    """A little before the buyer's own date when we know it, else the reason's cool-down from now."""
    rule = rule_for(ctx, reason)
    return max(resume_on - rule.resume_early, ctx.now) if resume_on else ctx.now + rule.cool_down


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
    return _best(ctx, ctx.release.tracks.values())


def better_track(ctx: Context, own: Track) -> Track | None:
    """A track of higher priority than the lead's own that matches because of something newer than its coming there:
    a new inquiry. So nobody is taken off a track by a mere edit, nor off the one a marketer chose."""
    since = ctx.lead.track_entered_at or ctx.lead.state_entered_at
    higher = (t for t in ctx.release.tracks.values() if t.priority > own.priority and _reads_newer(ctx, t, since))
    return _best(ctx, higher)


def asked_for(ctx: Context, since: datetime) -> Track | None:
    """The track that an inquiry newer than that leads to."""
    return _best(ctx, (t for t in ctx.release.tracks.values() if _reads_newer(ctx, t, since)))


def _best(ctx: Context, tracks: Iterable[Track]) -> Track | None:
    matching = [t for t in tracks if _matches(ctx, t)]
    return min(matching, key=lambda t: (-t.priority, t.id), default=None)


def _matches(ctx: Context, track: Track) -> bool:
    return (
        track.id in ctx.release.approved
        and track.purpose == ("customer" if ctx.lead.won_at else "stage")
        and track.id not in ctx.lead.tracks_done
        and track.enrol is not None
        and unseen(ctx, track) > 0
        and track.enrol.holds(ctx.view) is True
    )


def _reads_newer(ctx: Context, track: Track, since: datetime) -> bool:
    """Whether the track's `enrol` reads something that we learned, or that they did, after that moment."""
    if track.enrol is None:
        return False
    reads = track.enrol.reads
    seen = (ctx.facts.seen.get(name) for name, _ in reads.events)
    return _was_told(ctx, reads.fields | reads.known, since) or any(s.last_at > since for s in seen if s)


def _was_told(ctx: Context, names: Iterable[str], since: datetime) -> bool:
    """By the buyer, to anybody; that another system sends us what it knew all along is no news."""
    known = (ctx.facts.known.get(name) for name in names)
    return any(k.at > since and k.source.rank < Source.IMPORT.rank for k in known if k)


def has_inquired_again(ctx: Context) -> bool:
    """They came back with a question of their own, whatever state they are in since."""
    at = last_inquired_at(ctx)
    return at is not None and at > ctx.lead.state_entered_at


def last_inquired_at(ctx: Context) -> datetime | None:
    """When they last told anybody what they ask about; what a list or another system says is no question of theirs."""
    told = (k for name, k in ctx.facts.known.items() if name.startswith(INQUIRY))
    return max((k.at for k in told if k.source.rank < Source.IMPORT.rank), default=None)


def gets_nothing(ctx: Context) -> bool:
    """`track: none`: the wrong person; only what wakes them up, or a new inquiry, changes that."""
    reason = ctx.lead.return_reason
    if reason is None or rule_for(ctx, reason).track != NO_TRACK:
        return False
    return woken_by(ctx) is None and not has_inquired_again(ctx)


def track_for_return(ctx: Context) -> Track | None:
    """What they ask for now; else the reason's track; else `then` of the defaults; else their own.

    `keep` keeps their own while four touches of it are left.
    """
    if asked := asked_for(ctx, ctx.lead.state_entered_at):
        return asked
    wanted = rule_for(ctx, ctx.lead.return_reason or "other").track
    own = _approved(ctx, ctx.lead.track) if ctx.lead.track else choose_track(ctx)
    if wanted == KEEP and own and unseen(ctx, own) >= MINIMUM_UNSEEN:
        return own
    return _first_with_something(ctx, (wanted, ctx.release.defaults.then, ctx.lead.track))


def track_for_waking(ctx: Context) -> Track | None:
    """For a lead that has been dormant: what they ask for now; their own, if it has grown by enough for a cycle; else
    the defaults' `dormant_track`; else whatever is left."""
    own = _approved(ctx, ctx.lead.track)
    if asked := asked_for(ctx, ctx.lead.state_entered_at):
        return asked
    if own and unseen(ctx, own) >= MINIMUM_UNSEEN:
        return own
    return _first_with_something(ctx, (ctx.release.defaults.dormant_track, ctx.lead.track))


def _first_with_something(ctx: Context, names: Iterable[str | None]) -> Track | None:
    found = (_approved(ctx, name) for name in names)
    return next((track for track in found if track and unseen(ctx, track)), None) or choose_track(ctx)


def _approved(ctx: Context, name: str | None) -> Track | None:
    """A track that runs, and is meant for them: customers and others never get each other's."""
    track = ctx.release.tracks.get(name or "")
    if track is None or track.id not in ctx.release.approved:
        return None
    return track if track.is_for(ctx.lead.won_at is not None) else None


def entry_stage(ctx: Context, track: Track) -> tuple[str, str]:
    """Where the buyer stands, and why: the reason's stage, one lower after half a silent year, never below what facts
    that are still true prove, nor below what they engaged with since then (docs/rules.md, recycling)."""
    stages = list(track.stages)
    held = ctx.lead.left_stage_at_handoff or ctx.lead.stage
    wanted = rule_for(ctx, ctx.lead.return_reason or "other").stage
    if wanted in ("same", "suggested"):
        wanted, why = held or stages[0], "where the lead stood when it was handed over"
    else:
        why = f"what {ctx.lead.return_reason} says"
    place, why = (stages.index(wanted), why) if wanted in stages else (0, f"{track.id} begins there")
    if _is_silent(ctx) and place:
        place, why = place - 1, "silent for half a year: one stage lower"
    for floor, because in ((_proven(ctx, track), "what we know proves"), (_shown(ctx, track), "they engaged with")):
        if floor > place:
            place, why = floor, f"{because} this stage"
    return stages[place], why


def _is_silent(ctx: Context) -> bool:
    newest = max((s.last_at for n, s in ctx.facts.seen.items() if _is_human(ctx, n)), default=None)
    return newest is None or newest + SILENT_FOR < ctx.now


def _is_human(ctx: Context, event: str) -> bool:
    declared = ctx.release.events.get(event)
    return bool(declared and declared.human)


def _proven(ctx: Context, track: Track) -> int:
    """The highest stage that the `next_when` of the stage before it leads to."""
    stages = list(track.stages.values())
    holding = (n for n, s in enumerate(stages[:-1], 1) if s.next_when and s.next_when.holds(ctx.view))
    return max(holding, default=0)


def _shown(ctx: Context, track: Track) -> int:
    """The highest stage with a touch they engaged with, as long as that is no half year ago."""
    engaged = {d.touch for d in ctx.facts.ledger if d.engaged_at and d.engaged_at + SILENT_FOR >= ctx.now}
    return max((n for n, s in enumerate(track.stages.values()) if engaged & set(s.touches)), default=0)


def entering(ctx: Context, track: Track | None, stage: str | None) -> dict[str, object]:
    """The lead's columns as it comes on a track."""
    return {
        "track": track.id if track else None,
        "stage": stage,
        "stage_entered_at": ctx.now,
        "track_entered_at": ctx.now if track else None,
        "pinned_release": ctx.release.hash if track else None,
        "is_held_out": track is not None and track.holds_out(ctx.lead.id),
    }


def to_nurturing(
    ctx: Context, transition: str, track: Track | None, stage: str | None, why: str, **data: object
) -> Move:
    """A move into NURTURING on a track; cycle two and later are counted here."""
    new_cycle = transition in ("T33", "T36", "T32")
    sets = entering(ctx, track, stage)
    if not new_cycle and track and track.id == ctx.lead.track:  # it never left it
        sets = {"stage": stage, "stage_entered_at": ctx.now}
    sets |= {"cycle": ctx.lead.cycle + new_cycle, "cool_until": None, "recheck_at": None}
    if new_cycle:
        sets["tracks_done"] = ()
    record = {
        "track": track.id if track else None,
        "stage": stage,
        "cycle": sets["cycle"],
        "release": ctx.release.hash,
        "held_out": sets.get("is_held_out", ctx.lead.is_held_out),
        **data,
    }
    return system(transition, State.NURTURING, why, sets, **record)
