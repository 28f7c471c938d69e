"""Which touch a lead gets next and when (docs/rules.md, touches).

The next touch is the first one of the lead's present stage that this lead never had, that its `when` allows and
that has not expired. Time in one sentence: due = the first instant, not before the end of the last touch plus the
touch's own `wait` (else the gap of its stage), that is inside an open window and under every cap.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fnmatch import fnmatch

from domain import keys
from domain.calendar import Window, under_caps, zone
from domain.context import Context, system
from domain.lead import USED, Delivery, State, Status
from domain.steps import Move, Permit, Step, Verb
from domain.track import Stage, Touch, Track

LOOK_AGAIN = timedelta(days=30)
OVERTAKEN = "overtaken"
"""How a human touch ended that something more important made needless: nothing was missed."""
MINIMUM_UNSEEN = 4
"""Fewer unseen touches than this do not make another cycle (docs/rules.md, recycling)."""


@dataclass(frozen=True)
class UsedUp:
    """The whole track is used up; the last touch had its time until `at`."""

    at: datetime


def next_step(ctx: Context, track: Track) -> Step | Move | UsedUp:
    """The touch that is due next, a move of the stage that is due now, or that nothing is left."""
    if ctx.lead.stage not in track.stages:
        return _to_stage(ctx, track.first_stage, "the stage is no longer in the files")
    if move := _early_move(ctx, track):
        return move
    found, stage = _ahead(ctx, track), track.stages[ctx.lead.stage]
    if stage.longest and isinstance(found, Step):
        ends_at = _stage_entered_at(ctx) + stage.longest
        if found.due_at > ends_at:
            return Step(
                f"rest:longest:{ends_at.isoformat()}",
                Verb.REST,
                ends_at,
                "then the longest time for this stage has passed",
            )
    return found


def _ahead(ctx: Context, track: Track) -> Step | Move | UsedUp:
    """What the pools of this stage and the ones after it give, whatever time is left for the stage."""
    name, last_end = ctx.lead.stage or track.first_stage, last_touch_end(ctx)
    earliest = ctx.lead.state_entered_at
    while True:
        stage = track.stages[name]
        if touch := _first_open(ctx, track, stage):
            return _step_for(ctx, track, name, touch.version_for(ctx.lead.id), earliest)
        if (stage.used_up or ctx.release.defaults.used_up) == "rest":
            return _rests_here(ctx, stage)
        leave_at = max(earliest, last_end + ctx.release.gap(name, stage)) if last_end else earliest
        following = track.after(name)
        if following is None:
            return UsedUp(leave_at)
        if leave_at <= ctx.now and name == ctx.lead.stage:
            return _to_stage(ctx, following, "every touch of the stage that fits was given")
        if leave_at > ctx.now and track.stages[following].longest:  # whose time begins when the lead comes there
            return Step(f"rest:{name}:{leave_at.isoformat()}", Verb.REST, leave_at, f"then on to {following}")
        name, earliest = following, leave_at


def _rests_here(ctx: Context, stage: Stage) -> Step:
    """`used_up: rest`: until something happens, or the longest time for the stage has passed."""
    until = ctx.now + LOOK_AGAIN
    if stage.longest:
        until = max(min(until, _stage_entered_at(ctx) + stage.longest), ctx.now)
    return Step(f"rest:stage:{until.isoformat()}", Verb.REST, until, "every touch of the stage was given; rests here")


def last_touch_end(ctx: Context) -> datetime | None:
    return max((d.ended_at for d in ctx.facts.ledger if d.ended_at), default=None)


def unseen(ctx: Context, track: Track, first: str | None = None) -> int:
    """Touches of a track that this lead may still get, from a stage on: a `when` that may yet hold counts."""
    names = list(track.stages)
    stages = names[names.index(first) if first in names else 0 :]
    touches = [t for stage in stages for t in track.stages[stage].touches] + list(track.reserve)
    return sum(1 for name in touches if (touch := track.touches.get(name)) and may_come(ctx, touch))


def planned_end(ctx: Context, track: Track) -> datetime:
    """When the track, from the stage where the lead came in, would be over if every touch took its stage's gap."""
    names = list(track.stages)
    first = names.index(ctx.lead.stage) if ctx.lead.stage in names else 0
    gaps = ((ctx.release.gap(name, track.stages[name]), len(track.stages[name].touches)) for name in names[first:])
    return (ctx.lead.track_entered_at or ctx.lead.state_entered_at) + sum((gap * n for gap, n in gaps), timedelta(0))


