"""Mail that helps a salesperson while a lead is with them: in their name, only if they allow it, one per stage.

The stages of such a track are those of the salesperson's work. Whatever a person says to the buyer - an attempt, a
meeting, a promise to call back, a reply - keeps it quiet for `quiet_time`; what the buyer asked and nobody has
answered yet keeps it quiet until somebody has.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from domain import touches
from domain.calendar import zone
from domain.context import BEGINNING, Context
from domain.errors import InvalidError, RefusedError
from domain.lead import SUPPORTED, USED, State
from domain.steps import Step, Verb
from domain.track import SUPPORT_STAGES, Touch, Track

STAGES = {
    State.ACCEPTED: "working",
    State.WORKING: "working",
    State.QUALIFIED: "qualified",
    State.OPPORTUNITY: "opportunity",
    State.PROPOSAL: "proposal",
}
assert set(STAGES) == SUPPORTED
assert set(STAGES.values()) == set(SUPPORT_STAGES)


@dataclass(frozen=True)
class Nothing:
    """Why nothing is sent, in words for the salesperson."""

    why: str


def tracks(ctx: Context) -> list[Track]:
    """What a salesperson may allow: published, signed by both teams."""
    every = ctx.release.tracks.values()
    return sorted(
        (t for t in every if t.is_support and t.id in ctx.release.approved), key=lambda t: (-t.priority, t.id)
    )


def allow(ctx: Context, actor: str, who: str, track_id: str | None) -> Track:
    """The track that `who` allows from now on, in their own name. Raises RefusedError, InvalidError."""
    _check_state(ctx)
    if who != ctx.lead.owner:
        raise RefusedError(f"only {ctx.lead.owner}, who has this lead, allows mail in their name", ())
    if actor not in ("REP", "MGR"):
        raise RefusedError("mail in a salesperson's name is allowed by that salesperson alone", ())
    found = tracks(ctx)
    names = ", ".join(track.id for track in found)
    if not found:
        raise RefusedError("no track with purpose: sales_support is published and signed by both teams", ())
    if track_id is None and len(found) > 1:
        raise InvalidError(f"say which track: {names}", "track")
    track = next((track for track in found if track_id in (None, track.id)), None)
    if track is None:
        raise InvalidError(f"there is no sales support track {track_id}; there are: {names}", "track")
    return track


def _check_state(ctx: Context) -> None:
    if ctx.lead.state not in SUPPORTED:
        hint = "; accept it first" if ctx.lead.state is State.HANDED_OFF else ""
        raise RefusedError(f"a lead that is {ctx.lead.state} is in no salesperson's hands{hint}", ())


def may_end(ctx: Context, actor: str, who: str) -> None:
    """Whoever has the lead ends it, and those who lead. Raises RefusedError."""
    if ctx.lead.support is None:
        raise RefusedError("no mail goes out in a salesperson's name to this lead", ())
    if actor == "REP" and who != ctx.lead.owner:
        raise RefusedError(f"this lead is with {ctx.lead.owner} now, not with {who}", ())


def if_allowed(ctx: Context, track: Track) -> Step | Nothing:
    """What would be sent next, were this track allowed now."""
    return next_mail(ctx.with_lead(replace(ctx.lead, support=track.id)))


def next_mail(ctx: Context) -> Step | Nothing:
    """What is sent next in the salesperson's name, and when; or why nothing is, as things stand."""
    if why := next(_in_the_way(ctx), None):
        return Nothing(why)
    track = ctx.release.tracks[ctx.lead.support or ""]
    name = STAGES[ctx.lead.state]
    touch = next((t for n in track.stages[name].touches if (t := _mail(ctx, track, n))), None)
    if touch is None:
        return Nothing(f"no mail of stage {name} fits this buyer, or they had it")
    due_at = touches.when_due(ctx, track, name, touch, _quiet_until(ctx, track))
    local, place = due_at.astimezone(zone(ctx.buyer_zone)), ctx.buyer_zone.rsplit("/", 1)[-1].replace("_", " ")
    reason = f"email in the name of {ctx.lead.owner}: {touch.id}, {local:%a %d %b %H:%M} {place}"
    return Step(
        touches.step_id(ctx, touch), Verb.DELIVER, due_at, reason, permits=touches.permits_for(ctx, track, touch)
    )


def _in_the_way(ctx: Context) -> Iterator[str]:
    """What keeps mail from going out until a person does something, the gravest first."""
    lead, track = ctx.lead, ctx.release.tracks.get(ctx.lead.support or "")
    if lead.state not in SUPPORTED or lead.support is None:
        yield "no salesperson has allowed it"
        return
    if track is None or track.id not in ctx.release.approved or not track.is_support:
        yield f"the track {lead.support} is not published any more"
        return
    if lead.owner not in ctx.release.people:
        yield f"{lead.owner} is not in lead_defs/people.yaml, so nobody can write in their name"
    if lead.has_opted_out:
        yield "they have unsubscribed"
    if lead.has_bounced:
        yield "their address does not work"
    if asked := _unanswered(ctx):
        yield f"they are owed an answer ({asked}): log what you did about it, then it goes on"
    stage = track.stages.get(STAGES[lead.state])
    if stage is None:
        yield f"{track.id} has nothing for a lead that is {lead.state}"
    elif any(d.cycle == lead.cycle and d.touch in stage.touches and d.status in USED for d in ctx.facts.ledger):
        yield "they had the one mail of this stage; the next stage brings the next"


def _unanswered(ctx: Context) -> str | None:
    """What the buyer asked or wrote since the last attempt."""
    since = ctx.facts.attempts.last_at or BEGINNING
    open_ones = [found for found in (ctx.newest_hand_raise(), ctx.newest_stop()) if found and found[1] > since]
    return max(open_ones, key=lambda found: found[1])[0] if open_ones else None


def _mail(ctx: Context, track: Track, name: str) -> Touch | None:
    touch = track.touches.get(name)
    if touch is None or touch.is_human or not touches.is_open(ctx, touch):
        return None
    return touch.version_for(ctx.lead.id)


def _quiet_until(ctx: Context, track: Track) -> datetime:
    """So long after the last thing a person did or promised; a pause and an absence count as they stand."""
    said = [_last_spoken(ctx) + (track.quiet_time or ctx.release.defaults.quiet_time)]
    said += [ctx.facts.held.until] if ctx.facts.held else []
    return max([*said, *(at for at in (ctx.lead.paused_until, ctx.facts.owner_away_until) if at)])


def _last_spoken(ctx: Context) -> datetime:
    """Every change of state with sales is something a person did with the buyer, or will do first."""
    facts, done = ctx.facts, ctx.facts.attempts
    talks = {name for name in facts.seen if ctx.release.react(ctx.lead, name) == "stop"} | ctx.release.hand_raises
    heard = [facts.seen[name].last_at for name in talks & facts.seen.keys()]
    offered = [facts.offer.offered_at] if facts.offer else []
    return max([ctx.lead.state_entered_at, *offered, *heard, *(at for at in (done.last_at, done.agreed_at) if at)])
