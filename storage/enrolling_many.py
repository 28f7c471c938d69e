"""Many people become leads at once: what `enrolling.enrol` does with one, in few statements for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import BindParameter, RowMapping, bindparam, insert, select, tuple_, update

from domain.errors import ConflictError
from domain.lead import Lead, State, Value
from domain.release import Release
from storage import enrolling, learning, record, texts
from storage import tables as t
from storage.archive import Archive, Tx, insert_once
from storage.enrolling import Enrolment
from storage.reading import STANDS
from storage.rows import changed, to_lead

IDS: BindParameter[list[UUID]] = bindparam("ids", expanding=True)
LOCKED = (
    select(t.leads, t.lead_facts.c.known, t.lead_facts.c.seen)
    .join(t.lead_facts, t.lead_facts.c.lead_id == t.leads.c.id)
    .where(t.leads.c.id.in_(IDS))
    .order_by(t.leads.c.id)
    .with_for_update(of=[t.leads, t.lead_facts])
)
Row = dict[str, Any]  # Any: column values of many types


class LostRaceError(Exception):
    """Somebody else's transaction took an address, an id or an external id meanwhile: look again, then it is seen."""


@dataclass(frozen=True)
class Ready:
    """An enrolment that nothing is wrong with by itself: the address and values as they are kept."""

    who: Enrolment
    address: str
    key: str
    values: Mapping[str, Value]


@dataclass
class Met:
    """A lead locked by this transaction, as somebody found it, and what it will be. `known` and `seen` are JSON."""

    ready: Ready
    before: Lead
    lead: Lead
    known: Mapping[str, Any]  # Any: JSON, here and below
    seen: dict[str, Any]
    zone_rule: str | None
    """Of a new lead."""

    @property
    def is_new(self) -> bool:
        return self.zone_rule is not None


def meet(
    tx: Tx, archive: Archive, release: Release, batch: Sequence[Ready]
) -> tuple[list[Met | ConflictError], datetime]:
    """In the order of `batch`, in which no address, no external id and no lead stands twice: the lead it is about,
    locked, or one that is not written yet. And the instant after the locks: what committed before it came before."""
    found = _locked(tx, batch)
    now = archive.clock.now()
    owners, taken = belong(tx, batch), _taken_ids(tx, batch)
    return [_met(each, found.get(each.key), owners, taken, release, now) for each in batch], now


def _met(
    ready: Ready,
    row: RowMapping | None,
    owners: Mapping[tuple[str, str], UUID],
    taken: set[UUID],
    release: Release,
    now: datetime,
) -> Met | ConflictError:
    """An id that was somebody else's, merged or erased since, is not used again."""
    who = ready.who
    if who.external and (found := clash(who.external, owners.get(who.external), row["id"] if row else None)):
        return found
    if row is not None:
        lead = to_lead(row)
        return Met(ready, lead, enrolling.flagged(lead, who), row["known"], dict(row["seen"]), None)
    wanted = enrolling.wanted_id(who)
    id = wanted if wanted and wanted not in taken else uuid4()
    lead, rule = enrolling.new_lead(id, release, who, ready.values, now)
    return Met(ready, lead, enrolling.flagged(lead, who), {}, {}, rule)


def clash(external: tuple[str, str], owner: object, lead: object) -> ConflictError | None:
    """An external id that is one lead's is no other's, nor a new one's; `lead` is whom the address stands for."""
    if owner is None or owner == lead:
        return None
    return ConflictError(f"{':'.join(external)} is another lead already")


def write(tx: Tx, met: Sequence[Met], now: datetime) -> list[int]:
    """The leads themselves, how they are found, and the log; its ids, which are the evidence. Raises LostRaceError."""
    _create(tx, [each for each in met if each.is_new])
    differing = [(each.lead.id, changed(each.before, each.lead)) for each in met if not each.is_new]
    for id, values in differing:
        if values:  # a flag got stricter, which the fewest rows of a file do
            tx.execute(update(t.leads).where(t.leads.c.id == id).values(values))
    _link(tx, met)
    suppressed = {each.ready.key: why for each in met if (why := enrolling.suppressed_for(each.ready.who))}
    enrolling.suppress_many(tx, suppressed, met[0].ready.who.origin, now)
    return record.log_many(tx, [_log_row(each, now) for each in met])


