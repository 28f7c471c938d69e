"""Putting things right: one person twice, a request to be erased, a wrong state, a decision taken back.

Nothing here deletes history: each is a transition of its own, with who and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import datetime, timedelta

from domain import clocks
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.lead import IN_SALES, Clock, Lead, State
from domain.readiness import is_hot
from domain.said import Said, move
from domain.steps import Move

UNDO_WITHIN = timedelta(minutes=30)
CLOCKS = {
    State.SALES_READY: "routed",
    State.HANDED_OFF: "accept",
    State.ACCEPTED: "first_attempt",
    State.WORKING: "outcome",
    State.QUALIFIED: "opportunity",
    State.OPPORTUNITY: "sign",
    State.PROPOSAL: "sign",
}
"""The promise that runs in each state with sales."""
BY_HAND = frozenset(State) - {State.NEW, State.MERGED, State.ERASED}


def _merge(ctx: Context, said: Said) -> tuple[Move, ...]:
    lead, survivor = ctx.lead, said.survivor
    if survivor is None or survivor.id == lead.id:
        raise InvalidError("name the other lead, the one that stays: into", "into")
    if survivor.state in (State.MERGED, State.ERASED):
        raise RefusedError(f"{survivor.id} is {survivor.state} itself; merge into a lead that is there")
    if lead.state in IN_SALES and survivor.state not in IN_SALES:
        who = lead.owner
        raise RefusedError(f"this lead is with {who} ({lead.state}); merge the other one, {survivor.id}, into it")
    sets: dict[str, object] = {"merged_into": survivor.id, "paused_until": None, "cool_until": None, "recheck_at": None}
    return (move(said, "T02", State.MERGED, sets, into=str(survivor.id), rule=said.reason or "by hand"),)


def absorb(survivor: Lead, merged: Lead) -> Lead:
    """The lead that stays, with what the other one brings: the strictest flags, the whole past (T02)."""
    firsts = [at for at in (survivor.won_at, merged.won_at) if at]
    return replace(
        survivor,
        merged_from=(*survivor.merged_from, merged.id, *merged.merged_from),
        has_opted_out=survivor.has_opted_out or merged.has_opted_out,
        is_do_not_call=survivor.is_do_not_call or merged.is_do_not_call,
        company=survivor.company or merged.company,
        country=survivor.country or merged.country,
        won_at=min(firsts, default=None),
        denied={**merged.denied, **survivor.denied},
        answered=_newest(survivor.answered, merged.answered),
        recycled_at=tuple(sorted({*survivor.recycled_at, *merged.recycled_at})),
        tracks_done=tuple(dict.fromkeys((*survivor.tracks_done, *merged.tracks_done))),
    )


def _newest(a: Mapping[str, datetime], b: Mapping[str, datetime]) -> dict[str, datetime]:
    return {name: max(each[name] for each in (a, b) if name in each) for name in {*a, *b}}


def _erase(ctx: Context, said: Said) -> tuple[Move, ...]:
    """The request's number proves later why nothing is left; who asked was identified by whoever took it."""
    if not said.ticket:
        raise InvalidError("say by which request: ticket, the number under which it was checked and kept", "ticket")
    sets: dict[str, object] = {"company": None, "country": None, "time_zone": None, "paused_until": None}
    return (move(said, "T39", State.ERASED, {**sets, "has_opted_out": True}, ticket=said.ticket),)


def _correct(ctx: Context, said: Said) -> tuple[Move, ...]:
    """T40: to any state, by an admin, or by two of operations who ask for the same."""
    if said.to not in BY_HAND:
        raise InvalidError(f"name the state it should be in: to, one of {', '.join(sorted(BY_HAND))}", "to")
    if not said.note_length or not said.ticket:
        raise InvalidError("a correction needs a note with why and the ticket it belongs to", "note")
    target = State(said.to)
    sets: dict[str, object] = {"is_on_desk": False}
    if target in IN_SALES:
        sets |= _with_sales(ctx, target, said.rep)
    if target is State.NURTURING:
        sets |= {"stage_entered_at": ctx.now}
    if target in (State.RECYCLED, State.DORMANT):
        sets |= {"cool_until": ctx.now, "recheck_at": ctx.now + ctx.release.defaults.dormant_recheck, "sunset_at": None}
    seconded = {"seconded_by": said.seconded_by} if said.seconded_by else {}
    return (move(said, "T40", target, sets, ticket=said.ticket, **seconded),)


def _with_sales(ctx: Context, target: State, rep: str | None) -> dict[str, object]:
    owner = ctx.release.definition.signers.marketing
    if target is not State.SALES_READY:
        owner = rep or ctx.lead.owner or ""
        if owner not in ctx.release.people or ctx.release.person(owner).role not in ("sales", "manager"):
            raise InvalidError(f"name the salesperson who has a lead that is {target}: rep", "rep")
    return {"owner": owner, "clock": _clock(ctx, target), "ready_rule": ctx.lead.ready_rule or "correction"}


def _clock(ctx: Context, state: State) -> Clock:
    hot = is_hot(ctx.facts, ctx.release)
    return clocks.start(ctx.release.service_levels, CLOCKS[state], hot, ctx.now, ctx.sales_window)


def _bring(ctx: Context, said: Said) -> tuple[Move, ...]:
    """T42: what sales found itself needs no definition and no offer; the promise to work it runs all the same."""
    sets = {"owner": said.actor_id, "clock": _clock(ctx, State.ACCEPTED), "ready_rule": "sales_generated"}
    return (move(said, "T42", State.ACCEPTED, sets, origin="sales"),)


def _undo(ctx: Context, said: Said) -> tuple[Move, ...]:
    """T44, within half an hour and only while nobody outside has seen anything of it."""
    was = said.undoes
    if was is None:
        raise RefusedError("nobody has decided anything about this lead that could be taken back")
    if said.actor != "OPS" and was.actor_id != said.actor_id:
        raise RefusedError(f"the last decision is {was.actor_id}'s; whoever made it takes it back")
    if ctx.now - was.at > UNDO_WITHIN:
        raise RefusedError("the last decision is more than 30 minutes old; operations can correct the lead")
    if was.left_the_house:
        raise RefusedError(f"it cannot be taken back: {was.left_the_house}; operations can correct the lead")
    names = [f.name for f in fields(Lead) if f.name not in ("id", "seq", "state")]
    now = {name: getattr(ctx.lead, name) for name in names}
    sets = {name: getattr(was.before, name) for name in names if now[name] != getattr(was.before, name)}
    return (move(said, "T44", was.before.state, sets, undoes=was.log_id),)


COMMANDS: Mapping[str, Callable[[Context, Said], tuple[Move, ...]]] = {
    "merge": _merge,
    "erase": _erase,
    "correct": _correct,
    "bring": _bring,
    "undo": _undo,
}
