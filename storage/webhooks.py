"""What other systems and channels are told: a row per endpoint, written with the change it tells of or right after,
sent by a worker's relay, tried again for three days, then dead and kept until somebody sends it again.

Like the mails to our own people it is claimed before it is sent, so a worker that dies leaves it to the next one.
Who receives may get one twice and knows it by its id.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, insert, or_, select, tuple_, update

from domain.errors import MissingError, RefusedError
from domain.hooks import ANNOUNCED
from domain.lead import Lead, State
from domain.release import Release
from storage import paging
from storage import tables as t
from storage.archive import Archive, Tx, insert_once, machine_now

WAITING, SENT, DEAD, DROPPED = "waiting", "sent", "dead", "dropped"
STATUSES = (WAITING, SENT, DEAD, DROPPED)
RETRY = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
"""Seconds until the next try, as the Standard Webhooks specification suggests: three days and a half in all."""
LONGEST_WAIT = 86_400.0
LEASE = timedelta(seconds=90)
"""One that is being sent is left to whoever sends it so long: longer than a batch can take."""
BATCH = 10
KEPT = timedelta(days=30)
GONE = "410"
LONGEST_SAYS = 300
PERSONAL = re.compile(r"(?<![^\s\"'<>,;:=])[^\s\"'<>,;:=]+@[^\s\"'<>,;:=]+|\+?\d[\d ()-]{6,}\d")
"""Addresses and telephone numbers: an answer repeats what was sent, and the reason needs no person. An address begins
where a word does and is looked for nowhere else: an answer may be one word of thousands of letters."""
UNDONE, TAKEN_BACK = "T44", "taken_back"
"""The transition that takes back, and the notice that says so."""
LISTED = (
    "id",
    "endpoint",
    "event",
    "lead_id",
    "at",
    "recorded_at",
    "status",
    "tries",
    "next_try_at",
    "ended_at",
    "code",
    "says",
)


@dataclass(frozen=True)
class Webhook:
    id: UUID
    endpoint: str
    event: str
    lead_id: UUID | None
    log_id: int | None
    notice_id: UUID | None
    at: datetime
    tries: int


COLUMNS = tuple(t.webhooks.c[name] for name in Webhook.__dataclass_fields__)


def announce(tx: Tx, release: Release, lead: Lead, transition: str, now: datetime) -> None:
    """Queue the lead's newest transition for every endpoint that wants it, in the transaction that made it."""
    event = ANNOUNCED[transition]
    wanted = [name for name, endpoint in release.endpoints.items() if endpoint.wants(event)]
    if wanted:
        c = t.log.c
        newest = select(func.max(c.id)).where(c.lead_id == lead.id, c.kind == "transition")
        log_id = tx.execute(newest).scalar_one()
        _queue(
            tx, [{"endpoint": name, "event": event, "lead_id": lead.id, "log_id": log_id, "at": now} for name in wanted]
        )


def take_back(tx: Tx, release: Release, lead: Lead, since: datetime, now: datetime) -> None:
    """What was announced of this lead since then is undone: whoever was told of it hears that too, although they asked
    for other events only. To be called when the undoing itself was announced."""
    c = t.webhooks.c
    newest = tx.execute(select(func.max(t.log.c.id)).where(t.log.c.lead_id == lead.id, t.log.c.transition == UNDONE))
    log_id = newest.scalar_one()
    found = (c.lead_id == lead.id, c.at >= since, c.status.in_((WAITING, SENT)))
    told = select(c.endpoint).where(*found, c.log_id < log_id).distinct().order_by(c.endpoint)
    knows = set(tx.execute(select(c.endpoint).where(c.lead_id == lead.id, c.log_id == log_id)).scalars())
    names = [name for name in tx.execute(told).scalars() if name in release.endpoints and name not in knows]
    row = {"event": ANNOUNCED[UNDONE], "lead_id": lead.id, "log_id": log_id, "at": now}
    _queue(tx, [{"endpoint": name, **row} for name in names])


def take_back_notices(tx: Tx, notices: Sequence[RowMapping], now: datetime) -> None:
    """Of notices that are taken back: the channels that were shown one are shown that it holds no more, right after it.
    One that is still to be posted is not (see `drop`)."""
    c, of = t.webhooks.c, {row["id"]: row for row in notices}
    is_out = or_(c.status == SENT, and_(c.status == WAITING, c.next_try_at > machine_now()))
    rows = tx.execute(select(c.endpoint, c.notice_id).where(c.notice_id.in_(of), is_out)).all()
    for notice_id in sorted({row.notice_id for row in rows}):
        was = of[notice_id]
        corrected = {**was, "id": uuid4(), "kind": TAKEN_BACK, "data": {"was": was["kind"]}, "at": now}
        done = {"sent_at": now, "posted_at": now}  # no mail went out, and no other channel was shown it
        tx.execute(insert(t.notices).values({**corrected, **done, "recorded_at": machine_now()}))
        row = {"event": TAKEN_BACK, "lead_id": was["lead_id"], "notice_id": corrected["id"], "at": now}
        _queue(tx, [{"endpoint": one.endpoint, **row} for one in rows if one.notice_id == notice_id])


