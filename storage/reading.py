"""Reading leads and their story, for pages and answers. Nothing here changes anything."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, func, or_, select, tuple_

from domain import keys
from domain.errors import MissingError
from domain.lead import Known
from storage import paging
from storage import tables as t
from storage.archive import Archive, Tx
from storage.rows import to_known

Row = RowMapping

LISTED = (
    "id", "state", "cycle", "seq", "track", "stage", "offering", "company", "country", "owner", "team", "is_on_desk",
    "clock_name", "clock_started_at", "clock_due_at", "paused_until", "cool_until", "return_reason", "returned_by",
    "created_at", "state_entered_at", "sunset_at", "has_opted_out", "step", "step_seq",
)  # fmt: skip


EVERYTHING = 100_000
"""Rows of a timeline that somebody exports who wants all of it."""
STANDS = func.coalesce(t.leads.c.merged_into, t.leads.c.id)
"""Whom a row stands for now: a merged lead's survivor, else itself."""


def with_merged(tx: Tx, lead_id: UUID) -> list[UUID]:
    """The lead and those merged into it, whose past is its own."""
    merged = tx.execute(select(t.leads.c.merged_from).where(t.leads.c.id == lead_id)).scalar_one()
    return [lead_id, *map(UUID, merged)]


def find(tx: Tx, given: str) -> UUID:
    """A lead by its id or by `<system>:<external id>`, which may hold any characters. Raises MissingError."""
    system, colon, external_id = given.partition(":")
    lead_id = by_external(tx, system, external_id) if colon else by_id(tx, given)
    if lead_id is None:
        raise MissingError("there is no such lead; give its id, or system:id as another system knows it")
    return lead_id


def by_id(tx: Tx, given: str) -> UUID | None:
    uuid = uuid_of(given)
    found: UUID | None = tx.execute(select(STANDS).where(t.leads.c.id == uuid)).scalar() if uuid else None
    return found


def uuid_of(given: str) -> UUID | None:
    try:
        return UUID(given)
    except ValueError:
        return None


def by_external(tx: Tx, system: str, external_id: str) -> UUID | None:
    c = t.external_ids.c
    query = select(c.lead_id).where(c.system == system, c.external_id == external_id)
    found: UUID | None = tx.execute(query).scalar()
    return found


def by_address(tx: Tx, archive: Archive, address: str) -> UUID | None:
    key = keys.address_key(archive.secret, address)
    found: UUID | None = tx.execute(select(STANDS).where(t.leads.c.address_key == key)).scalar()
    return found


def lead(tx: Tx, lead_id: UUID) -> Row:
    """The lead's row as lists show it."""
    query = select(*(t.leads.c[name] for name in LISTED)).where(t.leads.c.id == lead_id)
    return tx.execute(query).mappings().one()


def beside(tx: Tx, lead_id: UUID) -> dict[str, Any]:  # Any: column values
    """What the row holds beside the domain's lead, and what other systems call it."""
    c, x = t.leads.c, t.external_ids.c
    row = tx.execute(select(c.origin, c.zone_rule).where(c.id == lead_id)).mappings().one()
    external = tx.execute(select(x.system, x.external_id.label("id")).where(x.lead_id == lead_id)).mappings()
    return {**row, "external": [dict(found) for found in external]}


def leads(tx: Tx, wanted: Mapping[str, str], after: str | None, limit: int) -> tuple[Sequence[Row], str | None]:
    """The newest first, with these values of state, track or owner."""
    c = t.leads.c
    query = select(*(c[name] for name in LISTED)).where(*(c[name] == value for name, value in wanted.items()))
    if after:
        query = query.where(tuple_(c.created_at, c.id) < tuple_(*paging.position(after, datetime, UUID)))
    query = query.order_by(c.created_at.desc(), c.id.desc()).limit(limit + 1)
    return paging.page(tx.execute(query).mappings().all(), limit, "created_at", "id")


