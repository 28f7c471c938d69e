"""What a return would mean for a lead, told to a salesperson before they send it. The rules are recycling's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from domain import lifecycle, recycling
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.lead import IN_SALES, State
from domain.said import unknown_reason


@dataclass(frozen=True)
class Outlook:
    """`until` is when mails may start again, `ready_from` when sales may see the lead again unless they raise a hand,
    `to` the salesperson who gets it back first; None is whoever's turn it is.
    """

    until: datetime
    ready_from: datetime
    track: str | None
    stage: str | None
    stage_why: str
    to: str | None
    wakes: tuple[str, ...]
    rests_for_good: bool


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
    then = _then(ctx, reason, stage, until)
    track = recycling.track_for_return(then)
    entry, why = recycling.entry_stage(then, track) if track else (None, "no track has anything left for them")
    rule = recycling.rule_for(ctx, reason)
    wakes = tuple(n for n in ctx.release.events if n in {*rule.wake_up, *ctx.release.hand_raises})
    rest = ctx.release.recycling.rest_before_next_handoff
    to = then.lead.returned_by if rule.back_to_rep else None
    is_over = recycling.has_circled_enough(then)
    ready_from = max(until, ctx.now + rest)
    return Outlook(until, ready_from, track.id if track else None, entry, why, to, wakes, is_over)


def _then(ctx: Context, reason: str, stage: str | None, until: datetime) -> Context:
    """The lead as it would be when its cool-down is over."""
    lead = ctx.lead
    by = lead.owner if lead.state in IN_SALES else lead.returned_by
    returned = replace(
        lead,
        state=State.RECYCLED,
        state_entered_at=ctx.now,
        return_reason=reason,
        returned_at=ctx.now,
        returned_by=by,
        recycled_at=(*lead.recycled_at, ctx.now),
        left_stage_at_handoff=stage or lead.left_stage_at_handoff,
        owner=None,
        clock=None,
    )
    return Context(replace(ctx.facts, lead=returned), ctx.release, until)
