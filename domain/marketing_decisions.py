"""What marketing and operations decide about a lead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from domain import recycling
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.lead import State
from domain.said import (
    Said,
    move,
)
from domain.steps import Move
from domain.waiting import ready_move


def _promote(ctx: Context, said: Said) -> tuple[Move, ...]:
    if not said.note_length:
        raise InvalidError("say why this lead is ready although the definition is not met: note", "note")
    move = ready_move(ctx, "T08", recycling.OVERRIDE, ctx.verdict, said.actor)
    return (replace(move, actor_id=said.actor_id),)


def _enrol(ctx: Context, said: Said) -> tuple[Move, ...]:
    track = ctx.release.tracks.get(said.track or "")
    if track is None or track.id not in ctx.release.approved or track.is_support:
        names = ", ".join(sorted(ctx.release.nurturing)) or "none is approved yet"
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
    return (move(said, "T38", State.INQUIRY, sets),)


def _withdraw(ctx: Context, said: Said) -> tuple[Move, ...]:
    if ctx.lead.is_on_desk and said.actor not in ("MGR", "OPS"):
        raise RefusedError("it is on the manager's desk; only the manager sends it back", ["assign"])
    return (move(said, "T41", State.NURTURING, {"stage_entered_at": ctx.now}),)


ENROLS = {State.INQUIRY: "T05", State.RECYCLED: "T33", State.DORMANT: "T36", State.WON: "T32"}


COMMANDS: Mapping[str, Callable[[Context, Said], tuple[Move, ...]]] = {
    "promote": _promote,
    "enrol": _enrol,
    "reopen": _reopen,
    "withdraw": _withdraw,
}
