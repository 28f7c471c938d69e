"""What a webhook says, put together when it is sent: from the log, which never changes, or from the lead as it is."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, select

from domain.hooks import Endpoint
from domain.lead import Known, State
from domain.release import Release
from storage import notices, reading
from storage import tables as t
from storage.archive import Tx
from storage.notices import Notice
from storage.rows import to_known
from storage.webhooks import Webhook

NOBODY = (State.MERGED, State.ERASED)


def event(tx: Tx, webhook: Webhook) -> dict[str, Any]:  # Any: JSON
    """Ids, codes, numbers and times, never words about a person: the receiver asks the API for those. `number` grows
    with time, for receivers who get two in the wrong order."""
    row = tx.execute(select(t.log).where(t.log.c.id == webhook.log_id)).mappings().one()
    lead = tx.execute(select(t.leads).where(t.leads.c.id == webhook.lead_id)).mappings().one()
    said = {name: row[name] for name in ("transition", "actor", "actor_id", "reason", "cycle") if row[name] is not None}
    return {
        "type": webhook.event,
        "timestamp": row["at"].isoformat(),
        "data": {
            "number": row["id"],
            "lead": str(lead["id"]),
            "external": _external(tx, lead["id"]),
            "from": row["from_state"],
            "to": row["to_state"],
            **said,
            "offering": lead["offering"],
            "company": lead["company"],
            "details": row["data"],
        },
    }


def _external(tx: Tx, lead_id: UUID) -> list[dict[str, str]]:
    return [{"system": one["system"], "id": one["id"]} for one in reading.beside(tx, lead_id)["external"]]


def record(tx: Tx, release: Release, endpoint: Endpoint, webhook: Webhook) -> dict[str, Any] | None:  # Any: values
    """What a record's templates may name, as known now: a late try never writes what is overtaken. None when there is
    nobody left to write about."""
    lead = tx.execute(select(t.leads).where(t.leads.c.id == webhook.lead_id)).mappings().one()
    if State(lead["state"]) in NOBODY or endpoint.record is None:
        return None
    lead_id: UUID = lead["id"]
    raw = tx.execute(select(t.lead_facts.c.known).where(t.lead_facts.c.lead_id == lead_id)).scalar_one()
    return {
        **_groups(release, to_known(raw), reading.persons(tx, [lead_id]).get(lead_id, {}), lead),
        "state": endpoint.record.states.get(State(lead["state"])),
        "event": webhook.event,
        "owner": _owner(release, lead["owner"]),
    }


def _groups(release: Release, known: dict[str, Known], person: dict[str, str], lead: RowMapping) -> dict[str, Any]:
    """Every declared field by its group, None while unknown. Any: values of many types."""
    groups: dict[str, dict[str, Any]] = {"lead": {}, "company": {}, "fact": {}, "inquiry": {}}  # Any: as above
    for name, field in release.fields.items():
        group, _, short = name.partition(".")
        value = person.get(short) if field.personal else known[name].value if name in known else None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        groups[group][short] = value.isoformat() if isinstance(value, date) else value
    groups["lead"] |= {
        "id": str(lead["id"]),
        "email": person.get("email"),
        "state": lead["state"],
        "stage": lead["stage"],
        "track": lead["track"],
        "reason": lead["return_reason"],
        "has_opted_out": lead["has_opted_out"],
    }
    groups["company"]["domain"] = groups["company"].get("domain") or lead["company"]
    return groups


def _owner(release: Release, id: str | None) -> dict[str, str | None]:
    person = release.people.get(id or "")
    return {"id": id, "name": person.name if person else None, "email": person.address if person else None}


def notice(tx: Tx, webhook: Webhook) -> Notice | None:
    """None when it was taken back."""
    c = t.notices.c
    query = select(c.id, c.lead_id, c.person, c.kind, c.data, c.at, c.tries, c.next_try_at)
    row = tx.execute(query.where(c.id == webhook.notice_id)).first()
    return notices.Notice(*row) if row else None
