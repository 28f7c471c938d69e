"""What another system knew of leads: what they did there, what they were sent, and which salesperson has them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from domain.clocks import start
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.importing import Before, Line, Received
from domain.lead import IN_SALES, Lead, State
from domain.release import Release
from domain.steps import Move
from storage import learning, record
from storage import tables as t
from storage.archive import Tx, insert_once
from storage.enrolling_many import Met
from storage.facts import load

IMPORTED = "imported"
"""The code of a ledger row that we did not send, and the touch of one that brought an asset by itself."""
Row = dict[str, Any]  # Any: column values of many types


def check(line: Line, release: Release) -> None:
    """Raises InvalidError for names the release does not know."""
    for event in line.events:
        if event.name not in release.events:
            raise InvalidError(f"there is no event {event.name} in lead_defs/events.yaml", "events")
    for each in line.received:
        if release.find_touch(each.what) is None and each.what not in release.assets:
            raise InvalidError(f"there is no touch and no asset {each.what}", "received")
    person = release.people.get(line.owner) if line.owner else None
    if line.owner and (person is None or person.role not in ("sales", "manager")):
        raise InvalidError(f"nobody in sales is called {line.owner[:60]} in lead_defs/people.yaml", "owner")


def refusal(line: Line, state: State, owner: str | None) -> RefusedError | None:
    """A lead that is on its way here already is not taken from it."""
    if not line.owner or state is State.NEW or has(line.owner, state, owner):
        return None
    return RefusedError(f"it is {state.value} here already, so {line.owner} cannot simply have it; assign it by hand")


def add(tx: Tx, release: Release, rows: Sequence[tuple[Met, Line]], tag: str, now: datetime) -> None:
    """All that rows say of what was done and sent. Events are counted in `seen`, for whoever keeps the facts."""
    happened = [row for met, line in rows for event in line.events for row in _events(met, line, event, release, now)]
    by_id = {met.lead.id: met for met, _ in rows}
    for row in learning.happened_before(tx, tag, happened):
        if row.human == "human":
            learning.count(by_id[row.lead_id].seen, row.name, row.at, f"event:{row.id}")
    _received(tx, release, [(met, line) for met, line in rows if line.received], tag, now)


def _events(met: Met, line: Line, event: Before, release: Release, now: datetime) -> Iterator[Row]:
    row: Row = {
        "lead_id": met.lead.id,
        "name": event.name,
        "at": learning.now_or(event.at, now),
        "received_at": now,
        "human": "human" if release.events[event.name].human else "machine",
    }
    return ({**row, "event_id": f"{line.number}/{event.name}/{n}"} for n in range(event.times))


def _received(tx: Tx, release: Release, rows: Sequence[tuple[Met, Line]], tag: str, now: datetime) -> None:
    """Rows of the touch ledger, so that it is never sent again; what is there already stays as it is."""
    had = _had(tx, [met.lead for met, _ in rows if not met.is_new])
    ledger: list[Row] = []
    log: list[Row] = []
    for met, line in rows:
        own = list(_new_rows(met.lead, line.received, had[met.lead.id], release, tag, now))
        ledger += own
        if own:
            data = {"received": [each.what for each in line.received], "origin": "import"}
            log.append(record.log_row(met.lead, "history", now, actor="OPS", actor_id=tag, data=data))
    if not ledger:
        return
    tx.execute(insert(t.ledger), ledger)
    linked = [
        {"lead_id": row["lead_id"], "asset": asset, "nth": 1, "ledger_id": row["id"]}
        for row in ledger
        for asset in row["assets"]
    ]
    if linked:
        tx.execute(insert_once(tx, t.ledger_assets).on_conflict_do_nothing(), linked)
    record.log_many(tx, log)


def _had(tx: Tx, leads: Sequence[Lead]) -> dict[UUID, list[tuple[str, Sequence[str]]]]:
    """The touches and their assets that leads were given, those merged into them too."""
    found: dict[UUID, list[tuple[str, Sequence[str]]]] = defaultdict(list)
    stands = {id: lead.id for lead in leads for id in (lead.id, *lead.merged_from)}
    if stands:
        c = t.ledger.c
        for row in tx.execute(select(c.lead_id, c.touch, c.assets).where(c.lead_id.in_(stands))):
            found[stands[row.lead_id]].append((row.touch, row.assets))
    return found


def _new_rows(
    lead: Lead,
    received: Sequence[Received],
    had: Sequence[tuple[str, Sequence[str]]],
    release: Release,
    tag: str,
    now: datetime,
) -> Iterator[Row]:
    known = {name for touch, assets in had for name in (touch, *assets)}
    alone = sum(touch == IMPORTED for touch, _ in had)
    for each in received:
        if each.what not in known:
            known.add(each.what)
            row = _ledger_row(lead, each, release, tag, now, alone + 1)
            alone += row["touch"] == IMPORTED
            yield row


def _ledger_row(lead: Lead, received: Received, release: Release, tag: str, now: datetime, nth: int) -> Row:
    """`nth` is for an asset by itself."""
    at = learning.now_or(received.at, now)
    row: Row = {
        "id": uuid4(),
        "lead_id": lead.id,
        "touch": IMPORTED,
        "nth": nth,
        "cycle": lead.cycle,
        "track": IMPORTED,
        "stage": None,
        "variant": None,
        "release": release.hash,
        "channel": IMPORTED,
        "content_hash": "",
        "status": "sent",
        "claimed_at": at,
        "ended_at": at,
        "tries": 0,
        "attempt": tag,
        "code": IMPORTED,
        "assets": [received.what],
    }
    if found := release.find_touch(received.what):
        track, touch = found
        stage = next((name for name, each in track.stages.items() if touch.id in each.touches), None)
        own = {"touch": touch.id, "nth": 1, "track": track.id, "stage": stage, "channel": touch.channel}
        return {**row, **own, "assets": list(touch.assets)}
    return row


def with_sales(tx: Tx, lead_id: UUID, owner: str, release: Release, tag: str, now: datetime) -> None:
    """T42: accepted by its salesperson, who is told nothing - they know. The promise is an outcome, not a first
    contact: that was long ago."""
    facts, _ = load(tx, lead_id)
    if has(owner, facts.lead.state, facts.lead.owner):
        return
    clock = start(release.service_levels, "outcome", False, now, Context(facts, release, now).sales_window)
    sets = {"owner": owner, "clock": clock}
    move = Move("T42", State.ACCEPTED, "REP", "imported", owner, sets, {"origin": "import", "import": tag})
    record.take(tx, facts, move, now, release.hash)


def has(person: str, state: State, owner: str | None) -> bool:
    """Whether a lead that stands there is with that salesperson."""
    return state in IN_SALES and owner == person
