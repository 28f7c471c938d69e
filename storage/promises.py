"""What became of the promises about sales-ready leads: by salesperson, and by name each lead that nobody has tried to
reach, with who let it pass and which clock. It is read from what was recorded; nothing of it can be made better later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from math import ceil
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, exists, func, select

from domain.calendar import Window
from domain.intervals import Rate
from domain.phrases import parse_hours
from domain.release import Release
from storage import tables as t
from storage.archive import Archive, Tx

RIPE = timedelta(days=14)
"""A sales-ready lead counts as never tried after so long."""
BY_CLOCK = frozenset({"T15", "T17", "T19"})
ENDS = {
    "T14": "rejected", "T15": "rejected", "T16": "rejected", "T21": "returned", "T21b": "returned",
    "T23": "disqualified", "T39": "erased", "T40": "corrected", "T41": "withdrawn", "T43": "given to somebody else",
    "T44": "taken back by whoever decided it",
}  # fmt: skip
LET_PASS, HAS_IT, LATE, HELD_BACK, ON_DESK = "let it pass", "has it", "has it, late", "held back", "on the desk"
WAITS, WAITS_LATE, UNTAKEN = "waits", "waits, late", "nobody took it"
"""The same of a queue."""
REJECTED = frozenset({"T14", "T15", "T16", "T21b"})
MINUTE = timedelta(minutes=1)
Found = Row[Any]  # Any: columns of many types


@dataclass(frozen=True)
class Hand:
    """Whose turn it was with a lead, which promise ran, and how that ended. `minutes` are working ones, in the hours of
    whoever it was; `rep` is None while it waited in the queue of `team`, and while it was held back: then `reason` says
    why nobody could take it."""

    rep: str | None
    clock: str
    from_at: datetime
    until_at: datetime
    became: str
    reason: str | None
    minutes: float
    team: str | None = None

    @property
    def is_broken(self) -> bool:
        return self.became in (LET_PASS, LATE, UNTAKEN, WAITS_LATE)

    @property
    def wall_minutes(self) -> float:
        return round((self.until_at - self.from_at) / MINUTE, 1)


@dataclass(frozen=True)
class Untried:
    """A stretch with sales in which nobody tried to reach the lead. `days` are the team's business days, until it
    ended or until now; `reason` is the one it ended with."""

    lead_id: UUID
    handoff_id: UUID
    ready_at: datetime
    closed_at: datetime | None
    state: str
    owner: str | None
    reason: str | None
    days: float
    hands: tuple[Hand, ...]


@dataclass(frozen=True)
class Kept:
    """What one salesperson did with what was offered. Minutes are working ones from the offer to the first attempt;
    an offer without one is in no minutes, and still in `offered`."""

    rep: str
    offered: int
    accepted: int
    tried: int
    rejected: int
    let_pass: int
    median_minutes: float | None
    p95_minutes: float | None


def never_tried(tx: Tx, now: datetime, since: datetime) -> Rate:
    """Of the leads that became sales-ready since then and at least 14 days ago, held-back ones too: never tried."""
    c = t.handoffs.c
    old = (c.opened_at >= since, c.opened_at <= now - RIPE)
    hits = tx.execute(select(func.count()).where(*old, ~_tried())).scalar_one()
    return Rate(hits, tx.execute(select(func.count()).where(*old)).scalar_one())


def untried(tx: Tx, archive: Archive, since: datetime, limit: int, *, is_open: bool | None = None) -> list[Untried]:
    """The oldest first."""
    c, lead = t.handoffs.c, t.leads.c
    query = select(t.handoffs, lead.state, lead.owner, lead.team, lead.clock_name, lead.clock_due_at, lead.is_on_desk)
    query = query.join(t.leads, lead.id == c.lead_id).where(c.opened_at >= since, ~_tried())
    if is_open is not None:
        query = query.where(c.closed_at.is_(None) if is_open else c.closed_at.is_not(None))
    rows = tx.execute(query.order_by(c.opened_at, c.id).limit(limit)).all()
    release, now = archive.live(tx), archive.clock.now()
    offers, told = _offers(tx, [row.id for row in rows]), _told(tx, [row.lead_id for row in rows])
    windows = _windows(tx, release)
    return [_of(row, offers[row.id], told[row.lead_id], windows, now) for row in rows]


def kept(tx: Tx, archive: Archive, since: datetime) -> list[Kept]:
    """Of all that was offered since then, by salesperson; what waits in a queue, or was taken from it by a clock, was
    offered to nobody."""
    o, a, log = t.offers.c, t.attempts.c, t.log.c
    first = select(func.min(a.at)).where(a.offer_id == o.id).scalar_subquery()  # of these offers alone, by its index
    by_clock = exists().where(
        log.lead_id == o.lead_id,
        log.at == o.closed_at,
        log.transition == o.outcome,
        log.actor == "SYS",
        o.outcome.in_(BY_CLOCK),
    )
    query = select(o.rep, o.offered_at, o.accepted_at, o.outcome, first.label("at"), by_clock.label("by_clock"))
    query = query.where(o.offered_at >= since, o.team.is_(None))
    by_rep: dict[str, list[Found]] = defaultdict(list)
    for row in tx.execute(query):
        by_rep[row.rep].append(row)
    windows = _windows(tx, archive.live(tx))
    return [_kept(rep, rows, windows[rep]) for rep, rows in sorted(by_rep.items())]


def _tried() -> ColumnElement[bool]:
    c, o, a = t.handoffs.c, t.offers.c, t.attempts.c
    return exists().where(o.handoff_id == c.id, a.offer_id == o.id)


def _offers(tx: Tx, handoff_ids: Sequence[UUID]) -> Mapping[UUID, list[Found]]:
    c = t.offers.c
    found: dict[UUID, list[Found]] = defaultdict(list)
    for row in tx.execute(select(t.offers).where(c.handoff_id.in_(handoff_ids)).order_by(c.number)):
        found[row.handoff_id].append(row)
    return found


def _told(tx: Tx, lead_ids: Sequence[UUID]) -> Mapping[UUID, list[Found]]:
    """What clocks, the router and whoever asked the queue did with them."""
    c = t.log.c
    wanted = c.transition.in_(BY_CLOCK) | c.kind.in_(("routing", "queue"))
    query: Select[Any] = select(t.log).where(c.lead_id.in_(lead_ids), wanted).order_by(c.id)
    found: dict[UUID, list[Found]] = defaultdict(list)
    for row in tx.execute(query):
        found[row.lead_id].append(row)
    return found


def _windows(tx: Tx, release: Release) -> Mapping[str, Window]:
    """The working hours of each: their own, else the team's."""
    levels, defaults = release.service_levels, release.defaults
    team = Window(levels.hours, defaults.time_zone, defaults.country)
    found: dict[str, Window] = defaultdict(lambda: team)
    for row in tx.execute(select(t.reps)):
        hours = parse_hours(row.hours) if row.hours else levels.hours
        found[row.id] = Window(hours, row.zone or defaults.time_zone, row.holidays or defaults.country)
    return found


