"""A salesperson allows mail in their own name to a lead they have, or takes that back: logged, and decided anew."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import RowMapping, select

from domain import supporting
from storage import record, wakes
from storage import tables as t
from storage.archive import Archive, Tx
from storage.deciding import open_lead
from storage.people import Decided

KIND = "support"


def allow(tx: Tx, archive: Archive, lead_id: UUID, track: str | None, actor: str, who: str) -> Decided:
    """From now on; the same again changes nothing. Raises RefusedError, InvalidError, MissingError."""
    d = open_lead(tx, archive, lead_id)
    allowed = supporting.allow(d.ctx, actor, who, track).id
    if allowed != d.lead.support:
        d.change(support=allowed)
        data = {"mail": "allowed", "track": allowed}
        record.log(tx, d.lead, KIND, d.now, actor=actor, actor_id=who, data=data, release=d.release.hash)
    return Decided(lead_id, wakes.wake(tx, lead_id, "support allowed"))


def end(tx: Tx, archive: Archive, lead_id: UUID, actor: str, who: str) -> Decided:
    """At once: what is not on the wire yet is not sent. Raises RefusedError, MissingError."""
    d = open_lead(tx, archive, lead_id)
    supporting.may_end(d.ctx, actor, who)
    data = {"mail": "ended", "track": d.lead.support}
    d.change(support=None)
    record.log(tx, d.lead, KIND, d.now, actor=actor, actor_id=who, data=data)
    return Decided(lead_id, wakes.wake(tx, lead_id, "support ended"))


def allowed(tx: Tx, lead_id: UUID) -> RowMapping | None:
    """The newest row about it: who allowed or ended it, and when."""
    c = t.log.c
    query = select(c.at, c.actor_id, c.data).where(c.lead_id == lead_id, c.kind == KIND).order_by(c.id.desc())
    return tx.execute(query.limit(1)).mappings().first()
