"""Small questions about the archive as a whole, asked by the command line."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from storage import tables as t
from storage.archive import Tx


def demo_speed(tx: Tx) -> float | None:
    """Of the demo clock this archive was begun on; None for the machine's own time."""
    speed: float | None = tx.execute(select(t.clock.c.speed)).scalar()
    return speed


def has_leads(tx: Tx) -> bool:
    return tx.execute(select(t.leads.c.id).limit(1)).first() is not None


def live(tx: Tx) -> tuple[str, list[str]] | None:
    """The hash of the live release and its approved tracks; None before the first publish."""
    c = t.live.c
    row = tx.execute(select(c.release, c.approved).order_by(c.number.desc()).limit(1)).first()
    return (row.release, list(row.approved)) if row else None


def suppressions(tx: Tx, limit: int = 100) -> list[dict[str, Any]]:  # Any: column values
    """The newest ones. Addresses are kept as keyed hashes only, so nobody can read the list off."""
    c = t.suppressions.c
    rows = tx.execute(select(t.suppressions).order_by(c.at.desc(), c.address_key).limit(limit)).mappings()
    return [dict(row) for row in rows]


def suppression(tx: Tx, address_key: str) -> dict[str, Any] | None:  # Any: column values
    row = tx.execute(select(t.suppressions).where(t.suppressions.c.address_key == address_key)).mappings().first()
    return dict(row) if row else None