def _minutes(window: Window, start: datetime, end: datetime) -> float:
    return round(window.between(start, end) / MINUTE, 1)


def _of(
    row: Found, offers: Sequence[Found], told: Sequence[Found], windows: Mapping[str, Window], now: datetime
) -> Untried:
    end = row.closed_at or now
    told = [one for one in told if row.opened_at <= one.at <= end]
    hands, at = list[Hand](), row.opened_at
    for offer in offers:
        hands += _between(at, offer.offered_at, told, windows)
        hands += _held(row, offer, told, windows, now)
        at = offer.closed_at or now
    hands += _between(at, end, told, windows, row.owner if row.is_on_desk else None)
    team = windows[""]
    days = team.between(row.opened_at, end) / team.day_length()
    reason = row.reason if row.closed_at else None
    return Untried(
        row.lead_id, row.id, row.opened_at, row.closed_at, row.state, row.owner, reason, round(days, 2), tuple(hands)
    )


def _held(row: Found, offer: Found, told: Sequence[Found], windows: Mapping[str, Window], now: datetime) -> list[Hand]:
    """One offer, and whoever had it in front of them while it waited in a queue."""
    end, clock = offer.closed_at or now, "first_attempt" if offer.accepted_at else "accept"
    claims = [one for one in told if one.kind == "queue" and offer.offered_at <= one.at <= end]
    hands = [
        _claim(one, after, end, windows)
        for one, after in zip_longest(claims, claims[1:])
        if one.data.get("is") == "claimed"
    ]
    is_late = row.clock_due_at and row.clock_due_at < now
    if offer.closed_at is None:
        became, reason = ((WAITS_LATE if offer.team else LATE) if is_late else WAITS if offer.team else HAS_IT), None
    elif any(one.at == offer.closed_at and one.transition == offer.outcome and one.actor == "SYS" for one in told):
        became, reason = (UNTAKEN if offer.team else LET_PASS), None
    else:
        became, reason = ENDS.get(offer.outcome, offer.outcome), offer.reason
    rep = None if offer.team else offer.rep
    minutes = _minutes(windows[rep or ""], offer.offered_at, end)
    return [*hands, Hand(rep, clock, offer.offered_at, end, became, reason, minutes, offer.team)]


def _claim(claim: Found, after: Found | None, end: datetime, windows: Mapping[str, Window]) -> Hand:
    """From the queue in front of somebody: until they said something, or the claim ran out."""
    ran_out = datetime.fromisoformat(claim.data["until"])
    is_said = after is not None and after.actor_id == claim.actor_id and after.data["is"] in ("skipped", "released")
    until = after.at if is_said and after is not None else min(ran_out, end)
    became = str(after.data["is"]) if is_said and after is not None else "had it in front of them"
    reason = after.reason if is_said and after is not None else None
    minutes = _minutes(windows[claim.actor_id], claim.at, until)
    return Hand(claim.actor_id, "accept", claim.at, until, became, reason, minutes)


def _between(
    start: datetime, end: datetime, told: Sequence[Found], windows: Mapping[str, Window], manager: str | None = None
) -> list[Hand]:
    """Nobody had it: it was held back, because of what the router last said of everybody, or on the manager's desk."""
    if end - start < MINUTE:
        return []
    inside = [one for one in told if start <= one.at <= end]
    minutes = _minutes(windows[""], start, end)
    if manager or any(one.transition == "T17" for one in inside):
        return [Hand(manager, "desk", start, end, ON_DESK, None, minutes)]
    refused = next((one.data.get("passed_over", ()) for one in reversed(inside) if one.kind == "routing"), ())
    why = "; ".join(f"{rep}: {why}" for rep, why in refused) or None
    return [Hand(None, "routed", start, end, HELD_BACK, why, minutes)]


def _kept(rep: str, rows: Sequence[Found], window: Window) -> Kept:
    took = sorted(_minutes(window, row.offered_at, row.at) for row in rows if row.at)
    return Kept(
        rep,
        len(rows),
        sum(row.accepted_at is not None for row in rows),
        len(took),
        sum(row.outcome in REJECTED and not row.by_clock for row in rows),
        sum(bool(row.by_clock) for row in rows),
        _part(took, 0.5),
        _part(took, 0.95),
    )


def _part(ordered: Sequence[float], share: float) -> float | None:
    """The smallest value that so large a share of all is not above."""
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None