def _early_move(ctx: Context, track: Track) -> Move | UsedUp | None:
    name = ctx.lead.stage or ""
    stage, following = track.stages[name], track.after(name)
    if following and stage.next_when and stage.next_when.holds(ctx.view):
        return _to_stage(ctx, following, "the buyer has moved on")
    if before := _earlier(ctx, track, name):
        return _to_stage(ctx, before, "back: " + (stage.back_when.text if stage.back_when else ""))
    ends_at = _stage_entered_at(ctx) + stage.longest if stage.longest else None
    if ends_at is None or ends_at > ctx.now:
        return None
    return _to_stage(ctx, following, "the longest time for this stage has passed") if following else UsedUp(ends_at)


def _earlier(ctx: Context, track: Track, name: str) -> str | None:
    """The stage before, when `back_when` holds - and something is left to give there, and nothing says *next* there:
    else the lead would go to and fro."""
    stage, before = track.stages[name], track.before(name)
    if before is None or stage.back_when is None or not stage.back_when.holds(ctx.view):
        return None
    earlier = track.stages[before]
    says_next = earlier.next_when is not None and earlier.next_when.holds(ctx.view)
    return None if says_next or _first_open(ctx, track, earlier) is None else before


def _stage_entered_at(ctx: Context) -> datetime:
    return ctx.lead.stage_entered_at or ctx.lead.state_entered_at


def _to_stage(ctx: Context, stage: str, why: str) -> Move:
    sets: dict[str, object] = {"stage": stage, "stage_entered_at": ctx.now}
    return system("T07", State.NURTURING, why, sets, stage_from=ctx.lead.stage, stage_to=stage)


def _first_open(ctx: Context, track: Track, stage: Stage) -> Touch | None:
    names = list(stage.touches)
    if _is_owed_a_reserve(ctx, track):
        names = [*track.reserve, *names]
    elif ctx.lead.cycle > 1:
        names += track.reserve
    return next((t for n in names if (t := track.touches.get(n)) and is_open(ctx, t)), None)


def _is_owed_a_reserve(ctx: Context, track: Track) -> bool:
    """A human touch of this cycle was skipped or reached nobody, and no reserve touch has taken its place yet."""
    if not track.reserve:
        return False
    given = [d for d in ctx.facts.ledger if d.cycle == ctx.lead.cycle and d.touch in track.touches]
    skipped = [d for d in given if d.status is Status.FAILED and d.channel != "email" and d.code != OVERTAKEN]
    return len(skipped) > sum(1 for d in given if d.touch in track.reserve)


def is_open(ctx: Context, touch: Touch) -> bool:
    return may_come(ctx, touch) and (touch.when is None or touch.when.holds(ctx.view) is True)


def may_come(ctx: Context, touch: Touch) -> bool:
    touch = touch.version_for(ctx.lead.id)
    if _was_had(ctx, touch) or not _channel_is_open(ctx, touch) or not _persona_fits(ctx, touch):
        return False
    if touch.expires and date.fromisoformat(touch.expires) < ctx.now.astimezone(zone(ctx.buyer_zone)).date():
        return False
    return touch.when is None or touch.when.holds(ctx.view) is not False


def _was_had(ctx: Context, touch: Touch) -> bool:
    """Never the same touch, never the same asset twice, in any cycle, unless marked repeatable."""
    rows = deliveries(ctx, touch)
    if any(d.status is not Status.DEFERRED for d in rows) and not touch.repeatable:
        return True
    if touch.repeatable and any(d.cycle == ctx.lead.cycle and d.status is not Status.DEFERRED for d in rows):
        return True
    seen = {a for d in ctx.facts.ledger if d.status in USED and d.touch != touch.id for a in d.assets}
    assets = ctx.release.assets
    return any(name in seen and name in assets and not assets[name].repeatable for name in touch.assets)


def deliveries(ctx: Context, touch: Touch) -> list[Delivery]:
    return [d for d in ctx.facts.ledger if d.touch == touch.id]


