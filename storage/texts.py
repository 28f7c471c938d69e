"""Words about a person: name, address, notes, what they said, what we wrote. Erasing deletes here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from storage import tables as t
from storage.archive import Tx, insert_once

LONGEST = 20_000


def put(tx: Tx, lead_id: UUID, kind: str, ref: str, text: str, at: datetime) -> None:
    """Write or replace. Kinds: address, field, note, words, mail."""
    put_many(tx, [row(lead_id, kind, ref, text, at)])


def row(lead_id: UUID, kind: str, ref: str, text: str, at: datetime) -> dict[str, Any]:  # Any: column values
    return {"lead_id": lead_id, "kind": kind, "ref": ref, "text": text[:LONGEST], "at": at}


def put_many(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:  # Any: as above
    if rows:
        query = insert_once(tx, t.person_texts)
        newer = {"text": query.excluded.text, "at": query.excluded.at}
        tx.execute(query.on_conflict_do_update(index_elements=["lead_id", "kind", "ref"], set_=newer), rows)


def get(tx: Tx, lead_id: UUID, *kinds: str) -> dict[tuple[str, str], str]:
    """(kind, ref) -> text, of some kinds or of all."""
    c = t.person_texts.c
    query = select(c.kind, c.ref, c.text).where(c.lead_id == lead_id)
    rows = tx.execute(query.where(c.kind.in_(kinds)) if kinds else query)
    return {(r.kind, r.ref): r.text for r in rows}
