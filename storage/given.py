"""Who was given which words: the ledger beside the releases it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select

from domain.keys import content_hash
from domain.lead import USED
from domain.planning import Pair, text_hash, texts
from domain.release import Release
from storage import releases
from storage import tables as t
from storage.archive import Archive, Tx

WERE_GIVEN = [status.value for status in USED]


@dataclass(frozen=True)
class Reworded:
    """A touch whose words differ, and who had it before. `first` are the newest deliveries: lead and instant."""

    touch: str
    leads: int
    first: tuple[tuple[UUID, datetime], ...]


def had_before(tx: Tx, old: Release, new: Release, most: int = 20) -> list[Reworded]:
    """Of every touch that says something else now, the leads that got it in other words than the new ones."""
    c, found = t.ledger.c, []
    touches = {id: new.find_touch(id) for id in sorted(Pair(old, new).reworded)}
    hashes = [content_hash(words) for each in touches.values() if each for words in texts(each[1]).values()]
    given = (c.touch.in_(touches), c.status.in_(WERE_GIVEN), c.content_hash.not_in(hashes))
    query = select(c.touch, func.count(c.lead_id.distinct())).where(*given).group_by(c.touch)
    counts = {str(touch): int(count) for touch, count in tx.execute(query)}
    place = func.row_number().over(partition_by=c.touch, order_by=(c.claimed_at.desc(), c.id)).label("place")
    newest = select(c.touch, c.lead_id, c.claimed_at, place).where(*given).subquery()
    rows = tx.execute(select(newest).where(newest.c.place <= most).order_by(newest.c.touch, newest.c.place)).all()
    for touch, count in sorted(counts.items()):
        first = tuple((row.lead_id, row.claimed_at) for row in rows if row.touch == touch)
        found.append(Reworded(touch, count, first))
    return found


@dataclass(frozen=True)
class Given:
    """One delivery: what the files said, and for a mail, what left. `is_proven`: the words still have their hash."""

    touch: str
    at: datetime
    status: str
    channel: str
    release: str
    path: str
    content_hash: str
    is_proven: bool
    file: str | None
    mail: str | None


def given_to(tx: Tx, archive: Archive, lead_id: UUID, on: tuple[datetime, datetime] | None = None) -> list[Given]:
    """What a lead was given, oldest first; between two instants, or ever."""
    c, p = t.ledger.c, t.person_texts.c
    query = select(t.ledger).where(c.lead_id == lead_id).order_by(c.claimed_at, c.id)
    if on:
        query = query.where(func.coalesce(c.ended_at, c.claimed_at) >= on[0], c.claimed_at < on[1])
    rows = tx.execute(query).all()
    mails = dict(tx.execute(select(p.ref, p.text).where(p.lead_id == lead_id, p.kind == "mail")).all())
    return [_given(tx, archive, row, mails.get(str(row.id))) for row in rows]


def _given(tx: Tx, archive: Archive, row: Any, mail: str | None) -> Given:  # Any: a row of ledger
    found = archive.release(tx, row.release).find_touch(row.touch)
    path, files = f"content/tracks/{row.track}/{row.touch}.md", releases.files_of(tx, row.release)
    if (varied := f"content/tracks/{row.track}/{row.touch}.{row.variant}.md") in files:
        path = varied
    file = files.get(path)
    is_proven = found is not None and text_hash(found[1].version(row.variant)) == row.content_hash
    at = row.ended_at or row.claimed_at
    about = (row.touch, at, row.status, row.channel, row.release, path, row.content_hash)
    return Given(*about, is_proven, file, mail)
