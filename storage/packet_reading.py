"""What a packet reads beside the lead itself: colleagues, consent, when they act, what was promised."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from storage import tables as t
from storage.archive import Tx
from storage.reading import Row

MOST_COLLEAGUES, MOST_ACTS = 10, 300


def colleagues(tx: Tx, company: str | None, lead_id: UUID) -> Sequence[Row]:
    """Others at the same company, the newest first."""
    if company is None:
        return []
    c, f = t.leads.c, t.lead_facts.c
    query = select(c.id, c.state, c.owner, f.known).join(t.lead_facts, f.lead_id == c.id)
    query = query.where(c.company == company, c.id != lead_id).order_by(c.created_at.desc(), c.id)
    return tx.execute(query.limit(MOST_COLLEAGUES)).mappings().all()


def acts(tx: Tx, lead_id: UUID) -> list[datetime]:
    """When they did something themselves, newest first."""
    c = t.events.c
    query = select(c.at).where(c.lead_id == lead_id, c.human == "human").order_by(c.at.desc()).limit(MOST_ACTS)
    return list(tx.execute(query).scalars())


def consent(tx: Tx, lead_id: UUID) -> Row | None:
    """The newest basis somebody gave for writing to them: `basis`, `at`, `origin`."""
    c = t.log.c
    basis = c.data["consent_basis"].as_string()
    query = select(basis.label("basis"), c.at, c.data["origin"].as_string().label("origin"))
    query = query.where(c.lead_id == lead_id, c.kind.in_(("enrolled", "inquired_again")), basis.is_not(None))
    return tx.execute(query.order_by(c.id.desc()).limit(1)).mappings().first()


def attempts(tx: Tx, lead_id: UUID) -> Sequence[Row]:
    """Every try of sales to reach them, oldest first."""
    c = t.attempts.c
    return tx.execute(select(t.attempts).where(c.lead_id == lead_id).order_by(c.id)).mappings().all()
