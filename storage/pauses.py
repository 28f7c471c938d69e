"""Standing still for more than one lead: a track, a company, a list, or everything - always until a stated instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import RowMapping, bindparam, delete, or_, select

from domain.errors import InvalidError, MissingError
from domain.lead import Held, Lead
from storage import tables as t
from storage import wakes
from storage.archive import Archive, Tx, insert_once

LONGEST = timedelta(days=730)
EVERYTHING = "everything"
KINDS = {"track": ("track", "support"), "company": ("company",), "list": ("origin",)}
"""What a scope like `track:dock-waiting` names, and the lead's columns that say so."""
HELD = (
    select(t.pauses.c.until, t.pauses.c.scope)
    .where(t.pauses.c.scope.in_(bindparam("scopes", expanding=True)))
    .order_by(t.pauses.c.until.desc())
    .limit(1)
)


def held(tx: Tx, lead: Lead, origin: str) -> Held | None:
    """The longest pause this lead stands under; one that is over counts no more than none."""
    row = tx.execute(HELD, {"scopes": _over(lead, origin)}).first()
    return Held(row.until, row.scope) if row else None


def _over(lead: Lead, origin: str) -> list[str]:
    named = (("track", lead.support or lead.track), ("company", lead.company), ("list", origin))
    return [EVERYTHING, *(f"{kind}:{name}" for kind, name in named if name)]


def of_all(tx: Tx) -> dict[str, Held]:
    """Every pause by its scope, for whoever looks at many leads."""
    return {row.scope: Held(row.until, row.scope) for row in tx.execute(select(t.pauses.c.until, t.pauses.c.scope))}


def held_by(every: Mapping[str, Held], lead: Lead, origin: str) -> Held | None:
    """The same from those loaded before."""
    found = [every[scope] for scope in _over(lead, origin) if scope in every]
    return max(found, key=lambda each: each.until, default=None)


def begin(tx: Tx, archive: Archive, scope: str, until: datetime, by: str, note: str) -> datetime:
    """From now on, or longer or shorter than before. Returns the instant it began.

    No lead has to be woken: what is due is decided again before it is done.
    """
    _known(tx, archive, scope)
    now = archive.clock.now()
    if not now < until <= now + LONGEST:
        raise InvalidError("until must be a day within the next two years", "until")
    row = {"scope": scope, "until": until, "by": by, "at": now, "note": note[:255]}
    query = insert_once(tx, t.pauses).values(row)
    tx.execute(query.on_conflict_do_update(index_elements=["scope"], set_=row))
    return now


def _known(tx: Tx, archive: Archive, scope: str) -> None:
    kind, colon, name = scope.partition(":")
    if scope == EVERYTHING or (colon and name and kind in ("company", "list")):
        return
    tracks = archive.live(tx).tracks
    if kind == "track" and name in tracks:
        return
    raise InvalidError(
        f"{scope} cannot be paused; write everything, company:<domain>, list:<origin of the leads>,"
        f" or track:<one of {', '.join(tracks)}>",
        "scope",
    )


def end(tx: Tx, archive: Archive, scope: str) -> int:
    """Before its time: everybody who waited for it looks again. Returns how many. Raises MissingError."""
    c = t.pauses.c
    if tx.execute(delete(t.pauses).where(c.scope == scope).returning(c.scope)).scalar() is None:
        names = ", ".join(row["scope"] for row in listed(tx, archive.clock.now())) or "nothing"
        raise MissingError(f"{scope} is not paused; paused is {names}")
    kind, _, name = scope.partition(":")
    wanted = [] if scope == EVERYTHING else [or_(*(t.leads.c[column] == name for column in KINDS[kind]))]
    return wakes.wake_where(tx, f"resumed {scope}"[:64], *wanted)


def listed(tx: Tx, now: datetime) -> Sequence[RowMapping]:
    """What stands still now, with until when, by whom and why."""
    c = t.pauses.c
    return tx.execute(select(t.pauses).where(c.until > now).order_by(c.until)).mappings().all()
