"""A person becomes a lead: found again by the keyed hash of the address, or new. One transaction, one wake."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from domain import keys
from domain.addresses import email_address
from domain.calendar import zone_of
from domain.errors import ConflictError
from domain.lead import Lead, Source, State, Value
from domain.release import Release
from domain.values import company_domain
from storage import learning, record, texts, wakes
from storage import tables as t
from storage.archive import Archive, Tx, insert_once
from storage.facts import load
from storage.reading import STANDS
from storage.rows import from_lead
from storage.wakes import Wake


@dataclass(frozen=True)
class Enrolment:
    """Somebody who showed interest. `values` are raw, by field name; refused whole when one is not understood."""

    email: str
    values: Mapping[str, Any] = field(default_factory=dict)  # Any: as somebody sent it
    origin: str = "api"
    source: Source = Source.FORM
    actor: str = "EVT"
    actor_id: str | None = None
    external: tuple[str, str] | None = None
    offering: str | None = None
    consent: Mapping[str, str] = field(default_factory=dict)
    has_opted_out: bool = False
    is_do_not_call: bool = False
    events: tuple[tuple[str, datetime | None], ...] = ()
    has_bounced: bool = False
    id: UUID | None = None
    """Of a new lead, where nobody has that id yet; else it comes from `external`, or from nothing."""


@dataclass(frozen=True)
class Enrolled:
    lead_id: UUID
    is_new: bool
    wake: Wake


def enrol(tx: Tx, archive: Archive, who: Enrolment) -> Enrolled:
    """New, or known and told more. Raises InvalidError for an address or a value that cannot be, ConflictError
    for an external id that belongs to somebody else."""
    release, now = archive.live(tx), archive.clock.now()
    address, values = understood(release, who)
    key = keys.address_key(archive.secret, address)
    lead_id = tx.execute(select(STANDS).where(t.leads.c.address_key == key)).scalar()
    lead_id, is_new = (lead_id, False) if lead_id else _create(tx, archive, release, who, key, values, now)
    if is_new:
        texts.put(tx, lead_id, "address", "email", address, now)
    facts, _ = load(tx, lead_id)
    now = archive.clock.now()  # after the lock: what committed before it came before
    lead = _flags(tx, facts.lead, who, key, now)
    _link_external(tx, lead_id, who.external)
    kind = "enrolled" if is_new else "inquired_again"
    data = log_data(who, values)
    log_id = record.log(tx, lead, kind, now, actor=who.actor, actor_id=who.actor_id, data=data)
    if who.consent.get("text"):
        texts.put(tx, lead_id, "consent", str(log_id), who.consent["text"], now)
    learning.learn(tx, lead, release, values, who.source, f"log:{log_id}", now)
    for name, at in who.events:
        when = learning.now_or(at, now)
        learning.happen(tx, lead_id, "enrol", f"{log_id}/{name}", name, when, now)
    return Enrolled(lead_id, is_new, wakes.wake(tx, lead_id, kind))


def understood(release: Release, who: Enrolment) -> tuple[str, dict[str, Value]]:
    """The address and the values as they are kept. Raises InvalidError naming the field."""
    address = email_address(who.email)
    values = learning.understand(release, who.values)
    if company := company_domain(values.get("company.domain"), address):
        values["company.domain"] = company
    return address, values


def log_data(who: Enrolment, values: Mapping[str, Value]) -> dict[str, object]:
    return {"origin": who.origin, "fields": sorted(values), "consent_basis": who.consent.get("basis")}


def _create(
    tx: Tx,
    archive: Archive,
    release: Release,
    who: Enrolment,
    key: str,
    values: Mapping[str, Value],
    now: datetime,
) -> tuple[UUID, bool]:
    """Two at once for one address: the unique key lets one create, the other finds it. An id that was somebody
    else's, merged or erased since, is not used again."""
    wanted = wanted_id(who) or uuid4()
    lead, rule = new_lead(wanted, release, who, values, now)
    for id in (wanted, uuid4()):
        row = lead_row(replace(lead, id=id), who, key, rule)
        query = insert_once(tx, t.leads).values(row).on_conflict_do_nothing()
        if tx.execute(query.returning(t.leads.c.id)).scalar() is not None:
            learning.start(tx, id)
            return id, True
        if found := tx.execute(select(STANDS).where(t.leads.c.address_key == key)).scalar():
            return found, False
    raise AssertionError("a fresh id was taken")


