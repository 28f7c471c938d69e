"""What a person may do with a lead: from what they said to the moves of the lifecycle table, or a refusal.

Everything is checked here, once, whoever asks and by whatever route. Words (notes) never come here, only that
there are some.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from domain import lifecycle, recycling
from domain.clocks import start
from domain.context import Context
from domain.decide import ready_move
from domain.errors import InvalidError, RefusedError
from domain.lead import Clock, State
from domain.policies import Reason
from domain.readiness import is_hot
from domain.steps import Move

OUTCOMES = (
    "connected",
    "no_answer",
    "voicemail",
    "gatekeeper",
    "wrong_number",
    "message_sent",
    "replied",
    "meeting_booked",
    "meeting_held",
    "no_show",
)
CONVERSATIONS = frozenset({"connected", "replied", "meeting_held"})
CHANNELS = ("phone", "email", "linkedin", "meeting", "other")
FORECASTS = ("pipeline", "best_case", "commit")
DEBRIEF_WITHIN = timedelta(days=21)
OTHER_NEEDS = 20
"""Characters somebody must write who chooses `other` (docs/rules.md, recycling)."""


@dataclass(frozen=True)
class Deal:
    """What an opportunity is worth, as sales says: amount in whole currency units, ISO currency, expected close."""

    amount: float
    currency: str
    close_on: date | None = None
    forecast: str | None = None

    def as_data(self) -> dict[str, object]:
        close_on = self.close_on.isoformat() if self.close_on else None
        return {"amount": self.amount, "currency": self.currency, "close_on": close_on, "forecast": self.forecast}


@dataclass(frozen=True)
class Said:
    """A person's decision. `offer` is the offer it answers; a late one is refused with who has the lead now."""

    command: str
    actor: str
    actor_id: str
    reason: str | None = None
    note_length: int = 0
    offer: int | None = None
    criterion: str | None = None
    resume_on: datetime | None = None
    stage: str | None = None
    track: str | None = None
    rep: str | None = None
    outcome: str | None = None
    channel: str | None = None
    deal: Deal | None = None
    has: Mapping[str, bool] = field(default_factory=dict)
    """What else came with it, by the names reasons.yaml uses: referral, competitor."""


def take(ctx: Context, said: Said) -> tuple[Move, ...]:
    """The moves of a decision, in order. Raises RefusedError (with what is legal) or InvalidError."""
    lifecycle.require(ctx.lead.state, said.command, said.actor)
    return COMMANDS[said.command](ctx, said)


