"""What a return would mean for a lead, told to a salesperson before they send it. The rules are recycling's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain import lifecycle, nurturing, recycling, sales_decisions
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.lead import State
from domain.said import Said, unknown_reason
from domain.steps import Move

Rests = Literal["too_often", "nothing_sent", "nothing_left"]


@dataclass(frozen=True)
class Outlook:
    """`until` is when mails may start again, `ready_from` when sales may see the lead again unless they raise a hand,
    `to` the salesperson who gets it back first; None is whoever's turn it is. Where the lead is to rest instead
    (DORMANT), `rests` says why, and there is no such day, track or person.
    """

    until: datetime | None
    ready_from: datetime | None
    track: str | None
    stage: str | None
    stage_why: str | None
    to: str | None
    wakes: tuple[str, ...]
    rests: Rests | None


def outlook(ctx: Context, reason: str, resume_on: datetime | None = None, stage: str | None = None) -> Outlook:
    """Raises RefusedError for a lead that nobody can give back, InvalidError for a reason that is not on, or a past
    date."""
    options = lifecycle.legal(ctx.lead.state)
    if "recycle" not in options:
        raise RefusedError(
            f"a lead that is {ctx.lead.state} is not with sales; possible now: {', '.join(options)}", options
        )
    known = ctx.release.reasons.recycle.get(reason)
    if known is None or not known.on:
        raise unknown_reason("recycle", reason, ctx.release.reasons.recycle)
    if resume_on is not None and resume_on <= ctx.now:
        raise InvalidError("resume_on must be a day to come", "resume_on")
    until = recycling.cool_until(ctx, reason, resume_on)
    returned = _returned(
        ctx, Said("recycle", "REP", ctx.holder or ctx.lead.returned_by or "", reason, resume_on=resume_on, stage=stage)
    )
    rule = recycling.rule_for(ctx, reason)
    wakes = tuple(n for n in ctx.release.events if n in {*rule.wake_up, *ctx.release.hand_raises})
    then = Context(returned.facts, ctx.release, until)
    if rests := _rests(returned) or _rests(then):
        return Outlook(None, None, None, None, None, None, wakes, rests)
    track = recycling.track_for_return(then)
    entry, why = recycling.entry_stage(then, track) if track else (None, "no track has anything left for them")
    to = then.lead.returned_by if rule.back_to_rep else None
    ready_from = max(until, ctx.now + ctx.release.recycling.rest_before_next_handoff)
    return Outlook(until, ready_from, track.id if track else None, entry, why, to, wakes, None)


def _returned(ctx: Context, said: Said) -> Context:
    """The lead as the decision itself would leave it."""
    return ctx.with_lead(lifecycle.apply(ctx.lead, sales_decisions.return_move(ctx, said), ctx.now))


def _rests(ctx: Context) -> Rests | None:
    """Whether it would be left to rest at this moment, by the rules that decide it then."""
    then = nurturing.recycled(ctx)
    if not isinstance(then, Move) or then.to != State.DORMANT:
        return None
    if recycling.has_circled_enough(ctx):
        return "too_often"
    return "nothing_sent" if recycling.gets_nothing(ctx) else "nothing_left"