def learn(tx: Tx, release: Release, met: Sequence[Met], log_ids: Sequence[int], now: datetime) -> None:
    """What each told, into `known`; `keep` writes that."""
    words: list[Row] = []
    told: list[Row] = []
    for each, log_id in zip(met, log_ids, strict=True):
        who, id = each.ready.who, each.lead.id
        lesson = learning.read(each.lead, release, each.known, each.ready.values, who.source, f"log:{log_id}", now)
        each.known = lesson.known
        words += lesson.texts
        told += lesson.told
        if each.is_new:
            words.append(texts.row(id, "address", "email", each.ready.address, now))
        if who.consent.get("text"):
            words.append(texts.row(id, "consent", str(log_id), who.consent["text"], now))
    texts.put_many(tx, words)
    if told:
        tx.execute(insert(t.learned), told)


def keep(tx: Tx, met: Sequence[Met]) -> None:
    """The facts as they are now."""
    rows = [{"lead_id": each.lead.id, "known": each.known, "seen": each.seen} for each in met]
    if rows:
        query = insert_once(tx, t.lead_facts)
        newer = {"known": query.excluded.known, "seen": query.excluded.seen}
        tx.execute(query.on_conflict_do_update(index_elements=["lead_id"], set_=newer), rows)


def _locked(tx: Tx, batch: Sequence[Ready]) -> dict[str, RowMapping]:
    """By the key of the address, whom it stands for now. Raises LostRaceError for one that was merged or erased
    between being found and being locked."""
    ids = stand_for(tx, [each.key for each in batch])
    if not ids:
        return {}
    rows = {row["id"]: row for row in tx.execute(LOCKED, {"ids": list(set(ids.values()))}).mappings()}
    if any(row["merged_into"] or row["state"] == State.ERASED.value for row in rows.values()):
        raise LostRaceError
    return {key: rows[id] for key, id in ids.items()}


def stand_for(tx: Tx, keys: Sequence[str]) -> dict[str, UUID]:
    """By the keys of addresses, the leads they stand for now. Who has begun with `one_at_a_time(tx, MANY_LEADS)` may
    rely on it: nobody is merged meanwhile."""
    c = t.leads.c
    found: dict[str, UUID] = {
        row[0]: row[1] for row in tx.execute(select(c.address_key, STANDS).where(c.address_key.in_(keys)))
    }
    return found


def belong(tx: Tx, batch: Sequence[Ready]) -> dict[tuple[str, str], UUID]:
    """By external id, the lead that has it."""
    c = t.external_ids.c
    given = [each.who.external for each in batch if each.who.external]
    if not given:
        return {}
    query = select(c.system, c.external_id, c.lead_id).where(tuple_(c.system, c.external_id).in_(given))
    return {(row.system, row.external_id): row.lead_id for row in tx.execute(query)}


def _taken_ids(tx: Tx, batch: Sequence[Ready]) -> set[UUID]:
    wanted = [id for each in batch if (id := enrolling.wanted_id(each.who))]
    return set(tx.execute(select(t.leads.c.id).where(t.leads.c.id.in_(wanted))).scalars()) if wanted else set()


def _create(tx: Tx, new: Sequence[Met]) -> None:
    rows = [enrolling.lead_row(each.lead, each.ready.who, each.ready.key, each.zone_rule or "") for each in new]
    if rows:
        query = insert_once(tx, t.leads).on_conflict_do_nothing().returning(t.leads.c.id)
        if len(tx.execute(query, rows).all()) < len(rows):
            raise LostRaceError


def _link(tx: Tx, met: Sequence[Met]) -> None:
    rows = [
        {"system": external[0], "external_id": external[1], "lead_id": each.lead.id}
        for each in met
        if (external := each.ready.who.external)
    ]
    if rows:
        tx.execute(insert_once(tx, t.external_ids).on_conflict_do_nothing(), rows)
        owners = belong(tx, [each.ready for each in met])
        if any(owners[each.ready.who.external] != each.lead.id for each in met if each.ready.who.external):
            raise LostRaceError


def _log_row(met: Met, now: datetime) -> Row:
    who, kind = met.ready.who, "enrolled" if met.is_new else "inquired_again"
    data = enrolling.log_data(who, met.ready.values)
    return record.log_row(met.lead, kind, now, actor=who.actor, actor_id=who.actor_id, data=data)
