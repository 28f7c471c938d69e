"""What came of each track so far, in the words of its goal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from sqlalchemy import ColumnElement, and_, func, select

from domain.lead import State, Status
from domain.release import Release
from storage import tables as t
from storage.archive import Tx

WENT_OUT = (Status.SENT.value, Status.UNCERTAIN.value)


def reached(tx: Tx, release: Release) -> dict[str, Mapping[str, int]]:
    """What a goal may name -> the track -> how many leads; `leads` are those on it now.

    What sales makes of a lead counts for the track on which it became ready, wherever it went afterwards, and for a
    sales support track when the lead had mail of it in that cycle.
    """
    h = t.handoffs.c
    accepted = h.id.in_(select(t.offers.c.handoff_id).where(t.offers.c.accepted_at.is_not(None)))
    support = [track.id for track in release.tracks.values() if track.is_support]
    return {
        "leads": _on(tx, t.leads.c.track) + _on(tx, t.leads.c.support),
        "sales_ready": _handed(tx, support),
        "sales_accepted": _handed(tx, support, accepted),
        "won": _handed(tx, support, h.outcome == State.WON.value),
    }


def _on(tx: Tx, column: ColumnElement[str]) -> Counter[str]:
    found = tx.execute(select(column, func.count()).where(column.is_not(None)).group_by(column)).all()
    return Counter({row[0]: row[1] for row in found})


def _handed(tx: Tx, support: Sequence[str], *where: ColumnElement[bool]) -> Counter[str]:
    h, sent, many = t.handoffs.c, t.ledger.c, func.count(t.handoffs.c.lead_id.distinct())
    own = select(h.track, many).where(h.track.is_not(None), *where).group_by(h.track)
    together = and_(
        sent.lead_id == h.lead_id, sent.cycle == h.cycle, sent.track.in_(support), sent.status.in_(WENT_OUT)
    )
    beside = select(sent.track, many).join_from(t.handoffs, t.ledger, together).where(*where).group_by(sent.track)
    return Counter({row[0]: row[1] for query in (own, beside) for row in tx.execute(query)})
