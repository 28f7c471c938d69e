"""What another system told us about one lead: facts, events, opt-outs and decisions, all of it or nothing, once.

What was taken is never taken again; what was refused, or about somebody unknown, may be sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from domain.addresses import email_address
from domain.errors import InvalidError, MissingError, NurtureError
from domain.lead import Source
from domain.said import Deal, Said
from storage import deals, enrolling, events, people, reading, record, wakes
from storage import tables as t
from storage.archive import Archive, Tx, insert_once, machine_now
from storage.deciding import open_lead
from storage.enrolling import Enrolment
from storage.events import Happening
from storage.people import Learned
from storage.wakes import Wake

TAKEN, REPEATED, IGNORED, REFUSED, UNKNOWN = "taken", "repeated", "ignored", "refused", "unknown"
LONGEST_SAYS = 500
QUOTED = re.compile("“.*?”", re.DOTALL)
"""What somebody sent may be about a person; the sender is told, the archive keeps only what was wrong with it."""


@dataclass(frozen=True)
class Decision:
    """`given` are the decision's fields as texts, by the names the API gives them."""

    command: str
    given: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """One item, read through its mapping. `facts` are still as written."""

    hook: str
    system: str
    event_id: str
    at: datetime | None = None
    lead: str = ""
    external: str = ""
    email: str = ""
    enrols: bool = False
    trust: Source = Source.ENRICHMENT
    facts: Mapping[str, Any] = field(default_factory=dict)  # Any: as somebody sent it
    event: str | None = None
    opts_out: bool = False
    has_bounced: bool = False
    decisions: Sequence[Decision] = ()
    deal: Mapping[str, str] | None = None
    is_ignored: bool = False


@dataclass(frozen=True)
class Outcome:
    what: str
    lead_id: UUID | None = None
    says: str | None = None
    wake: Wake | None = None
    status: int = 200


def take(archive: Archive, told: Told) -> Outcome:
    """One transaction. What the rules refuse is an outcome and recorded; a bug is raised, and nothing is recorded."""
    try:
        with archive.begin() as tx:
            if not _is_first(tx, told):
                return Outcome(REPEATED)
            outcome = Outcome(IGNORED) if told.is_ignored else _take(tx, archive, told)
            _keep(tx, told, outcome)
            return outcome
    except NurtureError as error:
        if error.status >= 500:
            raise
        what = UNKNOWN if isinstance(error, MissingError) else REFUSED
        outcome = Outcome(what, says=error.sentence, status=error.status)
    with archive.begin() as tx:
        _keep(tx, told, outcome)
    return outcome


def _is_first(tx: Tx, told: Told) -> bool:
    """A second one like it waits here for the first one's commit."""
    c = t.received.c
    row = {"hook": told.hook, "event_id": told.event_id, "at": machine_now(), "outcome": REFUSED}
    query = insert_once(tx, t.received).values(row).on_conflict_do_nothing()
    if tx.execute(query.returning(c.hook)).scalar() is not None:
        return True
    same = select(c.outcome).where(c.hook == told.hook, c.event_id == told.event_id).with_for_update()
    return tx.execute(same).scalar_one() not in (TAKEN, IGNORED)


def _keep(tx: Tx, told: Told, outcome: Outcome) -> None:
    says = QUOTED.sub("“…”", outcome.says)[:LONGEST_SAYS] if outcome.says else None
    values = {"at": machine_now(), "outcome": outcome.what, "lead_id": outcome.lead_id, "says": says}
    query = insert_once(tx, t.received).values(hook=told.hook, event_id=told.event_id, **values)
    c = t.received.c
    is_open = c.outcome.not_in((TAKEN, IGNORED))
    kept = query.on_conflict_do_update(index_elements=["hook", "event_id"], set_=values, where=is_open)
    tx.execute(kept)


def _take(tx: Tx, archive: Archive, told: Told) -> Outcome:
    if told.deal is not None and not (told.lead or told.external or told.email):
        _deal_told(tx, archive, None, told, told.deal)
        return Outcome(TAKEN)
    try:
        lead_id, wake = _whose(tx, archive, told)
    except MissingError:
        if told.deal is None or not told.deal.get("company") or told.decisions:
            raise
        _deal_told(tx, archive, None, told, told.deal)
        return Outcome(TAKEN)
    if told.external:
        row = {"system": told.system, "external_id": told.external, "lead_id": lead_id}
        tx.execute(insert_once(tx, t.external_ids).values(row).on_conflict_do_nothing())
    if told.deal is not None:
        wake = _deal_told(tx, archive, lead_id, told, told.deal) or wake
    if told.opts_out:
        wake = enrolling.opt_out(tx, archive, lead_id, told.hook) or wake
    if told.has_bounced:
        wake = _bounced(tx, archive, lead_id, told) or wake
    if told.event:
        source = f"hook:{told.hook}"[:64]
        what = Happening(told.event, source, told.event_id, told.at, learned=told.facts, learned_from=told.trust)
        wake = events.happen(tx, archive, lead_id, what)[1] or wake
    elif told.facts and not told.decisions:
        learned = Learned(told.facts, told.trust)
        wake = people.change_facts(tx, archive, lead_id, learned, "EVT", told.hook).wake
    for number, decision in enumerate(told.decisions):
        facts = told.facts if number == 0 and not told.event else {}
        wake = _decide(tx, archive, lead_id, told, decision, facts)
    return Outcome(TAKEN, lead_id, wake=wake)