def post_notices(archive: Archive) -> None:
    """Every notice nobody has posted yet, to the channels that hear of it. Once each, however many workers look."""
    c = t.notices.c
    with archive.reading() as tx:  # mostly there is none, and SQLite's writers need not wait for that
        if tx.execute(select(c.id).where(c.posted_at.is_(None)).limit(1)).first() is None:
            return
    with archive.begin() as tx:
        mine = update(t.notices).where(c.posted_at.is_(None)).values(posted_at=machine_now())
        found = tx.execute(mine.returning(c.id, c.lead_id, c.person, c.kind, c.at)).all()
        release = archive.live(tx)
        rows = [
            {"endpoint": name, "event": row.kind, "lead_id": row.lead_id, "notice_id": row.id, "at": row.at}
            for row in found
            for name, endpoint in release.endpoints.items()
            if endpoint.hears(row.kind, row.person, _team(release, row.person))
        ]
        _queue(tx, rows)


def _team(release: Release, person: str) -> str:
    return release.people[person].team if person in release.people else ""


def _queue(tx: Tx, rows: Sequence[Mapping[str, object]]) -> None:
    now = machine_now()
    blank = {"log_id": None, "notice_id": None, "recorded_at": now, "status": WAITING, "tries": 0, "next_try_at": now}
    if rows:
        tx.execute(insert(t.webhooks), [{"id": uuid4(), **blank, **row} for row in rows])


def claim_due(archive: Archive, busy: Collection[str] = (), only: str | None = None) -> list[Webhook]:
    """The next of every endpoint that is on and not busy, the longest due first; nobody else gets them for a while."""
    c, now = t.webhooks.c, machine_now()
    is_wanted = c.endpoint == only if only else c.endpoint.not_in(set(busy))
    is_due = (c.status == WAITING, c.next_try_at <= now, is_wanted)
    is_on = c.endpoint.not_in(select(t.endpoints_off.c.endpoint))
    place = func.row_number().over(partition_by=c.endpoint, order_by=(c.next_try_at, c.recorded_at)).label("place")
    ranked = select(c.id, place).where(*is_due, is_on).subquery()
    with archive.reading() as tx:
        ids = list(tx.execute(select(ranked.c.id).where(ranked.c.place <= BATCH)).scalars())
    if not ids:
        return []
    with archive.begin() as tx:
        mine = update(t.webhooks).where(c.id.in_(ids), c.status == WAITING, c.next_try_at <= now)
        rows = tx.execute(mine.values(next_try_at=machine_now() + LEASE).returning(*COLUMNS)).all()
    return sorted((Webhook(*row) for row in rows), key=lambda found: found.at)


def record(
    archive: Archive,
    webhook: Webhook,
    code: str,
    is_ok: bool,
    retry_after: float | None = None,
    known_as: tuple[str, str] | None = None,
    says: str = "",
) -> str:
    """What came of a try, and its status now. 410 puts the endpoint off: it asked for nothing more. `known_as` is the
    system and the id by which it will speak of the lead."""
    now, tries = machine_now(), webhook.tries + 1
    heard = PERSONAL.sub("…", " ".join(says.replace("\0", "").split()))[:LONGEST_SAYS]
    is_dead = code == GONE or tries > len(RETRY)
    values: dict[str, Any] = {"tries": tries, "code": code[:64], "ended_at": now}  # Any: column values
    values |= {"status": SENT if is_ok else DEAD if is_dead else WAITING, "says": None if is_ok else heard or None}
    if values["status"] == WAITING:
        wait = max(RETRY[webhook.tries] * random.uniform(1, 1.2), min(retry_after or 0.0, LONGEST_WAIT))
        values |= {"ended_at": None, "next_try_at": now + timedelta(seconds=wait)}
    with archive.begin() as tx:
        tx.execute(update(t.webhooks).where(t.webhooks.c.id == webhook.id).values(values))
        _say_nothing_of_the_erased(tx, webhook)
        if code == GONE:
            row = {"endpoint": webhook.endpoint, "at": now, "code": code}
            tx.execute(insert_once(tx, t.endpoints_off).values(row).on_conflict_do_nothing())
        if known_as:
            row = {"system": known_as[0], "external_id": known_as[1], "lead_id": webhook.lead_id}
            tx.execute(insert_once(tx, t.external_ids).values(row).on_conflict_do_nothing())
    return str(values["status"])


