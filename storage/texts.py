"""Words about a person: name, address, notes, what they said, what we wrote. Erasing deletes here."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from storage import tables as t
from storage.archive import Tx, insert_once

LONGEST = 20_000


def put(tx: Tx, lead_id: UUID, kind: str, ref: str, text: str, at: datetime) -> None:
    """Write or replace. Kinds: address, field, note, words, mail."""
    row = {"lead_id": lead_id, "kind": kind, "ref": ref, "text": text[:LONGEST], "at": at}
    query = insert_once(tx, t.person_texts).values(row)
    columns = ["lead_id", "kind", "ref"]
    tx.execute(query.on_conflict_do_update(index_elements=columns, set_={"text": row["text"], "at": at}))


def get(tx: Tx, lead_id: UUID, *kinds: str) -> dict[tuple[str, str], str]:
    """(kind, ref) -> text, of some kinds or of all."""
    c = t.person_texts.c
    query = select(c.kind, c.ref, c.text).where(c.lead_id == lead_id)
    rows = tx.execute(query.where(c.kind.in_(kinds)) if kinds else query)
    return {(r.kind, r.ref): r.text for r in rows}