def persons(tx: Tx, lead_ids: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Names, address and other personal fields, by their short names: first_name, last_name, email, phone."""
    c = t.person_texts.c
    kinds = or_(c.kind == "field", c.kind == "address")
    found: dict[UUID, dict[str, str]] = {}
    for row in tx.execute(select(c.lead_id, c.ref, c.text).where(c.lead_id.in_(lead_ids), kinds)):
        found.setdefault(row.lead_id, {})[row.ref.rpartition(".")[2]] = row.text
    return found


def timeline(
    tx: Tx, lead_id: UUID, after: str | None, limit: int, kinds: Collection[str] = ()
) -> tuple[Sequence[Row], str | None]:
    """Everything that happened, in the order it was recorded."""
    c = t.log.c
    wanted: list[ColumnElement[bool]] = [c.lead_id.in_(with_merged(tx, lead_id))]
    if kinds:
        wanted.append(c.kind.in_(kinds))
    if after:
        wanted.append(c.id > paging.position(after, int)[0])
    rows = tx.execute(select(t.log).where(*wanted).order_by(c.id).limit(limit + 1)).mappings().all()
    return paging.page(rows, limit, "id")


def newest(tx: Tx, lead_id: UUID, limit: int) -> Sequence[Row]:
    """The end of the timeline, oldest first."""
    c = t.log.c
    rows = tx.execute(select(t.log).where(c.lead_id == lead_id).order_by(c.id.desc()).limit(limit)).mappings().all()
    return rows[::-1]


def newest_handoff(tx: Tx, lead_id: UUID) -> Row | None:
    c = t.handoffs.c
    query = select(t.handoffs).where(c.lead_id == lead_id).order_by(c.number.desc()).limit(1)
    return tx.execute(query).mappings().first()


def reps_of(tx: Tx, handoff_id: UUID) -> list[str]:
    """Whom a handoff was offered to, in order."""
    c = t.offers.c
    return list(tx.execute(select(c.rep).where(c.handoff_id == handoff_id).order_by(c.number)).scalars())


def words(tx: Tx, lead_id: UUID) -> dict[str, str]:
    """What was written or said, by the record it belongs to: `log:12`, `event:5`."""
    c = t.person_texts.c
    rows = tx.execute(
        select(c.kind, c.ref, c.text).where(c.lead_id.in_(with_merged(tx, lead_id)), c.kind.in_(("note", "words")))
    )
    return {(f"log:{row.ref}" if row.kind == "note" else row.ref): row.text for row in rows}


def texts_of(tx: Tx, lead_id: UUID) -> list[dict[str, Any]]:  # Any: column values
    """Every text about the person, mails included, oldest first."""
    c = t.person_texts.c
    query = select(c.kind, c.ref, c.at, c.text).where(c.lead_id.in_(with_merged(tx, lead_id))).order_by(c.at, c.id)
    return [{**row, "at": row["at"].isoformat()} for row in tx.execute(query).mappings()]


def own_words(tx: Tx, lead_id: UUID) -> Sequence[Row]:
    """What the buyer said or wrote, newest first."""
    c = t.person_texts.c
    query = select(c.ref, c.text, c.at).where(c.lead_id.in_(with_merged(tx, lead_id)), c.kind == "words")
    return tx.execute(query.order_by(c.at.desc(), c.id.desc())).mappings().all()


def deliveries(tx: Tx, lead_id: UUID) -> Sequence[Row]:
    """Every touch of the ledger, oldest first."""
    c = t.ledger.c
    query = select(t.ledger).where(c.lead_id.in_(with_merged(tx, lead_id))).order_by(c.claimed_at, c.id)
    return tx.execute(query).mappings().all()


def verdict(tx: Tx, verdict_id: int | None) -> Row | None:
    return tx.execute(select(t.verdicts).where(t.verdicts.c.id == verdict_id)).mappings().first()


@dataclass(frozen=True)
class Told:
    """What somebody told us once of a lead, and when that was taken back."""

    name: str
    fact: Known
    taken_back_at: datetime | None


def told(tx: Tx, lead_id: UUID) -> list[Told]:
    """Oldest first; personal fields are not kept so."""
    c = t.learned.c
    query = select(c.name, c.fact, c.taken_back_at).where(c.lead_id.in_(with_merged(tx, lead_id))).order_by(c.id)
    return [Told(row.name, to_known({row.name: row.fact})[row.name], row.taken_back_at) for row in tx.execute(query)]


def denials(tx: Tx, lead_id: UUID) -> dict[str, Row]:
    """By criterion, the newest decision of sales that named it as not met."""
    c = t.log.c
    criterion = c.data["criterion"].as_string()
    mine = (c.lead_id.in_(with_merged(tx, lead_id)), c.kind == "disposition", criterion.is_not(None))
    return {row["data"]["criterion"]: row for row in tx.execute(select(t.log).where(*mine).order_by(c.id)).mappings()}


def evidence(tx: Tx, ids: Collection[str]) -> dict[str, Row]:
    """The records behind ids like `log:12` and `event:5`: when, what, by whom."""
    found: dict[str, Row] = {}
    for kind, table in (("log", t.log), ("event", t.events)):
        numbers = [int(id.partition(":")[2]) for id in ids if id.startswith(f"{kind}:")]
        for row in tx.execute(select(table).where(table.c.id.in_(numbers))).mappings():
            found[f"{kind}:{row['id']}"] = row
    return found
