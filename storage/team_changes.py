"""What people change for more than one lead, and who did it: pauses, salespeople. Only added to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select

from storage import tables as t
from storage.archive import Tx
from storage.reading import Row

About = Literal["pause", "salesperson"]


def tell(tx: Tx, at: datetime, by: str | None, about: About, name: str, data: Mapping[str, object]) -> None:
    """`at` is business time; `data["is"]` says what was done. None did what the engine does itself."""
    tx.execute(insert(t.team_changes).values(at=at, by=by, about=about, name=name, data=dict(data)))


def latest(tx: Tx, limit: int, *about: About) -> Sequence[Row]:
    """Newest first."""
    c = t.team_changes.c
    query = select(t.team_changes).where(c.about.in_(about)).order_by(c.id.desc()).limit(limit)
    return tx.execute(query).mappings().all()
