"""Leads on the way, to try files on: how many there are, and some of them with their facts."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from domain.lead import Facts
from storage import tables as t
from storage.archive import Archive, Tx
from storage.many_facts import load_many
from storage.wakes import NO_WORKFLOW

BATCH = 250


def count(tx: Tx) -> int:
    return tx.execute(select(func.count()).where(t.leads.c.state.not_in(NO_WORKFLOW))).scalar_one()


def some(archive: Archive, most: int) -> Iterator[Facts]:
    """By id, which says nothing of when they came: as good as drawn by lot. No transaction is open between batches."""
    c = t.leads.c
    query = select(c.id).where(c.state.not_in(NO_WORKFLOW)).order_by(c.id).limit(most)
    with archive.reading() as tx:
        ids = list(tx.execute(query).scalars())
    for at in range(0, len(ids), BATCH):
        with archive.reading() as tx:
            found = load_many(tx, ids[at : at + BATCH])
        yield from found
