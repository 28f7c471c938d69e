"""What was tried against what: the variants of a touch, and a track against those held out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, exists, func, select

from domain.intervals import Rate
from domain.lead import State, Status
from storage import tables as t
from storage.archive import Tx

ENTRIES = ("T05", "T07", "T32", "T33", "T36")
"""Transitions that bring a lead on a track; their log row says which, and whether it is held out."""


@dataclass(frozen=True)
class Tried:
    """One variant of a touch, and how many of those who got it did something with it."""

    touch: str
    variant: str
    engaged: Rate


@dataclass(frozen=True)
class Arm:
    """The leads that came on a track and got it, or were held out, and how many became ready in that cycle."""

    track: str
    is_held_out: bool
    ready: Rate


def variants(tx: Tx, touch: str | None = None) -> Sequence[Tried]:
    """Only what was delivered counts; an open is no engagement."""
    c = t.ledger.c
    query = select(c.touch, c.variant, func.count(), func.count(c.engaged_at)).group_by(c.touch, c.variant)
    query = query.where(c.variant.is_not(None), c.status == Status.SENT.value).order_by(c.touch, c.variant)
    rows = tx.execute(query.where(c.touch == touch) if touch else query)
    return [Tried(row[0], row[1], Rate(row[3], row[2])) for row in rows]


def hold_outs(tx: Tx, until: datetime) -> Mapping[str, tuple[Arm, Arm]]:
    """By track: those who got it, and those held out, of all who came on it until then. Tracks without any are left
    out. Both were drawn by lot, so whatever else happened happened to both."""
    e, r = t.log.c, t.log.alias().c
    later = (r.lead_id == e.lead_id, r.id > e.id, r.cycle == e.cycle, r.to_state == State.SALES_READY.value)
    track, held_out = e.data["track"].as_string(), e.data["held_out"].as_boolean()
    entries = select(track.label("track"), held_out.label("held_out"), exists().where(*later).label("ready"))
    found = entries.where(e.kind == "transition", e.transition.in_(ENTRIES), e.at <= until, held_out.is_not(None))
    x = found.subquery().c
    query = select(x.track, x.held_out, func.count(), func.sum(case((x.ready, 1), else_=0)))
    rows = tx.execute(query.where(x.track.is_not(None)).group_by(x.track, x.held_out))
    arms = {(row[0], bool(row[1])): Arm(row[0], bool(row[1]), Rate(int(row[3]), row[2])) for row in rows}
    names = sorted(name for name, is_held_out in arms if is_held_out)
    return {name: (arms.get((name, False), Arm(name, False, Rate(0, 0))), arms[name, True]) for name in names}
