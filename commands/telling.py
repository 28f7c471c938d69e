"""Figures of a story that is going on or over, read from the archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from statistics import median
from typing import Any

from sqlalchemy import and_, func, or_, select

from api.web.words import day
from domain.lead import State
from domain.release import Release
from storage import tables as t
from storage.archive import Archive, Tx

Row = Mapping[str, Any]  # Any: column values
READY = ("T06", "T08", "T34", "T36b")
FUNNEL: Mapping[str, tuple[str, ...]] = {
    "nurtured": ("T05", "T33", "T36"),
    "sales-ready": READY,
    "accepted by sales": ("T13",),
    "qualified": ("T20",),
    "opportunities": ("T24",),
    "won": ("T26",),
    "came back": ("T21", "T21b", "T22", "T28", "T30"),
}


@dataclass(frozen=True)
class Figures:
    at: datetime
    states: Mapping[str, int] = field(default_factory=dict)
    touches: Mapping[str, int] = field(default_factory=dict)
    kept: int = 0
    broken: int = 0


def figures(archive: Archive) -> Figures:
    with archive.reading() as tx:
        c = t.leads.c
        counted: dict[str, int] = dict(tx.execute(select(c.state, func.count()).group_by(c.state)).all())
        states: dict[str, int] = {str(state): counted[state] for state in State if state in counted}
        return Figures(archive.clock.now(), states, _touches(tx), *_promises(tx))


def _touches(tx: Tx) -> dict[str, int]:
    c = t.ledger.c
    rows = tx.execute(select(c.status, func.count(), func.count(c.engaged_at)).group_by(c.status)).all()
    counts = {row[0]: row[1] for row in rows}
    return {
        "delivered": counts.get("sent", 0),
        "engaged": sum(row[2] for row in rows),
        "scheduled": counts.get("claimed", 0) + counts.get("deferred", 0),
        "not given": counts.get("failed", 0),
        "uncertain": counts.get("uncertain", 0),
    }


def _promises(tx: Tx) -> tuple[int, int]:
    """Kept: done before its clock ran out. Broken: its clock ran out, whatever came of it later."""
    c = t.log.c
    is_first = and_(c.kind == "transition", c.transition.in_(("T13", "T18")), c.data["kept"].as_boolean())
    is_late = or_(c.kind == "breach", and_(c.kind == "task", c.data["is"].as_string() == "escalate"))
    kept, late = (select(func.count()).select_from(t.log).where(each) for each in (is_first, is_late))
    return tx.execute(kept).scalar_one(), tx.execute(late).scalar_one()


def funnel(archive: Archive) -> dict[str, int]:
    """How many leads ever got so far."""
    with archive.reading() as tx:
        c = t.log.c
        rows = tx.execute(select(c.lead_id, c.transition, c.cycle).where(c.transition.is_not(None))).all()
        total = tx.execute(select(func.count()).select_from(t.leads)).scalar_one()
    found = {name: len({r.lead_id for r in rows if r.transition in ids}) for name, ids in FUNNEL.items()}
    again = {r.lead_id for r in rows if r.transition in READY and r.cycle > 1}
    return {"enrolled": total, **found, "sales-ready again": len(again)}


def story(archive: Archive) -> list[tuple[str, ...]]:
    """What happened to whom, to the minute and in an order of its own: the same for the same seed, whatever was done
    side by side came first."""
    c = t.log.c
    columns = (c.lead_id, c.at, c.kind, c.transition, c.data["touch"].as_string(), c.actor_id, c.reason)
    with archive.reading() as tx:
        rows = tx.execute(select(*columns).where(c.kind != "verdict")).all()
    return sorted((f"{row[0]}", f"{row[1]:%Y-%m-%d %H:%M}", *(str(one or "") for one in row[2:])) for row in rows)


def digest(archive: Archive) -> str:
    return sha256(repr(story(archive)).encode()).hexdigest()[:10]


RATIOS: Mapping[str, tuple[str, str]] = {
    "accepted of sales-ready": ("accepted by sales", "sales-ready"),
    "qualified of accepted": ("qualified", "accepted by sales"),
    "won of opportunities": ("won", "opportunities"),
}


def ratios(funnel: Mapping[str, int]) -> dict[str, str]:
    return {
        name: f"{funnel[part]} of {funnel[whole]}, {round(100 * funnel[part] / funnel[whole])} %"
        for name, (part, whole) in RATIOS.items()
        if funnel[whole]
    }


def touches_to_ready(archive: Archive) -> list[int]:
    """Touches delivered before each lead became sales-ready for the first time."""
    c, x = t.log.c, t.ledger.c
    with archive.reading() as tx:
        ready = select(c.lead_id, func.min(c.at).label("at")).where(c.to_state == "SALES_READY").group_by(c.lead_id)
        first = dict(tx.execute(ready).all())
        given = tx.execute(select(x.lead_id, x.ended_at).where(x.status == "sent")).all()
    return [sum(1 for row in given if row.lead_id == id and row.ended_at <= at) for id, at in first.items()]


def in_words(counts: list[int]) -> str:
    if not counts:
        return "nobody was ready yet"
    return f"{median(counts):g} in the middle, {min(counts)} to {max(counts)}"


def leads(archive: Archive) -> list[Row]:
    """One row per lead: where it stands, what it was given, who has it, its step, and the transitions it took."""
    c, x = t.leads.c, t.ledger.c
    given = (
        select(x.lead_id, func.count().label("delivered"), func.count(x.engaged_at).label("engaged"))
        .where(x.status == "sent")
        .group_by(x.lead_id)
        .subquery()
    )
    columns = (
        c.id, c.state, c.cycle, c.owner, c.step, c.track, c.return_reason, c.has_opted_out, c.has_bounced, c.sunset_at,
        given.c.delivered, given.c.engaged,
    )  # fmt: skip
    query = select(*columns).join(given, given.c.lead_id == c.id, isouter=True).order_by(c.created_at, c.id)
    with archive.reading() as tx:
        courses = _courses(tx)
        nothing: Mapping[str, list[str]] = {"took": [], "again": [], "beside": []}
        return [{**row, **nothing, **courses.get(row["id"], {})} for row in tx.execute(query).mappings()]


def _courses(tx: Tx) -> dict[object, dict[str, list[str]]]:
    """By lead: the transitions it took, those after the first cycle, and what else was said of it."""
    c, found = t.log.c, dict[object, dict[str, list[str]]]()
    wanted = or_(c.transition.is_not(None), c.kind.in_(TOLD_BESIDE))
    for row in tx.execute(select(c.lead_id, c.transition, c.cycle, c.kind, c.data).where(wanted).order_by(c.id)):
        course = found.setdefault(row.lead_id, {"took": [], "again": [], "beside": []})
        if row.transition is None:
            course["beside"] += [row.kind, *row.data]
            continue
        course["took"].append(row.transition)
        if row.cycle > 1:
            course["again"].append(row.transition)
    return found


LATE, LONG = 6, "keep-in-touch"
"""Touches delivered until somebody is called late, and the track of those who need as long as it takes."""
TOLD_BESIDE = ("merged", "referral")
WORTH_A_LOOK: Mapping[str, Callable[[Row], bool]] = {
    "won in the second cycle": lambda row: "T26" in row["again"],
    "on the manager's desk, and won all the same": lambda row: "T17" in row["took"] and "T26" in row["took"],
    "nobody took it: rescued from the manager's desk": lambda row: "T17" in row["took"] and "T13" in row["took"],
    "the wrong person, who named the right one": lambda row: "named" in row["beside"],
    "named by a colleague, and ready": lambda row: "named_by" in row["beside"] and bool({*row["took"]} & {*READY}),
    "rejected by sales, and nurtured on": lambda row: "T14" in row["took"],
    "given back by sales": lambda row: bool({*row["took"]} & {"T21", "T21b", "T28"}),
    "ready late": lambda row: (row["delivered"] or 0) >= LATE and "T08" in row["took"],
    "raised a hand: with sales at once": lambda row: "T06" in row["took"] and "T11" in row["took"],
    "told us twice who they are: two leads, merged": lambda row: "merged" in row["beside"],
    "silent, and hears from us every three weeks": lambda row: row["track"] == LONG and not row["engaged"],
    "unsubscribed": lambda row: bool(row["has_opted_out"]),
    "the address is gone": lambda row: bool(row["has_bounced"]),
}
"""Which story is worth reading, and why; the first of each."""


def worth_a_look(rows: Sequence[Row]) -> dict[str, Row]:
    """For each path the first lead that went it, and no lead twice."""
    found: dict[str, Row] = {}
    for why, is_it in WORTH_A_LOOK.items():
        shown = [row["id"] for row in found.values()]
        lead = next((row for row in rows if is_it(row) and row["id"] not in shown), None)
        if lead:
            found[why] = lead
    return found


def why(row: Row, release: Release) -> str:
    """One line: how far it came, and what decides where it stands now."""
    came = _course(row["took"])
    return f"{came}; {_now(row, release)}" if came else _now(row, release)


def _course(took: Sequence[str]) -> str:
    found = []
    for what, ids in COURSE.items():
        times = sum(1 for transition in took if transition in ids)
        if times:
            found.append(what if times == 1 else f"{what} {TIMES.get(times, f'{times} times')}")
    return ", ".join(found)


def _now(row: Row, release: Release) -> str:
    if row["state"] in ("DISQUALIFIED", "WON"):
        return "excluded" if row["state"] == "DISQUALIFIED" else "won"
    if row["state"] not in IN_HANDS and (row["has_opted_out"] or row["has_bounced"]):
        return "unsubscribed" if row["has_opted_out"] else "the address is gone"
    if row["state"] == "DORMANT":
        return "sunset: no sign of life" if row["sunset_at"] else "has had all that fits"
    if row["state"] == "RECYCLED":
        reason = release.reasons.recycle.get(row["return_reason"] or "")
        return f"rests: {reason.say[:1].lower()}{reason.say[1:]}" if reason else "rests"
    if row["track"] is None and row["state"] not in IN_HANDS:
        return "no track fits"
    step = row["step"] or {}
    return waiting(step.get("reason", "nobody has looked yet"), step.get("due_at"))


def waiting(reason: str, due_at: str | None) -> str:
    """A reason that ends in `until` leaves its day (UTC) to whoever tells it."""
    return f"{reason} {day(due_at)}" if due_at and reason.endswith(" until") else reason


TIMES = {2: "twice"}
IN_HANDS = ("SALES_READY", "HANDED_OFF", "ACCEPTED", "WORKING", "QUALIFIED", "OPPORTUNITY", "PROPOSAL")
COURSE: Mapping[str, tuple[str, ...]] = {
    "ready": READY,
    "rejected": ("T14", "T16"),
    "qualified": ("T20",),
    "lost": ("T27",),
    "came back": ("T21", "T21b", "T22", "T28", "T30"),
}