def _deal_told(tx: Tx, archive: Archive, lead_id: UUID | None, told: Told, deal: Mapping[str, str]) -> Wake | None:
    """Of a lead, or of a company where nobody is a lead of ours; a deal may also say later whose it is."""
    close_on = moment(deal["close_on"]).date() if deal.get("close_on") else None
    return deals.take(tx, archive, lead_id, told.system, deal, close_on, told.at)


def _whose(tx: Tx, archive: Archive, told: Told) -> tuple[UUID, Wake | None]:
    """Raises MissingError for somebody nobody here knows, unless the hook enrols such people."""
    found = reading.by_id(tx, told.lead) if told.lead else None
    if found is None and told.external:
        found = reading.by_external(tx, told.system, told.external)
    if found is None and told.email:
        found = reading.by_address(tx, archive, email_address(told.email))
    if found is not None:
        return found, None
    if not (told.enrols and told.email):
        raise MissingError("no lead is known by this; enrol it, or let the hook do so: unknown: enrol")
    external = (told.system, told.external) if told.external else None
    who = Enrolment(told.email, told.facts, told.hook, told.trust, "EVT", told.hook, external)
    enrolled = enrolling.enrol(tx, archive, who)
    return enrolled.lead_id, enrolled.wake


def _bounced(tx: Tx, archive: Archive, lead_id: UUID, told: Told) -> Wake | None:
    """Nothing more goes to this address. None when that was known."""
    d = open_lead(tx, archive, lead_id)
    if d.lead.has_bounced:
        return None
    d.change(has_bounced=True)
    record.log(tx, d.lead, "bounced", d.now, actor="EVT", actor_id=told.hook, data={"event": told.event_id})
    return wakes.wake(tx, lead_id, "bounced")


def _decide(tx: Tx, archive: Archive, lead_id: UUID, told: Told, decision: Decision, facts: Mapping[str, Any]) -> Wake:
    """As the owner's own decision, which the other system passes on; the note says through which. Any: facts."""
    row = tx.execute(select(t.leads.c.owner, t.leads.c.returned_by).where(t.leads.c.id == lead_id)).one()
    said = said_of(decision, row.owner or row.returned_by or told.hook, archive.clock.now())
    note = "\n".join(filter(None, (decision.given.get("note"), f"Entered in {told.system}")))
    return people.decide(tx, archive, lead_id, said, Learned(facts, Source.REP, note)).wake


def said_of(decision: Decision, rep: str, now: datetime) -> Said:
    """Raises InvalidError for a field that cannot be understood."""
    given = decision.given
    resume_on = moment(given["resume_on"]) if given.get("resume_on") else None
    if resume_on and resume_on <= now:
        raise InvalidError("resume_on must be a day to come", "resume_on")
    texts = {name: given.get(name) or None for name in ("reason", "criterion", "stage", "outcome", "channel")}
    has = {name: bool(given.get(name)) for name in ("referral", "competitor")}
    note_length = len((given.get("note") or "").strip())
    return Said(
        decision.command,
        "REP",
        rep,
        note_length=note_length,
        resume_on=resume_on,
        deal=_deal(given),
        has=has,
        **texts,  # type: ignore[arg-type]  # fields of Said by name
    )


def _deal(given: Mapping[str, str]) -> Deal | None:
    if not given.get("amount"):
        return None
    close_on = moment(given["close_on"]).date() if given.get("close_on") else None
    try:
        return Deal(float(given["amount"]), given.get("currency", ""), close_on, given.get("forecast") or None)
    except ValueError:
        raise InvalidError("an amount is a number, such as 12000 or 2.5", "amount") from None


def moment(text: str) -> datetime:
    """A day, an instant with its zone, or the seconds or milliseconds since 1970 that machines send. Aware UTC."""
    try:
        if text.isascii() and text.isdigit() and len(text) in (10, 13):
            return datetime.fromtimestamp(int(text) / 10 ** (len(text) - 10), UTC)
        found = datetime.fromisoformat(text)
        if found.tzinfo or len(text) == 10:
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidError("a moment is written 2027-03-31 or 2027-03-31T09:00:00Z, or as seconds since 1970", "at")


def listed(tx: Tx, hook: str | None, outcome: str | None, limit: int) -> Sequence[RowMapping]:
    """The newest first."""
    c = t.received.c
    query = select(t.received).order_by(c.at.desc())
    if hook:
        query = query.where(c.hook == hook)
    if outcome:
        query = query.where(c.outcome == outcome)
    return tx.execute(query.limit(limit)).mappings().all()
