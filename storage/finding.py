"""Finding leads by what a person remembers: a name, a piece of the address, the company."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, tuple_

from domain.lead import Known
from storage import paging
from storage import tables as t
from storage.archive import Tx
from storage.reading import LISTED, Row
from storage.rows import to_known

MOST_WORDS = 5


def found(
    tx: Tx, words: str, states: Sequence[str], has_persons: bool, after: str | None, limit: int
) -> tuple[Sequence[Row], str | None]:
    """The newest first; every word must be in a name, the address or the company. Without `has_persons` only the
    company is looked at: an answer may not tell a name that the page may not show.
    """
    c = t.leads.c
    query = select(*(c[name] for name in LISTED))
    if states:
        query = query.where(c.state.in_(states))
    for word in words.split()[:MOST_WORDS]:
        query = query.where(_matches(word, has_persons))
    if after:
        query = query.where(tuple_(c.created_at, c.id) < tuple_(*paging.position(after, datetime, UUID)))
    query = query.order_by(c.created_at.desc(), c.id.desc()).limit(limit + 1)
    return paging.page(tx.execute(query).mappings().all(), limit, "created_at", "id")


def _matches(word: str, has_persons: bool) -> ColumnElement[bool]:
    company = or_(t.leads.c.company.icontains(word, autoescape=True), _company_name(word))
    if not has_persons:
        return company
    c = t.person_texts.c
    texts = select(c.lead_id).where(c.kind.in_(("field", "address")), _spelled(c.text, word))
    return or_(company, t.leads.c.id.in_(texts))


def _company_name(word: str) -> ColumnElement[bool]:
    c = t.lead_facts.c
    named = _spelled(c.known["company.name"]["value"].as_string(), word)
    return t.leads.c.id.in_(select(c.lead_id).where(named))


def _spelled(text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """SQLite compares only a to z without case, so other letters are tried in the usual ways of writing them."""
    spellings = {word, word.lower(), word.upper(), word.title()}
    return or_(*(text.icontains(each, autoescape=True) for each in sorted(spellings)))


def known(tx: Tx, lead_ids: Sequence[UUID]) -> dict[UUID, dict[str, Known]]:
    """What is known of several leads, for lists that say their company or what an answer taught."""
    c = t.lead_facts.c
    rows = tx.execute(select(c.lead_id, c.known).where(c.lead_id.in_(set(lead_ids))))
    return {row.lead_id: to_known(row.known) for row in rows}