def _channel_is_open(ctx: Context, touch: Touch) -> bool:
    if ctx.lead.has_opted_out:
        return False  # who wants no mail from us wants no unasked call either; a raised hand is answered all the same
    if touch.channel == "email":
        return not ctx.lead.has_bounced
    return touch.channel == "task" or not ctx.lead.is_do_not_call


def _persona_fits(ctx: Context, touch: Touch) -> bool:
    return touch.persona is None or persona_of(ctx) in (None, touch.persona)


def persona_of(ctx: Context) -> str | None:
    """Whose messaging fits the lead's title; None when the title says nothing."""
    title = ctx.view.value("lead.title")
    if not isinstance(title, str):
        return None
    for messaging in ctx.release.profile(ctx.lead).messaging:
        if any(fnmatch(title.casefold(), pattern.casefold()) for pattern in messaging.titles):
            return messaging.persona
    return None


def step_id(ctx: Context, touch: Touch) -> str:
    verb = Verb.OPEN_TASK if touch.is_human else Verb.DELIVER
    return f"{verb}:{touch.id}:{nth(ctx, touch)}:{ctx.lead.cycle}"


def nth(ctx: Context, touch: Touch) -> int:
    """1, unless the touch is repeatable; a deferred delivery keeps its number."""
    rows = deliveries(ctx, touch)
    deferred = [d.nth for d in rows if d.status is Status.DEFERRED]
    return deferred[0] if deferred else len(rows) + 1


def _step_for(ctx: Context, track: Track, stage_name: str, touch: Touch, earliest: datetime) -> Step:
    due_at = when_due(ctx, track, stage_name, touch, earliest)
    done = sum(1 for d in ctx.facts.ledger if d.status in USED and d.touch in track.touches)
    total = sum(len(s.touches) for s in track.stages.values())
    kind = {"email": "email", "call": "call", "task": "task"}[touch.channel]
    local = due_at.astimezone(zone(ctx.buyer_zone))
    place = ctx.buyer_zone.rsplit("/", 1)[-1].replace("_", " ")
    reason = f"{kind} {done + 1} of {max(total, done + 1)}: {touch.id}, {local:%a %d %b %H:%M} {place}"
    verb = Verb.OPEN_TASK if touch.is_human else Verb.DELIVER
    return Step(step_id(ctx, touch), verb, due_at, reason, permits=permits_for(ctx, track, touch))


def when_due(ctx: Context, track: Track, stage_name: str, touch: Touch, earliest: datetime) -> datetime:
    last_end = last_touch_end(ctx)
    if last_end:
        wait = touch.wait if touch.wait is not None else ctx.release.gap(stage_name, track.stages[stage_name])
        earliest = max(earliest, last_end + wait)
    elif touch.wait:
        earliest += touch.wait
    reserved = ctx.facts.reserved.get(step_id(ctx, touch))
    earliest = max([earliest] + [at for at in (ctx.lead.postponed_until, reserved) if at])
    window, spread = _window(ctx, track, touch)
    used = [d.ended_at or d.claimed_at for d in ctx.facts.ledger if d.status in USED]
    wished = window.first(under_caps(used, ctx.release.defaults.at_most, earliest), spread)
    if wished >= ctx.now or window.is_open(ctx.now):
        return wished
    return window.first(ctx.now, spread)


def _window(ctx: Context, track: Track, touch: Touch) -> tuple[Window, float]:
    """Mails go out in the track's window in the buyer's zone; a person works in the team's hours."""
    if touch.is_human:
        return ctx.sales_window, 0.0
    hours = track.window or ctx.release.defaults.window
    country = ctx.lead.country or ctx.release.defaults.country
    return Window(hours, ctx.buyer_zone, country), keys.spread(ctx.lead.id, touch.id)


def permits_for(ctx: Context, track: Track, touch: Touch) -> tuple[Permit, ...]:
    if touch.is_human:
        return ()
    defaults = ctx.release.defaults
    permits = [Permit(keys.sender_day(track.sender or defaults.sender), defaults.sender_daily)]
    if ctx.lead.company:
        permits.append(Permit(keys.company_touch(ctx.lead.company, touch.id), defaults.same_mail_at_one_company.count))
    return tuple(permits)