def wanted_id(who: Enrolment) -> UUID | None:
    return who.id or (keys.lead_id(*who.external) if who.external else None)


def new_lead(
    id: UUID, release: Release, who: Enrolment, values: Mapping[str, Value], now: datetime
) -> tuple[Lead, str]:
    """As nobody has written it yet, and the rule that found its time zone."""
    zone, rule = _zone(release, values)
    country = values.get("lead.country") or values.get("company.country")
    company = values.get("company.domain")
    lead = Lead(
        id=id,
        state=State.NEW,
        created_at=now,
        state_entered_at=now,
        offering=who.offering,
        company=str(company) if company else None,
        country=str(country)[:8] if country else None,
        time_zone=zone,
    )
    return lead, rule


def lead_row(lead: Lead, who: Enrolment, key: str, zone_rule: str) -> dict[str, Any]:  # Any: column values
    beside = {"address_key": key, "origin": who.origin[:64], "zone_rule": zone_rule, "step_seq": 0}
    return {**from_lead(lead), **beside}


def _zone(release: Release, values: Mapping[str, Value]) -> tuple[str, str]:
    own = values.get("lead.time_zone")
    countries = [str(values[n]) for n in ("lead.country", "company.country") if n in values]
    return zone_of(str(own) if own else None, countries, release.defaults.time_zone)


def _flags(tx: Tx, lead: Lead, who: Enrolment, key: str, now: datetime) -> Lead:
    """Opt-outs only ever get stricter here; taking one back needs the person's own act."""
    after = flagged(lead, who)
    record.save(tx, lead, after)
    if reason := suppressed_for(who):
        suppress(tx, key, reason, who.origin, now)
    return after


def flagged(lead: Lead, who: Enrolment) -> Lead:
    return replace(
        lead,
        has_opted_out=lead.has_opted_out or who.has_opted_out,
        is_do_not_call=lead.is_do_not_call or who.is_do_not_call,
        has_bounced=lead.has_bounced or who.has_bounced,
    )


def suppressed_for(who: Enrolment) -> str | None:
    return "opted_out" if who.has_opted_out else "bounced" if who.has_bounced else None


def suppress(tx: Tx, key: str, reason: str, source: str, now: datetime) -> None:
    suppress_many(tx, {key: reason}, source, now)


def suppress_many(tx: Tx, reasons: Mapping[str, str], source: str, now: datetime) -> None:
    """By the keyed hash of an address, why; who is suppressed already stays so for the first reason."""
    rows = [{"address_key": key, "reason": why, "at": now, "source": source[:64]} for key, why in reasons.items()]
    if rows:
        tx.execute(insert_once(tx, t.suppressions).on_conflict_do_nothing(), rows)


def opt_out(tx: Tx, archive: Archive, lead_id: UUID, source: str) -> Wake | None:
    """Honoured at once, for the address and for the lead. None when it was so already."""
    facts, _ = load(tx, lead_id)
    if facts.lead.merged_into:
        opt_out(tx, archive, facts.lead.merged_into, source)
    key = tx.execute(select(t.leads.c.address_key).where(t.leads.c.id == lead_id)).scalar_one()
    now = archive.clock.now()
    suppress(tx, key, "opted_out", source, now)
    if facts.lead.has_opted_out:
        return None
    record.save(tx, facts.lead, replace(facts.lead, has_opted_out=True))
    record.log(tx, facts.lead, "opted_out", now, actor="EVT", data={"source": source})
    return wakes.wake(tx, lead_id, "opted_out")


def _link_external(tx: Tx, lead_id: UUID, external: tuple[str, str] | None) -> None:
    if external is None:
        return
    system, external_id = external
    row = {"system": system, "external_id": external_id}
    tx.execute(insert_once(tx, t.external_ids).values(**row, lead_id=lead_id).on_conflict_do_nothing())
    if tx.execute(select(t.external_ids.c.lead_id).filter_by(**row)).scalar_one() != lead_id:
        raise ConflictError(f"{system}:{external_id} is another lead already")