def _accept(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    clock = start(
        ctx.release.service_levels, "first_attempt", is_hot(ctx.facts, ctx.release), ctx.now, ctx.sales_window
    )
    return (_move(said, "T13", State.ACCEPTED, {"clock": clock}, **elapsed(ctx)),)


def _attempt(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    if said.outcome not in OUTCOMES:
        raise InvalidError(f"an attempt needs an outcome, one of {', '.join(OUTCOMES)}", "outcome")
    if said.channel not in CHANNELS:
        raise InvalidError(f"an attempt needs a channel, one of {', '.join(CHANNELS)}", "channel")
    accepted = _accept(ctx, said) if ctx.lead.state is State.HANDED_OFF else ()
    levels = ctx.release.service_levels
    sets: dict[str, object] = {"answered": ctx.hands_seen()}
    if ctx.lead.state is not State.WORKING:
        sets["clock"] = start(levels, "outcome", False, ctx.now, ctx.sales_window)
    data = {"outcome": said.outcome, "channel": said.channel, **elapsed(ctx)}
    return (*accepted, _move(said, "T18", State.WORKING, sets, **data))


def _qualify(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    if not ctx.facts.attempts.conversations:
        raise RefusedError("log the conversation first: qualify needs an attempt that reached the buyer", ["attempt"])
    clock = start(ctx.release.service_levels, "opportunity", False, ctx.now, ctx.sales_window)
    return (_move(said, "T20", State.QUALIFIED, {"clock": clock}),)


def _reject(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    reason = _reason(ctx, said, ctx.release.reasons.reject, "reject")
    lead = ctx.lead
    denied = _denied(ctx, said)
    if ctx.release.reasons.reject[said.reason or ""].next == "disqualify":
        return (_move(said, "T16", State.DISQUALIFIED, {}),)
    if ctx.release.reasons.reject[said.reason or ""].next == "nurture":
        sets: dict[str, object] = {"denied": denied, "stage_entered_at": ctx.now}
        return (_move(said, "T14", State.NURTURING, sets, criterion=said.criterion, says=reason.say),)
    clock = start(ctx.release.service_levels, "routed", is_hot(ctx.facts, ctx.release), ctx.now, ctx.sales_window)
    tried = tuple(dict.fromkeys((*lead.tried_reps, lead.owner or "")))
    sets = {"owner": ctx.release.definition.signers.marketing, "clock": clock, "tried_reps": tried}
    if len(tried) > ctx.release.service_levels.max_reroutes:
        desk = start(ctx.release.service_levels, "desk", False, ctx.now, ctx.sales_window)
        sets |= {"owner": ctx.release.routing.manager, "clock": desk, "is_on_desk": True}
    return (_move(said, "T15", State.SALES_READY, sets, rep=lead.owner),)


def _recycle(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    _reason(ctx, said, ctx.release.reasons.recycle, "recycle")
    if said.stage and not any(said.stage in track.stages for track in ctx.release.tracks.values()):
        raise InvalidError(f"no track has a stage {said.stage}", "stage")
    lead = ctx.lead
    until = recycling.cool_until(ctx, said.reason or "", said.resume_on)
    sets: dict[str, object] = {
        "cool_until": until,
        "return_reason": said.reason,
        "returned_at": ctx.now,
        "returned_by": lead.owner or said.actor_id,
        "recycled_at": (*lead.recycled_at, ctx.now),
        "denied": _denied(ctx, said),
        "answered": ctx.hands_seen() if ctx.facts.attempts.count else ctx.lead.answered,
        "left_stage_at_handoff": said.stage or lead.left_stage_at_handoff,
    }
    transition = RETURNS[lead.state]
    data = {"cool_until": until.isoformat(), "attempts": ctx.facts.attempts.count, "stage": said.stage}
    return (_move(said, transition, State.RECYCLED, sets, **data),)


def _opportunity(ctx: Context, said: Said) -> tuple[Move, ...]:
    """T24. Straight from WORKING it qualifies on the way, two transitions with one timestamp."""
    _is_theirs(ctx, said)
    deal = _deal(ctx, said, "opportunity")
    if deal.close_on is None or deal.forecast not in FORECASTS:
        raise InvalidError(f"an opportunity needs close_on and forecast, one of {', '.join(FORECASTS)}", "close_on")
    return (_move(said, "T24", State.OPPORTUNITY, {"clock": _sign(ctx)}, **deal.as_data()),)


def _proposal(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    return (_move(said, "T25", State.PROPOSAL, {"clock": _sign(ctx)}, **_deal(ctx, said, "proposal").as_data()),)


def _rescope(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    if not said.note_length:
        raise InvalidError("say why it is scoped anew: note", "note")
    return (_move(said, "T29", State.OPPORTUNITY, {"clock": _sign(ctx)}),)


def _won(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    sets: dict[str, object] = {"recheck_at": ctx.now + DEBRIEF_WITHIN, "won_at": ctx.now}
    return (_move(said, "T26", State.WON, sets, rep=ctx.lead.owner, **_deal(ctx, said, "won").as_data()),)


def _lost(ctx: Context, said: Said) -> tuple[Move, ...]:
    _is_theirs(ctx, said)
    _reason(ctx, said, ctx.release.reasons.loss, "lost")
    sets: dict[str, object] = {
        "recheck_at": ctx.now + DEBRIEF_WITHIN,
        "return_reason": said.reason,
        "returned_by": ctx.lead.owner,
    }
    return (_move(said, "T27", State.LOST, sets, rep=ctx.lead.owner, lost_at=ctx.lead.state.value),)


def _sign(ctx: Context) -> Clock:
    """In a deal the clock asks for a sign of life every 60 days; it alarms and moves nothing."""
    return start(ctx.release.service_levels, "sign", False, ctx.now, ctx.sales_window)


def _deal(ctx: Context, said: Said, command: str) -> Deal:
    if said.deal is None or not 0 < said.deal.amount < 1e12:
        raise InvalidError(f"{command} needs an amount above zero and its currency", "amount")
    if not re.fullmatch("[A-Z]{3}", said.deal.currency):
        raise InvalidError("a currency is three letters, as USD", "currency")
    return said.deal


def _disqualify(ctx: Context, said: Said) -> tuple[Move, ...]:
    _reason(ctx, said, ctx.release.reasons.disqualify, "disqualify")
    is_with_sales = ctx.lead.state in (State.ACCEPTED, State.WORKING, State.QUALIFIED)
    if is_with_sales:
        _is_theirs(ctx, said)
    return (_move(said, "T23" if is_with_sales else "T10", State.DISQUALIFIED, {}),)


def _promote(ctx: Context, said: Said) -> tuple[Move, ...]:
    if not said.note_length:
        raise InvalidError("say why this lead is ready although the definition is not met: note", "note")
    move = ready_move(ctx, "T08", recycling.OVERRIDE, ctx.verdict, said.actor)
    return (replace(move, actor_id=said.actor_id),)


def _assign(ctx: Context, said: Said) -> tuple[Move, ...]:
    if not said.rep or ctx.release.person(said.rep).role not in ("sales", "manager"):
        raise InvalidError("name the salesperson to assign it to: rep", "rep")
    return (offer_move(ctx, said.rep, "assigned by the manager", said.actor, said.actor_id),)


def _enrol(ctx: Context, said: Said) -> tuple[Move, ...]:
    track = ctx.release.tracks.get(said.track or "")
    if track is None or track.id not in ctx.release.approved:
        names = ", ".join(sorted(ctx.release.approved)) or "none is approved yet"
        raise InvalidError(f"there is no approved track {said.track}; there are: {names}", "track")
    if said.stage and said.stage not in track.stages:
        raise InvalidError(f"{track.id} has no stage {said.stage}; it has {', '.join(track.stages)}", "stage")
    is_customer = ctx.lead.state is State.WON
    if is_customer != (track.purpose == "customer"):
        raise InvalidError("customers get tracks with purpose: customer, and nobody else does", "track")
    transition = ENROLS[ctx.lead.state]
    move = recycling.to_nurturing(ctx, transition, track, said.stage or track.first_stage, "enrolled by hand")
    return (replace(move, actor=said.actor, actor_id=said.actor_id),)


def _reopen(ctx: Context, said: Said) -> tuple[Move, ...]:
    if not said.note_length:
        raise InvalidError("say what changed: note", "note")
    sets: dict[str, object] = {"cycle": ctx.lead.cycle + 1, "track": None, "stage": None, "tracks_done": ()}
    return (_move(said, "T38", State.INQUIRY, sets),)


def _withdraw(ctx: Context, said: Said) -> tuple[Move, ...]:
    if ctx.lead.is_on_desk and said.actor not in ("MGR", "OPS"):
        raise RefusedError("it is on the manager's desk; only the manager sends it back", ["assign"])
    return (_move(said, "T41", State.NURTURING, {"stage_entered_at": ctx.now}),)


def offer_move(
    ctx: Context, rep: str, why: str, actor: str = "SYS", actor_id: str | None = None, **data: object
) -> Move:
    """T11: the lead is offered to one salesperson and the clock to accept starts."""
    hot = is_hot(ctx.facts, ctx.release)
    clock = start(ctx.release.service_levels, "accept", hot, ctx.now, ctx.sales_window)
    sets: dict[str, object] = {"owner": rep, "clock": clock, "is_on_desk": False, "postponed_until": None}
    return Move("T11", State.HANDED_OFF, actor, why, actor_id, sets, {"rep": rep, "hot": hot, **data})


def _is_theirs(ctx: Context, said: Said) -> None:
    """Only whoever has the lead now decides about it; the manager of the team always may."""
    offer, owner = ctx.facts.offer, ctx.lead.owner
    if said.offer is not None and offer and said.offer != offer.number:
        options = lifecycle.legal(ctx.lead.state, said.actor)
        raise RefusedError(f"offer {said.offer} is over; the lead is with {owner} now", options)
    if said.actor == "REP" and said.actor_id != (owner or ctx.lead.returned_by):
        raise RefusedError(f"this lead is with {owner or ctx.lead.returned_by} now, not with {said.actor_id}", ())


def _reason(ctx: Context, said: Said, known: Mapping[str, Reason], command: str) -> Reason:
    reason = known.get(said.reason or "")
    if reason is None or not reason.on:
        codes = ", ".join(code for code, r in known.items() if r.on)
        raise InvalidError(f"{command} needs a reason, one of {codes}", "reason")
    for need in reason.needs:
        if sentence := _missing(ctx, said, need):
            raise InvalidError(f"{said.reason} needs more: {sentence}", need)
    if said.reason == "other" and said.note_length < OTHER_NEEDS:
        raise InvalidError(f"other needs a note of at least {OTHER_NEEDS} characters", "note")
    return reason


def _missing(ctx: Context, said: Said, need: str) -> str | None:
    if need == "note" and not said.note_length:
        return "a note with what was said"
    if need == "criterion" and said.criterion not in ctx.release.definition.criteria:
        return f"criterion, one of {', '.join(ctx.release.definition.criteria)}"
    if need == "resume_on" and said.resume_on is None:
        return "resume_on, the day to come back, as 2027-03-31"
    if need in ("referral", "competitor") and not said.has.get(need):
        return need
    return _missing_effort(ctx) if need == "effort" else None


def _missing_effort(ctx: Context) -> str | None:
    least, done = ctx.release.service_levels.minimum_effort, ctx.facts.attempts
    days = ctx.sales_window.between(done.first_at, ctx.now) / ctx.sales_window.day_length() if done.first_at else 0.0
    if done.count >= least.attempts and done.channels >= least.channels and days >= least.business_days:
        return None
    return (
        f"{least.attempts} attempts on {least.channels} channels over {least.business_days} business days;"
        f" so far {done.count} on {done.channels} over {days:.0f}"
    )


def _denied(ctx: Context, said: Said) -> dict[str, datetime]:
    """The criterion sales named counts as not met until something newer says otherwise."""
    if said.criterion is None:
        return dict(ctx.lead.denied)
    if said.criterion not in ctx.release.definition.criteria:
        names = ", ".join(ctx.release.definition.criteria)
        raise InvalidError(f"there is no criterion {said.criterion}; there are {names}", "criterion")
    return {**ctx.lead.denied, said.criterion: ctx.now}


def elapsed(ctx: Context) -> dict[str, object]:
    """How long the promise took, in business and in wall-clock minutes (I7)."""
    clock = ctx.lead.clock
    if clock is None:
        return {}
    business = ctx.sales_window.between(clock.started_at, ctx.now)
    wall = ctx.now - clock.started_at
    return {
        "clock": clock.name,
        "business_minutes": round(business.total_seconds() / 60, 1),
        "wall_minutes": round(wall.total_seconds() / 60, 1),
        "kept": ctx.now <= clock.due_at,
    }


def _move(said: Said, transition: str, to: State, sets: dict[str, object], **data: object) -> Move:
    return Move(transition, to, said.actor, said.reason, said.actor_id, sets, data)


COMMANDS: Mapping[str, Callable[[Context, Said], tuple[Move, ...]]] = {
    "accept": _accept,
    "attempt": _attempt,
    "qualify": _qualify,
    "reject": _reject,
    "recycle": _recycle,
    "disqualify": _disqualify,
    "promote": _promote,
    "assign": _assign,
    "enrol": _enrol,
    "opportunity": _opportunity,
    "proposal": _proposal,
    "rescope": _rescope,
    "won": _won,
    "lost": _lost,
    "reopen": _reopen,
    "withdraw": _withdraw,
}


RETURNS = {
    State.HANDED_OFF: "T21b",
    State.ACCEPTED: "T21",
    State.WORKING: "T21",
    State.QUALIFIED: "T21",
    State.OPPORTUNITY: "T28",
    State.PROPOSAL: "T28",
    State.LOST: "T30",
}
ENROLS = {State.INQUIRY: "T05", State.RECYCLED: "T33", State.DORMANT: "T36", State.WON: "T32"}
