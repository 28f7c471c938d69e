"""What came of each track so far, in the words of its goal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from storage import tables as t
from storage.archive import Tx


def reached(tx: Tx) -> dict[str, Mapping[str, int]]:
    """What a goal may name -> the track leads are on -> how many reached it; `leads` are all of them."""
    lead = t.leads.c
    has_offer = t.offers.c.accepted_at.is_not(None)
    return {
        "leads": _counted(tx, select(lead.track, func.count()), lead.track.is_not(None)),
        "sales_ready": _counted(tx, _of(t.handoffs.c.lead_id)),
        "sales_accepted": _counted(tx, _of(t.offers.c.lead_id), has_offer),
        "won": _counted(tx, select(lead.track, func.count()), lead.won_at.is_not(None)),
    }


def _of(lead_id: ColumnElement[object]) -> Select[Any]:  # Any: a track and how many
    return select(t.leads.c.track, func.count(lead_id.distinct())).join(t.leads, t.leads.c.id == lead_id)


def _counted(tx: Tx, query: Select[Any], *where: ColumnElement[bool]) -> dict[str, int]:
    rows = tx.execute(query.where(*where).group_by(t.leads.c.track)).all()
    return {str(track): int(count) for track, count in rows if track}
