"""`decide`: what a lead needs next, when, and why - for its whole life, as one pure function.

The worker, the examples, the simulator, the plan and the back-test call it with the same arguments and get the
same answer. It reads no clock and no archive. Transitions nobody triggers (`moves`) are taken on the way, in
order; the activity that decides records them in its own transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from domain import lifecycle, recycling
from domain.context import Context, system
from domain.lead import Facts, State
from domain.nurturing import dormant, nurturing, recycled
from domain.release import Release
from domain.selling import lost, sales_ready, with_sales, won
from domain.steps import Move, Step
from domain.view import excluded_by
from domain.waiting import ended, no_track, to_sales_if_ready, waiting_for_a_person

MOST_MOVES = 12


def decide(facts: Facts, release: Release, now: datetime) -> Step:
    """The next step of this lead as of `now` (aware UTC). Its `moves` have yet to be recorded.

    Raises AssertionError when the rules lead in a circle: a bug, to be seen and fixed.
    """
    ctx = Context(facts, release, now)
    moves: list[Move] = []
    for _ in range(MOST_MOVES + sum(len(track.stages) for track in release.tracks.values())):
        found = BY_STATE[ctx.lead.state](ctx)
        if isinstance(found, Step):
            return replace(found, moves=tuple(moves))
        moves.append(found)
        ctx = ctx.with_lead(lifecycle.apply(ctx.lead, found, now))
    raise AssertionError(f"lead {facts.lead.id} goes in a circle: {[m.transition for m in moves]}")


def _new(ctx: Context) -> Step | Move:
    if rule := excluded_by(ctx.view, ctx.release):
        sets: dict[str, object] = {}
        return system("T03", State.DISQUALIFIED, rule, sets, rule=rule, release=ctx.release.hash)
    return system("T04", State.INQUIRY, "valid", {})


def _inquiry(ctx: Context) -> Step | Move:
    if ready := to_sales_if_ready(ctx, "T06"):
        return ready
    if track := recycling.choose_track(ctx):
        return recycling.to_nurturing(ctx, "T05", track, track.first_stage, f"matches {track.id}")
    return waiting_for_a_person(ctx) or no_track(ctx)


BY_STATE: dict[State, Callable[[Context], Step | Move]] = {
    State.NEW: _new,
    State.INQUIRY: _inquiry,
    State.NURTURING: nurturing,
    State.SALES_READY: sales_ready,
    State.HANDED_OFF: with_sales,
    State.ACCEPTED: with_sales,
    State.WORKING: with_sales,
    State.QUALIFIED: with_sales,
    State.OPPORTUNITY: with_sales,
    State.PROPOSAL: with_sales,
    State.WON: won,
    State.LOST: lost,
    State.RECYCLED: recycled,
    State.DORMANT: dormant,
    State.DISQUALIFIED: ended,
    State.MERGED: ended,
    State.ERASED: ended,
}
