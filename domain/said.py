"""What a person said about a lead, and whether they may and said enough."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from difflib import get_close_matches

from domain import lifecycle
from domain.context import Context
from domain.errors import InvalidError, NeedsError, RefusedError
from domain.lead import Lead, State
from domain.policies import Reason
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


LONGEST_DEAL = timedelta(days=3653)
"""Until it is expected to close; more is a slip of the hand."""


OTHER_NEEDS = 20


SNOOZE = timedelta(days=30)


LONGEST_PAUSE = timedelta(days=730)


GIVEN = frozenset({"engaged", "done", "snooze", "disqualify"})
"""What can follow from a human touch that reached the buyer; after anything else it was not given."""


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
class Undoable:
    """The newest decision about a lead: who took it, when, and the lead as it was before."""

    actor_id: str | None
    at: datetime
    log_id: int
    before: Lead
    left_the_house: str | None = None
    """What somebody else has already seen of it, in words; None while nobody has."""


@dataclass(frozen=True)
class Said:
    """A person's decision. `offer` is the offer it answers; a late one is refused with who has the lead now."""

    command: str
    actor: str
    actor_id: str
    reason: str | None = None
    note_length: int = 0
    entered_by: str | None = None
    """Who typed it in for them."""
    offer: int | None = None
    criterion: str | None = None
    resume_on: datetime | None = None
    stage: str | None = None
    track: str | None = None
    rep: str | None = None
    outcome: str | None = None
    channel: str | None = None
    deal: Deal | None = None
    minutes: float | None = None
    callback_at: datetime | None = None
    meeting_at: datetime | None = None
    told: Collection[str] = ()
    """Full names of the facts that came with it, learned or heard again."""
    contradicted: Collection[str] = ()
    """Of those found wrong, without what is right."""
    has: Mapping[str, bool] = field(default_factory=dict)
    """What else came with it, by the names reasons.yaml uses: referral, competitor."""
    to: str | None = None
    ticket: str | None = None
    seconded_by: str | None = None
    survivor: Lead | None = None
    undoes: Undoable | None = None


LONGEST_ATTEMPT = 24 * 60.0
"""Minutes; more is a slip of the hand."""


def is_theirs(ctx: Context, said: Said) -> None:
    """Only whoever has the lead now decides about it; the manager of the team always may."""
    offer, owner = ctx.facts.offer, ctx.lead.owner
    if said.offer is not None and offer and said.offer != offer.number:
        options = lifecycle.legal(ctx.lead.state, said.actor)
        raise RefusedError(f"offer {said.offer} is over; the lead is with {owner} now", options)
    holder = ctx.holder or ctx.lead.returned_by
    if said.actor == "REP" and said.actor_id != holder and ctx.lead.team and holder == owner:
        raise RefusedError(f"this lead waits in the queue of {ctx.lead.team}; POST /api/queue/next takes the next", ())
    if said.actor == "REP" and said.actor_id != holder:
        raise RefusedError(f"this lead is with {holder} now, not with {said.actor_id}", ())


def unknown_reason(command: str, given: str | None, known: Mapping[str, Reason]) -> InvalidError:
    codes = [code for code, reason in known.items() if reason.on]
    near = get_close_matches((given or "").lower().replace(" ", "_")[:60], codes, 1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return InvalidError(f"{command} needs a reason, one of {', '.join(codes)}{meant}", "reason")


def known_reason(ctx: Context, said: Said, known: Mapping[str, Reason], command: str) -> Reason:
    reason = known.get(said.reason or "")
    if reason is None or not reason.on:
        raise unknown_reason(command, said.reason, known)
    for need in reason.needs:
        if sentence := _missing(ctx, said, need):
            raise NeedsError(said.reason or "", need, sentence)
    if said.reason == "other" and said.note_length < OTHER_NEEDS:
        raise NeedsError("other", "note", f"a note of at least {OTHER_NEEDS} characters", OTHER_NEEDS)
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


def denied_now(ctx: Context, said: Said) -> dict[str, datetime]:
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


def move(said: Said, transition: str, to: State, sets: dict[str, object], **data: object) -> Move:
    return Move(transition, to, said.actor, said.reason, said.actor_id, sets, data)
