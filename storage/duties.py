"""Duties beside the state clock: feedback on a packet, debriefs of deals. A breach is reported and moves nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, and_, insert, or_, select, tuple_, update

from domain import duties
from domain.calendar import Window, at_local, zone
from domain.duties import Duty
from domain.errors import InvalidError, RefusedError
from domain.lead import Offer, State
from domain.phrases import parse_hours
from domain.release import Release
from storage import notices, paging, record, texts
from storage import tables as t
from storage.archive import Archive, Tx, insert_once, machine_now
from storage.deciding import Deciding
from storage.reading import Row

BATCH = 200
DEAL = ("T24", "T25", "T26")
"""Transitions that say what a deal is worth."""


def follow(d: Deciding, offer: Offer) -> None:
    """What a decision about this offer leaves to be told back. `d` holds the moves just taken."""
    moves = tuple(d.moves)
    if duties.is_final(moves) and not _was_asked_today(d, offer.rep):
        _open(d, offer.handoff_id, duties.feedback(d.ctx, offer.rep))
    if duties.has_closed(moves):
        amount, currency = _worth(d)
        duty = duties.debrief(d.ctx, offer.rep, offer.handoff_id, amount, currency)
        if duty and _open(d, offer.handoff_id, duty):
            notices.tell(d.tx, duty.owner, "debrief", d.lead.id, d.now, handoff=str(offer.handoff_id))


def _was_asked_today(d: Deciding, rep: str) -> bool:
    c, name = t.duties.c, d.release.defaults.time_zone
    begins = at_local(d.now.astimezone(zone(name)).date(), time.min, name)
    asked = (c.owner == rep, c.kind == duties.FEEDBACK, c.opened_at >= begins, c.is_asked)
    return d.tx.execute(select(c.id).where(*asked).limit(1)).first() is not None


def _open(d: Deciding, handoff_id: UUID, duty: Duty) -> bool:
    """False when this handoff has one already: a packet is judged once."""
    row = _row(d.lead.id, handoff_id, duty, is_asked=True)
    query = insert_once(d.tx, t.duties).values(row).on_conflict_do_nothing(index_elements=["handoff_id", "kind"])
    is_new = d.tx.execute(query.returning(t.duties.c.id)).scalar() is not None
    if is_new:
        data = {"duty": duty.kind, "owner": duty.owner, "due_at": duty.due_at.isoformat(), "status": "opened"}
        record.log(d.tx, d.lead, "duty", d.now, data=data)
    return is_new


def _row(lead_id: UUID, handoff_id: UUID, duty: Duty, *, is_asked: bool) -> dict[str, Any]:  # Any: column values
    return {
        "id": uuid4(),
        "kind": duty.kind,
        "lead_id": lead_id,
        "handoff_id": handoff_id,
        "rep": duty.rep,
        "owner": duty.owner,
        "is_asked": is_asked,
        "opened_at": duty.opened_at,
        "remind_at": duty.remind_at,
        "due_at": duty.due_at,
        "answer": {},
    }


def _worth(d: Deciding) -> tuple[float | None, str | None]:
    """What the deal was last said to be worth."""
    c = t.log.c
    query = select(c.data).where(c.lead_id == d.lead.id, c.transition.in_(DEAL)).order_by(c.id.desc()).limit(1)
    data = d.tx.execute(query).scalar() or {}
    return data.get("amount"), data.get("currency")


def of(tx: Tx, handoff_id: UUID) -> dict[str, Row]:
    """The duties of a handoff by their kind."""
    query = select(t.duties).where(t.duties.c.handoff_id == handoff_id)
    return {row["kind"]: row for row in tx.execute(query).mappings()}


def words(tx: Tx, lead_id: UUID, handoff_id: UUID) -> dict[str, str]:
    """What was written in the answers, by `<kind>/<field>`."""
    found = texts.get(tx, lead_id, duties.FEEDBACK, duties.DEBRIEF)
    mark = f"{handoff_id}/"
    return {f"{kind}/{ref.removeprefix(mark)}": text for (kind, ref), text in found.items() if ref.startswith(mark)}


def listed(
    tx: Tx, owner: str | None, kind: str | None, is_open: bool | None, after: str | None, limit: int
) -> tuple[Sequence[Row], str | None]:
    """The one that is due first comes first."""
    c = t.duties.c
    wanted: list[ColumnElement[bool]] = []
    if owner:
        wanted.append(c.owner == owner)
    if kind:
        wanted.append(c.kind == kind)
    if is_open is not None:
        wanted.append(c.closed_at.is_(None) if is_open else c.closed_at.is_not(None))
    if after:
        wanted.append(tuple_(c.due_at, c.id) > tuple_(*paging.position(after, datetime, UUID)))
    rows = tx.execute(select(t.duties).where(*wanted).order_by(c.due_at, c.id).limit(limit + 1)).mappings().all()
    return paging.page(rows, limit, "due_at", "id")


def answer_feedback(
    d: Deciding, handoff_id: UUID, rep: str, said: Mapping[str, Any], words: Mapping[str, str]
) -> None:  # Any: JSON
    """Judge a packet, asked or not. Said again it changes what it names. Raises InvalidError for unknown names."""
    _check_criteria(d.release, list(said.get("accuracy") or ()), "accuracy")
    for name in said.get("what_should_we_have_asked") or ():
        if name not in d.release.fields and f"fact.{name}" not in d.release.fields:
            raise InvalidError(f"there is no field {name}", "what_should_we_have_asked")
    row = of(d.tx, handoff_id).get(duties.FEEDBACK)
    if row is None:
        duty = duties.feedback(d.ctx, rep)
        fresh = _row(d.lead.id, handoff_id, duty, is_asked=False)
        d.tx.execute(insert(t.duties).values(fresh))
        row = of(d.tx, handoff_id)[duties.FEEDBACK]
    if not (said.get("helpful") or row["answer"].get("helpful")):
        raise InvalidError("was the packet helpful? yes, partly or no", "helpful")
    _close(d, row, rep, {**row["answer"], **said}, words)


def answer_debrief(
    d: Deciding, handoff_id: UUID, who: str, said: Mapping[str, Any], words: Mapping[str, str]
) -> None:  # Any: JSON
    """Raises RefusedError where there is no deal to talk about, or for whoever sold it."""
    row = of(d.tx, handoff_id).get(duties.DEBRIEF)
    if row is None:
        raise RefusedError("this handoff needs no debrief: it is not closed, or was not drawn for one", ())
    if who == row["rep"]:
        raise RefusedError(f"a debrief is never by who sold it; {row['owner']} asks them", ())
    known = d.release.reasons.win if _was_won(d.tx, handoff_id) else d.release.reasons.loss
    for name in ("primary", "secondary"):
        if said.get(name) and said[name] not in known:
            raise InvalidError(f"{name} is one of {', '.join(known)}", name)
    for name in ("predicted", "misled"):
        _check_criteria(d.release, said.get(name) or [], name)
    for touch in said.get("touches_remembered") or ():
        if d.release.find_touch(touch) is None:
            raise InvalidError(f"there is no touch {touch}", "touches_remembered")
    if said.get("owner"):
        d.release.person(said["owner"])
    _close(d, row, who, dict(said), words)


def _was_won(tx: Tx, handoff_id: UUID) -> bool:
    outcome = tx.execute(select(t.handoffs.c.outcome).where(t.handoffs.c.id == handoff_id)).scalar()
    return bool(outcome == State.WON.value)


def _check_criteria(release: Release, names: Sequence[str], field: str) -> None:
    known = release.definition.criteria
    if unknown := [name for name in names if name not in known]:
        raise InvalidError(f"there is no criterion {unknown[0]}; there are {', '.join(known)}", field)


def _close(d: Deciding, row: Row, who: str, answer: Mapping[str, Any], words: Mapping[str, str]) -> None:
    """Any: JSON. Raises RefusedError for words about somebody who was erased."""
    if words and d.lead.state is State.ERASED:
        raise RefusedError("everything about this person is erased, and no word is kept; answer without words", ())
    closed = {"closed_at": row["closed_at"] or d.now, "closed_by": who, "answer": dict(answer)}
    d.tx.execute(update(t.duties).where(t.duties.c.id == row["id"]).values(closed))
    for name, text in words.items():
        texts.put(d.tx, d.lead.id, row["kind"], f"{row['handoff_id']}/{name}", text, d.now)
    data = {"duty": row["kind"], "status": "answered", "kept": d.now <= row["due_at"]}
    record.log(d.tx, d.lead, "duty", d.now, actor="REP", actor_id=who, data=data)


def sweep(archive: Archive) -> None:
    """Remind once, report once what was not kept."""
    with archive.reading() as tx:  # mostly there is none, and SQLite's writers need not wait for that
        is_more = tx.execute(_query(archive.clock.now()).limit(1)).first() is not None
    while is_more:
        with archive.begin() as tx:
            rows = _late(tx, archive.clock.now())
            if rows:
                _tell(tx, archive, rows)
        is_more = len(rows) == BATCH


def _query(now: datetime) -> Select[Any]:  # Any: columns of two tables
    c, lead = t.duties.c, t.leads.c
    to_remind = and_(c.reminded_at.is_(None), c.remind_at <= now)
    query = select(t.duties, lead.cycle, lead.seq).join(t.leads, lead.id == c.lead_id)
    return query.where(c.closed_at.is_(None), or_(to_remind, and_(c.breached_at.is_(None), c.due_at <= now)))


def _late(tx: Tx, now: datetime) -> Sequence[Row]:
    c = t.duties.c
    query = _query(now).order_by(c.remind_at, c.id).limit(BATCH).with_for_update(of=t.duties, skip_locked=True)
    return tx.execute(query).mappings().all()


def _tell(tx: Tx, archive: Archive, rows: Sequence[Row]) -> None:
    release, now, c = archive.live(tx), archive.clock.now(), t.duties.c
    broken = [row for row in rows if row["due_at"] <= now and row["breached_at"] is None]
    fresh = [row for row in rows if row["reminded_at"] is None]
    told = [(row["owner"], row["lead_id"], {"handoff": str(row["handoff_id"])}) for row in fresh]
    for kind in (duties.FEEDBACK, duties.DEBRIEF):
        of_kind = [one for one, row in zip(told, fresh, strict=True) if row["kind"] == kind]
        notices.tell_many(tx, f"{kind}_remind", now, of_kind)
    if fresh:
        tx.execute(update(t.duties).where(c.id.in_([row["id"] for row in fresh])).values(reminded_at=now))
    if broken:
        tx.execute(update(t.duties).where(c.id.in_([row["id"] for row in broken])).values(breached_at=now))
        windows = _windows(tx, release, {row["owner"] for row in broken})
        tx.execute(insert(t.log), [_breach(row, now, windows[row["owner"]]) for row in broken])


def _windows(tx: Tx, release: Release, owners: set[str]) -> dict[str, Window]:
    """The working hours of each: their own, else the team's."""
    c, defaults = t.reps.c, release.defaults
    own = {row.id: row for row in tx.execute(select(c.id, c.hours, c.zone).where(c.id.in_(owners)))}
    found = {}
    for owner in owners:
        row = own.get(owner)
        hours = parse_hours(row.hours) if row and row.hours else release.service_levels.hours
        found[owner] = Window(hours, (row and row.zone) or defaults.time_zone, defaults.country)
    return found


def _breach(row: Row, now: datetime, window: Window) -> dict[str, Any]:  # Any: column values
    data = {
        "clock": row["kind"],
        "owner": row["owner"],
        "business_minutes": round(window.between(row["opened_at"], now).total_seconds() / 60, 1),
        "wall_minutes": round((now - row["opened_at"]).total_seconds() / 60, 1),
        "kept": False,
    }
    return {
        "lead_id": row["lead_id"],
        "at": now,
        "recorded_at": machine_now(),
        "kind": "breach",
        "cycle": row["cycle"],
        "seq": row["seq"],
        "actor": "SYS",
        "reason": f"the {row['kind']} is due and not given",
        "data": data,
    }
