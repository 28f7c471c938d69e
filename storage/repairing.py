"""Merging, erasing, correcting and taking back: what these decisions need to know first, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from domain import keys, selling
from domain.errors import InvalidError, MissingError, RefusedError
from domain.lead import Lead, State
from domain.lifecycle import PEOPLE
from domain.repairs import absorb
from domain.said import Said, Undoable
from storage import enrolling, learning, opportunities, people, record, texts, wakes, webhooks
from storage import tables as t
from storage.archive import MANY_LEADS, Archive, Tx, one_at_a_time
from storage.deciding import open_lead
from storage.facts import load
from storage.people import Decided, Learned
from storage.rows import from_json, to_lead

SECOND_WITHIN = timedelta(days=7)
FINAL = frozenset({"T02", "T39", "T40", "T44"})
"""Repairs are not taken back by another repair of the same kind; operations correct."""


def merge(tx: Tx, archive: Archive, lead_id: UUID, into: UUID, said: Said, note: str | None) -> Decided:
    """This lead turned out to be another one, which stays and takes over everything (T02).

    Touches, events and words stay under the old id and are read with the survivor's.
    """
    one_at_a_time(tx, MANY_LEADS)
    held = {id: load(tx, id)[0] for id in sorted({lead_id, into})}
    survivor = held[into]
    decided = people.decide(tx, archive, lead_id, replace(said, survivor=survivor.lead), Learned(note=note))
    merged = held[lead_id].lead
    after = absorb(survivor.lead, merged)
    record.save(tx, survivor.lead, after)
    learning.rebuild(tx, into, *after.merged_from)
    for table in (t.external_ids, t.opportunities):
        tx.execute(update(table).where(table.c.lead_id == lead_id).values(lead_id=into))
    opportunities.recount(tx, into)
    tx.execute(update(t.leads).where(t.leads.c.merged_into == lead_id).values(merged_into=into))
    _copy_fields(tx, lead_id, into)
    data = {"merged": str(lead_id), "rule": said.reason or "by hand"}
    record.log(tx, after, "merged", archive.clock.now(), actor=said.actor, actor_id=said.actor_id, data=data)
    wakes.wake(tx, into, "merged")
    return decided


def _copy_fields(tx: Tx, merged: UUID, into: UUID) -> None:
    """Names and numbers that the survivor lacks; its own stay."""
    own = texts.get(tx, into, "field")
    c = t.person_texts.c
    rows = tx.execute(select(t.person_texts).where(c.lead_id == merged, c.kind == "field")).mappings()
    new = [{**row, "lead_id": into} for row in rows if (row["kind"], row["ref"]) not in own]
    if new:
        tx.execute(insert(t.person_texts), [{k: v for k, v in row.items() if k != "id"} for row in new])


def erase(tx: Tx, archive: Archive, lead_id: UUID, said: Said) -> Decided:
    """Every word about the person goes, and that of leads merged into this one; codes, counts and times stay (T39).

    The keyed hash of the address stays suppressed, so that no list brings the person back unasked.
    """
    merged = open_lead(tx, archive, lead_id).lead.merged_from
    decided = people.decide(tx, archive, lead_id, said, Learned())
    for other in merged:
        people.decide(tx, archive, other, said, Learned())
    _forget(tx, archive, [lead_id, *merged])
    return decided


def _forget(tx: Tx, archive: Archive, ids: Sequence[UUID]) -> None:
    leads, now = t.leads.c, archive.clock.now()
    for row in tx.execute(select(leads.id, leads.address_key).where(leads.id.in_(ids))).all():
        enrolling.suppress(tx, row.address_key, "erased", "erased", now)
        tx.execute(update(t.leads).where(leads.id == row.id).values(address_key=f"erased:{row.id}", zone_rule=None))
    sends = select(t.ledger.c.id).where(t.ledger.c.lead_id.in_(ids))
    tx.execute(delete(t.link_hits).where(t.link_hits.c.ledger_id.in_(sends)))
    for table in (t.person_texts, t.external_ids, t.learned):
        tx.execute(delete(table).where(table.c.lead_id.in_(ids)))
    _forget_company(tx, ids)
    tx.execute(update(t.events).where(t.events.c.lead_id.in_(ids)).values(data={}))
    tx.execute(update(t.log).where(t.log.c.lead_id.in_(ids)).values(before=None))  # it names the company
    tx.execute(update(t.received).where(t.received.c.lead_id.in_(ids)).values(says=None))
    tx.execute(update(t.webhooks).where(t.webhooks.c.lead_id.in_(ids)).values(says=None))
    tx.execute(update(t.duties).where(t.duties.c.lead_id.in_(ids)).values(answer={}))
    tx.execute(update(t.lead_facts).where(t.lead_facts.c.lead_id.in_(ids)).values(known={}))


def _forget_company(tx: Tx, ids: Sequence[UUID]) -> None:
    """What says beside the lead where they work. Another system's deal goes on, at that company and nobody's."""
    c, p = t.opportunities.c, t.permits.c
    theirs, is_ours = c.lead_id.in_(ids), c.system == opportunities.OURS
    tx.execute(update(t.opportunities).where(theirs, is_ours).values(company=None))
    tx.execute(update(t.opportunities).where(theirs, ~is_ours).values(lead_id=None))
    tx.execute(delete(t.permits).where(p.lead_id.in_(ids), p.scope.not_like(keys.sender_day("%"))))


def correct(tx: Tx, archive: Archive, lead_id: UUID, said: Said, note: str | None, is_admin: bool) -> Decided | None:
    """T40. None when this was the first of two: another of operations has to ask for the same within a week."""
    d = open_lead(tx, archive, lead_id)
    if not is_admin:
        first = _asked_by_another(tx, d.lead, said, d.now - SECOND_WITHIN)
        if first is None:
            if not note or not said.ticket:
                raise InvalidError("a correction needs a note with why and the ticket it belongs to", "note")
            data = {"to": said.to, "rep": said.rep, "ticket": said.ticket}
            log_id = record.log(
                tx, d.lead, "correction_asked", d.now, actor=said.actor, actor_id=said.actor_id, data=data
            )
            texts.put(tx, lead_id, "note", str(log_id), note, d.now)
            return None
        said = replace(said, seconded_by=first)
    return people.decide(tx, archive, lead_id, said, Learned(note=note))


def _asked_by_another(tx: Tx, lead: Lead, said: Said, since: datetime) -> str | None:
    c = t.log.c
    query = select(c.actor_id, c.data).where(c.lead_id == lead.id, c.kind == "correction_asked", c.at >= since)
    asked = [row.actor_id for row in tx.execute(query.order_by(c.id)) if _is_same(row.data, said)]
    return next((who for who in asked if who != said.actor_id), None)


def _is_same(asked: Mapping[str, Any], said: Said) -> bool:  # Any: JSON
    return bool(asked["to"] == said.to and asked["rep"] == said.rep)


def undo(tx: Tx, archive: Archive, lead_id: UUID, said: Said, note: str | None) -> Decided:
    """The newest decision is taken back, and what the engine did because of it (T44)."""
    d = open_lead(tx, archive, lead_id)
    was = last_decision(tx, d.lead)
    decided = people.decide(tx, archive, lead_id, replace(said, undoes=was), Learned(note=note))
    if was:
        c = t.notices.c
        unsent = delete(t.notices).where(c.lead_id == lead_id, c.at >= was.at, c.sent_at.is_(None))
        webhooks.take_back_notices(tx, tx.execute(unsent.returning(t.notices)).mappings().all(), d.now)
        webhooks.take_back(tx, d.release, d.lead, was.at, d.now)
        tx.execute(delete(t.attempts).where(t.attempts.c.lead_id == lead_id, t.attempts.c.at >= was.at))
        _unlearn(tx, d.lead, was, d.now)
    return decided


def _unlearn(tx: Tx, lead: Lead, was: Undoable, now: datetime) -> None:
    """What came with the decision was not said either."""
    c, x = t.log.c, t.learned.c
    query = select(c.id).where(c.lead_id == lead.id, c.kind == "disposition", c.at == was.at, c.id > was.log_id)
    evidence = [f"log:{log_id}" for log_id in tx.execute(query).scalars()]
    rows = tx.execute(select(x.id, x.fact).where(x.lead_id == lead.id, x.taken_back_at.is_(None))).all()
    ids = [row.id for row in rows if row.fact["evidence"] in evidence]
    tx.execute(update(t.learned).where(x.lead_id == lead.id, x.taken_back_at == was.at).values(taken_back_at=None))
    tx.execute(update(t.learned).where(x.id.in_(ids)).values(taken_back_at=now))
    learning.rebuild(tx, lead.id, *lead.merged_from)
    tx.execute(delete(t.duties).where(t.duties.c.lead_id == lead.id, t.duties.c.opened_at == was.at))


def retract(tx: Tx, archive: Archive, lead_id: UUID, source: str, event_id: str, by: Said, note: str | None) -> Decided:
    """An event never happened, or was somebody else's: it and what it taught count no more. A lead that sales has not
    accepted yet and that is ready no more without it comes back (T41)."""
    d = open_lead(tx, archive, lead_id)
    ids, e, x = [lead_id, *d.lead.merged_from], t.events.c, t.learned.c
    query = select(e.id, e.name, e.taken_back_at).where(e.lead_id.in_(ids), e.source == source, e.event_id == event_id)
    row = tx.execute(query).first()
    if row is None:
        raise MissingError(f"this lead has no event {event_id} from {source}; its timeline names those it has")
    if row.taken_back_at:
        raise RefusedError("this event was taken back already")
    tx.execute(update(t.events).where(e.id == row.id).values(taken_back_at=d.now))
    told = tx.execute(select(x.id, x.fact).where(x.lead_id.in_(ids), x.taken_back_at.is_(None))).all()
    taught = [one.id for one in told if one.fact["evidence"] == f"event:{row.id}"]
    tx.execute(update(t.learned).where(x.id.in_(taught)).values(taken_back_at=d.now))
    learning.rebuild(tx, lead_id, *d.lead.merged_from)
    data = {"event": row.name, "event_row": row.id, "source": source}
    log_id = record.log(tx, d.lead, "taken_back", d.now, actor=by.actor, actor_id=by.actor_id, data=data)
    if note:
        texts.put(tx, lead_id, "note", str(log_id), note, d.now)
    d.reload()
    if selling.stands_on_nothing(d.ctx):
        d.take(selling.withdrawn(d.ctx, f"evidence taken back: {row.name}"))
    return Decided(lead_id, wakes.wake(tx, lead_id, "evidence taken back"))


def last_decision(tx: Tx, lead: Lead) -> Undoable | None:
    """The transitions since (and with) the last one a person caused, undone in thought: the lead before them."""
    c = t.log.c
    query = select(t.log).where(c.lead_id == lead.id, c.kind == "transition").order_by(c.id.desc()).limit(20)
    rows = tx.execute(query).mappings().all()
    last = next((row for row in rows if row["actor"] in PEOPLE), None)
    if last is None or last["transition"] in FINAL:
        return None
    same = (last["at"], last["actor"], last["actor_id"])
    taken = [row for row in rows if row["id"] > last["id"] or (row["at"], row["actor"], row["actor_id"]) == same]
    columns = dict(tx.execute(select(t.leads).where(t.leads.c.id == lead.id)).mappings().one())
    for row in taken:
        columns |= from_json(row["before"] or {})
    return Undoable(last["actor_id"], last["at"], last["id"], to_lead(columns), _left_the_house(tx, lead, last["at"]))


def _left_the_house(tx: Tx, lead: Lead, at: datetime) -> str | None:
    sends, told = t.ledger.c, t.notices.c
    touch = tx.execute(select(sends.touch).where(sends.lead_id == lead.id, sends.claimed_at >= at)).scalar()
    if touch:
        return f"the buyer was sent {touch} since"
    person = tx.execute(
        select(told.person).where(told.lead_id == lead.id, told.at >= at, told.sent_at.is_not(None))
    ).scalar()
    return f"{person} has been told of it" if person else None


def bring(tx: Tx, archive: Archive, lead_id: UUID, said: Said) -> Decided | None:
    """T42 for a lead that came in this very transaction; one that was here before stays where it stands."""
    d = open_lead(tx, archive, lead_id)
    if d.lead.state is not State.NEW:
        return None
    return people.decide(tx, archive, lead_id, said, Learned())