def _say_nothing_of_the_erased(tx: Tx, webhook: Webhook) -> None:
    """Who was erased while the answer was on its way stays so."""
    erased = select(t.leads.c.id).where(t.leads.c.id == webhook.lead_id, t.leads.c.state == State.ERASED.value)
    mine = (t.webhooks.c.id == webhook.id, t.webhooks.c.says.is_not(None), t.webhooks.c.lead_id.in_(erased))
    tx.execute(update(t.webhooks).where(*mine).values(says=None))


def drop(archive: Archive, webhook: Webhook, why: str) -> None:
    """There is nothing to say any more: the notice was taken back, the person erased, the endpoint's file deleted."""
    ended = {"status": DROPPED, "code": why[:64], "ended_at": machine_now()}
    with archive.begin() as tx:
        tx.execute(update(t.webhooks).where(t.webhooks.c.id == webhook.id).values(ended))


def resend(tx: Tx, webhook_id: UUID) -> RowMapping:
    """Once more from the beginning, under the same id. Raises MissingError, RefusedError while it is on its way."""
    c = t.webhooks.c
    row = tx.execute(_again(c.id == webhook_id, c.status != WAITING)).mappings().first()
    if row:
        return row
    if tx.execute(select(c.id).where(c.id == webhook_id)).first() is None:
        raise MissingError(f"there is no webhook {webhook_id}; see nurture webhook list")
    raise RefusedError("this webhook is on its way already")


def resend_dead(tx: Tx, endpoint: str) -> int:
    c = t.webhooks.c
    return len(tx.execute(_again(c.endpoint == endpoint, c.status == DEAD)).all())


def _again(*wanted: ColumnElement[bool]) -> Any:  # Any: an update that returns rows
    c = t.webhooks.c
    values = {"status": WAITING, "tries": 0, "next_try_at": machine_now(), "ended_at": None}
    return update(t.webhooks).where(*wanted).values(values).returning(*(c[name] for name in LISTED))


def enable(tx: Tx, endpoint: str) -> bool:
    """Whether it was off; what waits for it goes out then."""
    c = t.endpoints_off.c
    return bool(tx.execute(delete(t.endpoints_off).where(c.endpoint == endpoint).returning(c.endpoint)).first())


def listed(
    tx: Tx, status: str | None, endpoint: str | None, after: str | None, limit: int
) -> tuple[Sequence[RowMapping], str | None]:
    """The newest first."""
    c = t.webhooks.c
    query = select(*(c[name] for name in LISTED))
    if status:
        query = query.where(c.status == status)
    if endpoint:
        query = query.where(c.endpoint == endpoint)
    if after:
        query = query.where(tuple_(c.recorded_at, c.id) < tuple_(*paging.position(after, datetime, UUID)))
    query = query.order_by(c.recorded_at.desc(), c.id.desc()).limit(limit + 1)
    return paging.page(tx.execute(query).mappings().all(), limit, "recorded_at", "id")


def endpoints(tx: Tx, release: Release) -> list[dict[str, Any]]:  # Any: values of many types
    """Each endpoint of the files, whether it is on, and how many wait for it, are dead and were sent."""
    c = t.webhooks.c
    counts: dict[str, dict[str, int]] = {}
    for row in tx.execute(select(c.endpoint, c.status, func.count().label("n")).group_by(c.endpoint, c.status)):
        counts.setdefault(row.endpoint, {})[row.status] = row.n
    off = {row.endpoint: row.at for row in tx.execute(select(t.endpoints_off.c.endpoint, t.endpoints_off.c.at))}
    return [
        {
            "endpoint": name,
            "send": endpoint.send,
            "say": endpoint.say,
            "is_on": endpoint.on and name not in off,
            "off_since": off.get(name),
            **{status: counts.get(name, {}).get(status, 0) for status in (WAITING, DEAD, SENT)},
        }
        for name, endpoint in release.endpoints.items()
    ]


def tidy(archive: Archive) -> None:
    """What was sent long ago needs no row; dead ones stay until somebody decides."""
    c = t.webhooks.c
    with archive.begin() as tx:
        tx.execute(delete(t.webhooks).where(c.status.in_((SENT, DROPPED)), c.ended_at < machine_now() - KEPT))
