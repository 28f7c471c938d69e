"""Mails to our own people: written with the change they tell of, sent right after, again if a crash came between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from domain.clocks import PROMISES
from domain.release import Release
from storage import tables as t
from storage.archive import Archive, Tx, machine_now

RETRY = (5, 30, 120, 600, 3600)
"""Seconds until the next try; after the last one it stays at an hour."""
GRACE, LEASE = timedelta(seconds=3), timedelta(seconds=90)
"""A fresh notice is left to its activity so long; one that is being sent, to whoever sends it."""


@dataclass(frozen=True)
class Notice:
    """`data` holds ids and codes; the words are put together when it is sent."""

    id: UUID
    lead_id: UUID | None
    person: str
    kind: str
    data: Mapping[str, object]
    at: datetime
    tries: int
    next_try_at: datetime


def tell(tx: Tx, person: str, kind: str, lead_id: UUID | None, at: datetime, **data: object) -> UUID:
    """Queue a notice in this transaction. It is sent by the activity after its commit, else by the relay."""
    told = row(person, kind, lead_id, at, data)
    tx.execute(insert(t.notices).values(told))
    notice_id: UUID = told["id"]
    return notice_id


def tell_many(tx: Tx, kind: str, at: datetime, told: Sequence[tuple[str, UUID | None, Mapping[str, object]]]) -> None:
    """The same to several people about several leads, in one go."""
    if told:
        tx.execute(insert(t.notices), [row(person, kind, lead_id, at, data) for person, lead_id, data in told])


def row(
    person: str, kind: str, lead_id: UUID | None, at: datetime, data: Mapping[str, object]
) -> dict[str, Any]:  # Any: column values
    now = machine_now()
    return {
        "id": uuid4(),
        "lead_id": lead_id,
        "person": person,
        "kind": kind,
        "data": dict(data),
        "at": at,
        "recorded_at": now,
        "tries": 0,
        "next_try_at": now + GRACE if lead_id else now,  # no activity sends what is about no lead
    }


def unsent(archive: Archive, lead_id: UUID | None = None, limit: int = 50) -> list[Notice]:
    """Of one lead, right after its activity's commit; or of all, when their next try is due."""
    c = t.notices.c
    query = select(c.id, c.lead_id, c.person, c.kind, c.data, c.at, c.tries, c.next_try_at).where(c.sent_at.is_(None))
    query = (
        query.where(c.lead_id == lead_id, c.tries == 0, c.next_try_at <= machine_now() + GRACE)
        if lead_id
        else query.where(c.next_try_at <= machine_now())
    )
    with archive.reading() as tx:
        return [Notice(*row) for row in tx.execute(query.order_by(c.recorded_at).limit(limit))]


def circumstances(tx: Tx, release: Release, notice: Notice) -> dict[str, object]:
    """What it is about, whose it is and until when, as of now: the task, else the clock that runs."""
    owner = notice.data.get("owner")
    if "task" in notice.data:
        c = t.tasks.c
        row = tx.execute(
            select(c.touch, c.event, c.owner, c.due_at).where(c.id == UUID(str(notice.data["task"])))
        ).first()
        if row is None:
            return {}
        found, event = release.find_touch(row.touch or ""), release.events.get(row.event or "")
        task = found[1].name if found else event.say if event else row.touch or row.event
        return {"task": task, "due_at": row.due_at, "owner": name_of(release, owner or row.owner)}
    if "offer" in notice.data:
        offer_id = UUID(str(notice.data["offer"]))
        return {"due_at": tx.execute(select(t.offers.c.accept_by).where(t.offers.c.id == offer_id)).scalar()}
    clock = notice.data.get("clock")
    lead = t.leads.c
    query = select(lead.clock_due_at).where(lead.id == notice.lead_id, lead.clock_name == clock)
    due_at = tx.execute(query).scalar() if clock else None
    return {"promise": PROMISES.get(str(clock)), "due_at": due_at, "owner": queue_of(notice) or name_of(release, owner)}


def queue_of(notice: Notice) -> str | None:
    return f"the queue of {notice.data['team']}" if notice.data.get("team") else None


def name_of(release: Release, person: object) -> str | None:
    found = release.people.get(str(person))
    return found.name if found else None


def page_of(notice: Notice) -> str:
    """Where one can do what the notice asks for."""
    if "page" in notice.data:
        return str(notice.data["page"])
    for kind in ("handoff", "task"):
        if kind in notice.data:
            return f"/{kind}s/{notice.data[kind]}"
    return f"/leads/{notice.lead_id}" if notice.lead_id else "/leads?state=INQUIRY"


def claim(archive: Archive, notice: Notice) -> bool:
    """Whether this one is ours to send: an activity and the relay may have found the same."""
    c = t.notices.c
    mine = update(t.notices).where(c.id == notice.id, c.sent_at.is_(None), c.next_try_at == notice.next_try_at)
    with archive.begin() as tx:
        return bool(tx.execute(mine.values(next_try_at=machine_now() + LEASE)).rowcount)


def record(archive: Archive, notice: Notice, is_sent: bool) -> None:
    now = machine_now()
    later = now + timedelta(seconds=RETRY[min(notice.tries, len(RETRY) - 1)])
    values = {"sent_at": now} if is_sent else {"tries": notice.tries + 1, "next_try_at": later}
    with archive.begin() as tx:
        tx.execute(update(t.notices).where(t.notices.c.id == notice.id).values(values))
        if is_sent and "offer" in notice.data:
            offer_id = UUID(str(notice.data["offer"]))
            tx.execute(update(t.offers).where(t.offers.c.id == offer_id).values(notified_at=archive.clock.now()))
