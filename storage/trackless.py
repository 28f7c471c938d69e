"""Leads that no track matches: judged like all, counted, and after a day their marketer hears of them."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select

from domain.lead import State
from storage import notices
from storage import tables as t
from storage.archive import Archive, Tx, one_at_a_time

ALARM_AFTER = timedelta(days=1)
DIGEST_EVERY = timedelta(days=1)
NO_TRACK = "no_track"


def count(tx: Tx) -> int:
    """How many there are now."""
    return int(tx.execute(select(func.count()).select_from(t.leads).where(*_trackless())).scalar_one())


def tell(archive: Archive) -> int:
    """One mail a day, and only when there are new ones; returns how many new ones it tells of."""
    with archive.reading() as tx:  # mostly there are none, and SQLite's writers need not wait for that
        if not _untold(tx, archive.clock.now()):
            return 0
    with archive.begin() as tx:
        one_at_a_time(tx, NO_TRACK)
        now = archive.clock.now()
        untold = _untold(tx, now)
        if untold:
            person = archive.live(tx).definition.signers.marketing
            notices.tell(tx, person, NO_TRACK, None, now, new=untold, total=count(tx))
        return untold


def _untold(tx: Tx, now: datetime) -> int:
    """Without a track for a day, and not in an earlier mail; none while the last mail is not a day old."""
    n, c = t.notices.c, t.leads.c
    last_at: datetime | None = tx.execute(select(func.max(n.at)).where(n.kind == NO_TRACK)).scalar()
    if last_at and last_at + DIGEST_EVERY > now:
        return 0
    since = [c.state_entered_at > last_at - ALARM_AFTER] if last_at else []
    query = select(func.count()).select_from(t.leads)
    return int(tx.execute(query.where(*_trackless(), c.state_entered_at <= now - ALARM_AFTER, *since)).scalar_one())


def _trackless() -> tuple[ColumnElement[bool], ...]:
    """Who wants no mail needs no track."""
    c = t.leads.c
    on_a_way = c.state.in_((State.INQUIRY.value, State.NURTURING.value))
    return on_a_way, c.track.is_(None), c.has_opted_out.is_(False)
