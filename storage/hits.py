"""Every request for a link in a mail, with what we make of it; never deleted, so that it can be judged anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from storage import tables as t
from storage.archive import Tx


def deliveries(tx: Tx, ids: Collection[UUID]) -> dict[UUID, Mapping[str, Any]]:  # Any: column values
    """The ledger rows that links belong to."""
    c = t.ledger.c
    columns = (c.id, c.lead_id, c.touch, c.variant, c.language, c.release, c.status, c.claimed_at, c.ended_at)
    rows = tx.execute(select(*columns).where(c.id.in_(ids))).mappings()
    return {row["id"]: dict(row) for row in rows}


def since(tx: Tx, ids: Collection[UUID], at: datetime) -> dict[UUID, set[int]]:
    """The links of some mails, by their numbers, that were followed from then on."""
    c = t.link_hits.c
    found: dict[UUID, set[int]] = {id: set() for id in ids}
    query = select(c.ledger_id, c.number).where(c.ledger_id.in_(ids), c.at >= at).distinct()
    for row in tx.execute(query):
        found[row.ledger_id].add(row.number)
    return found


def counted(tx: Tx, source: str, event_ids: Collection[str]) -> set[str]:
    """Which of these events are here already."""
    c = t.events.c
    return set(tx.execute(select(c.event_id).where(c.source == source, c.event_id.in_(event_ids))).scalars())


def store(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:  # Any: column values
    tx.execute(insert(t.link_hits), [dict(row) for row in rows])
