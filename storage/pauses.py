"""Standing still for more than one lead: a track, a company, a list, or everything - always until a stated instant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Delete,
    RowMapping,
    Update,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from domain.errors import InvalidError, MissingError
from domain.lead import Held, Lead
from storage import tables as t
from storage import team_changes, wakes
from storage.archive import Archive, Tx, insert_once, machine_now

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
    row = tx.execute(HELD, {"scopes": _over(lead.support or lead.track, lead.company, origin)}).first()
    return Held(row.until, row.scope) if row else None


def over(tx: Tx, lead_id: UUID, now: datetime) -> Sequence[RowMapping]:
    """Every pause of more than this lead that keeps a mail from it now, for who looks at it."""
    c = t.leads.c
    names = (c.support, c.track, c.company, c.origin)
    row = tx.execute(select(*names).where(c.id == lead_id, wakes.IS_WRITTEN_TO)).one_or_none()
    scopes = _over(row.support or row.track, row.company, row.origin) if row else ()
    return [pause for pause in listed(tx, now) if pause["scope"] in scopes] if scopes else ()


def _over(track: str | None, company: str | None, origin: str) -> list[str]:
    named = (("track", track), ("company", company), ("list", origin))
    return [EVERYTHING, *(f"{kind}:{name}" for kind, name in named if name)]


def of_all(tx: Tx) -> dict[str, Held]:
    """Every pause by its scope, for whoever looks at many leads."""
    return {row.scope: Held(row.until, row.scope) for row in tx.execute(select(t.pauses.c.until, t.pauses.c.scope))}


def held_by(every: Mapping[str, Held], lead: Lead, origin: str) -> Held | None:
    """The same from those loaded before."""
    found = [every[scope] for scope in _over(lead.support or lead.track, lead.company, origin) if scope in every]
    return max(found, key=lambda each: each.until, default=None)


def begin(tx: Tx, archive: Archive, scope: str, until: datetime, by: str, note: str) -> RowMapping | None:
    """From now on, or longer or shorter than before. Returns the pause of this scope that ran and is replaced.

    No lead has to be woken: what is due is decided again before it is done. But who waits for the end of a pause that
    is shorter now looks again, as when one is ended.
    """
    _known(tx, archive, scope)
    now = archive.clock.now()
    if not now < until <= now + LONGEST:
        raise InvalidError("until must be a day within the next two years", "until")
    c = t.pauses.c
    ran = tx.execute(select(t.pauses).where(c.scope == scope, c.until > now).with_for_update()).mappings().first()
    if ran and ran["until"] > until:
        _resume(tx, scope)
    row = {"scope": scope, "until": until, "by": by, "at": now, "note": note[:255]}
    query = insert_once(tx, t.pauses).values(row)
    tx.execute(query.on_conflict_do_update(index_elements=["scope"], set_=row))
    told = {"is": "replaced" if ran else "begun", "until": until.isoformat(), "note": row["note"]}
    team_changes.tell(tx, now, by, "pause", scope, told)
    return ran


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


def end(tx: Tx, archive: Archive, scope: str, by: str) -> int:
    """Before its time: everybody who waited for it looks again, woken in batches by the workers (`wake_some`) however
    many they are. Returns how many. Raises MissingError.
    """
    c = t.pauses.c
    if tx.execute(delete(t.pauses).where(c.scope == scope).returning(c.scope)).scalar() is None:
        names = ", ".join(row["scope"] for row in listed(tx, archive.clock.now())) or "nothing"
        raise MissingError(f"{scope} is not paused; paused is {names}")
    team_changes.tell(tx, archive.clock.now(), by, "pause", scope, {"is": "ended"})
    _resume(tx, scope)
    return tx.execute(select(func.count()).select_from(t.leads).where(*_waiting(scope))).scalar_one()


def _resume(tx: Tx, scope: str) -> None:
    tx.execute(insert(t.resumptions).values(scope=scope, at=machine_now()))


def _waiting(scope: str) -> list[ColumnElement[bool]]:
    kind, _, name = scope.partition(":")
    if scope == EVERYTHING:
        return [wakes.IS_WRITTEN_TO]
    return [wakes.IS_WRITTEN_TO, or_(*(t.leads.c[column] == name for column in KINDS[kind]))]


def wake_some(archive: Archive, batch: int = wakes.MANY) -> int:
    """The next of those whose pause was ended, and how far that came, in one transaction: a worker that dies between
    two batches leaves the rest to any other. Nobody is woken while more than a batch waits to be sent; imported leads
    that wait to begin, for an hour perhaps, do not count. Returns how many.
    """
    c = t.resumptions.c
    with archive.reading() as tx:  # mostly there is none, and SQLite's writers need not wait for that
        if tx.execute(select(c.id).limit(1)).first() is None or _outbox_is_full(tx, batch):
            return 0
    with archive.begin() as tx:
        oldest = select(c.id, c.scope, c.after).order_by(c.id).limit(1).with_for_update(skip_locked=True)
        row = tx.execute(oldest).first()
        if row is None:
            return 0
        ids = _next(tx, row.scope, row.after, batch)
        wakes.wake_many(tx, ids, f"resumed {row.scope}"[:64])
        mine = c.id == row.id
        is_over = len(ids) < batch
        change: Delete | Update = delete(t.resumptions) if is_over else update(t.resumptions).values(after=ids[-1])
        tx.execute(change.where(mine))
        return len(ids)


def _outbox_is_full(tx: Tx, batch: int) -> bool:
    return tx.execute(select(t.wakes.c.id).where(t.URGENT).offset(batch).limit(1)).first() is not None


def _next(tx: Tx, scope: str, after: UUID | None, batch: int) -> list[UUID]:
    query = select(t.leads.c.id).where(*_waiting(scope)).order_by(t.leads.c.id).limit(batch)
    return list(tx.execute(query if after is None else query.where(t.leads.c.id > after)).scalars())


def listed(tx: Tx, now: datetime) -> Sequence[RowMapping]:
    """What stands still now, with until when, by whom and why."""
    c = t.pauses.c
    return tx.execute(select(t.pauses).where(c.until > now).order_by(c.until)).mappings().all()


def in_words(pause: RowMapping) -> str:
    """`until 05 Dec 2026 (since 01 Dec 2026, ines): audit`; days are UTC's."""
    why = f": {pause['note']}" if pause["note"] else ""
    return f"until {pause['until']:%d %b %Y} (since {pause['at']:%d %b %Y}, {pause['by']}){why}"
