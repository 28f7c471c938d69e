"""What came of each track so far, in the words of its goal."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, func, select

from domain.lead import State
from storage import tables as t
from storage.archive import Tx


def reached(tx: Tx) -> dict[str, Mapping[str, int]]:
    """What a goal may name -> the track on which leads became ready -> how many; `leads` are those on it now.

    What sales makes of a lead counts for where it came from, wherever it went afterwards.
    """
    h, on = t.handoffs.c, t.leads.c.track
    accepted = select(t.offers.c.handoff_id).where(t.offers.c.accepted_at.is_not(None))
    leads = tx.execute(select(on, func.count()).where(on.is_not(None)).group_by(on)).all()
    return {
        "leads": {row[0]: row[1] for row in leads},
        "sales_ready": _handed(tx),
        "sales_accepted": _handed(tx, h.id.in_(accepted)),
        "won": _handed(tx, h.outcome == State.WON.value),
    }


def _handed(tx: Tx, *where: ColumnElement[bool]) -> dict[str, int]:
    h = t.handoffs.c
    query = select(h.track, func.count(h.lead_id.distinct())).where(h.track.is_not(None), *where)
    return {str(row[0]): int(row[1]) for row in tx.execute(query.group_by(h.track))}
