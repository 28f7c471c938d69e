"""What another system knew of a lead: what it did there, what it was sent, and which salesperson has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from domain.clocks import start
from domain.context import Context
from domain.errors import InvalidError, RefusedError
from domain.importing import Before, Line, Received
from domain.lead import IN_SALES, Facts, State
from domain.release import Release
from domain.steps import Move
from storage import learning, record
from storage import tables as t
from storage.archive import Archive, Tx, insert_once
from storage.facts import load

IMPORTED = "imported"
"""The code of a ledger row that we did not send, and the touch of one that brought an asset by itself."""
MOST_AT_ONCE = 1000
"""Events in one statement: databases take so many parameters and no more."""
Row = dict[str, Any]  # Any: column values of many types


def add(tx: Tx, archive: Archive, lead_id: UUID, line: Line, tag: str) -> None:
    """All that a row says of the past. Raises InvalidError for names the release does not know, RefusedError for an
    owner of a lead that is on its way here already."""
    if not (line.events or line.received or line.owner):
        return
    release, now = archive.live(tx), archive.clock.now()
    if line.events:
        _happened(tx, lead_id, line, release, tag, now)
    if line.received:
        _received(tx, lead_id, line.received, release, tag, now)
    if line.owner:
        _with_sales(tx, lead_id, line.owner, release, tag, now)


def _happened(tx: Tx, lead_id: UUID, line: Line, release: Release, tag: str, now: datetime) -> None:
    rows = (row for event in line.events for row in _event_rows(event, line.number, release, now))
    while some := list(islice(rows, MOST_AT_ONCE)):
        learning.happened_before(tx, lead_id, tag, some)


def _event_rows(event: Before, number: int, release: Release, now: datetime) -> Iterator[Row]:
    if event.name not in release.events:
        raise InvalidError(f"there is no event {event.name} in lead_defs/events.yaml", "events")
    row: Row = {
        "name": event.name,
        "at": learning.now_or(event.at, now),
        "received_at": now,
        "human": "human" if release.events[event.name].human else "machine",
    }
    return ({**row, "event_id": f"{number}/{event.name}/{n}"} for n in range(event.times))


def _received(tx: Tx, lead_id: UUID, received: Sequence[Received], release: Release, tag: str, now: datetime) -> None:
    """Rows of the touch ledger, so that it is never sent again; what is there already stays as it is."""
    facts, _ = load(tx, lead_id)
    had = {delivery.touch for delivery in facts.ledger}
    assets = {asset for delivery in facts.ledger for asset in delivery.assets}
    rows: list[Row] = []
    for each in received:
        if each.what in had or each.what in assets:
            continue
        alone = sum(row["touch"] == IMPORTED for row in rows) + sum(d.touch == IMPORTED for d in facts.ledger)
        rows.append(_ledger_row(facts, each, release, tag, now, alone + 1))
    if not rows:
        return
    tx.execute(insert(t.ledger), rows)
    linked = [
        {"lead_id": lead_id, "asset": asset, "nth": 1, "ledger_id": row["id"]}
        for row in rows
        for asset in row["assets"]
    ]
    if linked:
        tx.execute(insert_once(tx, t.ledger_assets).values(linked).on_conflict_do_nothing())
    data = {"received": [each.what for each in received], "origin": "import"}
    record.log(tx, facts.lead, "history", now, actor="OPS", actor_id=tag, data=data)


def _ledger_row(facts: Facts, received: Received, release: Release, tag: str, now: datetime, nth: int) -> Row:
    at = learning.now_or(received.at, now)
    row: Row = {
        "id": uuid4(),
        "lead_id": facts.lead.id,
        "touch": IMPORTED,
        "nth": nth,
        "cycle": facts.lead.cycle,
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
    found = release.find_touch(received.what)
    if found:
        track, touch = found
        stage = next((name for name, each in track.stages.items() if touch.id in each.touches), None)
        own = {"touch": touch.id, "nth": 1, "track": track.id, "stage": stage, "channel": touch.channel}
        return {**row, **own, "assets": list(touch.assets)}
    if received.what not in release.assets:
        raise InvalidError(f"there is no touch and no asset {received.what}", "received")
    return row


def _with_sales(tx: Tx, lead_id: UUID, owner: str, release: Release, tag: str, now: datetime) -> None:
    """T42: accepted by its salesperson, who is told nothing - they know. The promise is an outcome, not a first
    contact: that was long ago."""
    person = release.people.get(owner)
    if person is None or person.role not in ("sales", "manager"):
        raise InvalidError(f"nobody in sales is called {owner[:60]} in lead_defs/people.yaml", "owner")
    facts, _ = load(tx, lead_id)
    lead = facts.lead
    if lead.state in IN_SALES and lead.owner == owner:
        return
    if lead.state is not State.NEW:
        raise RefusedError(
            f"it is {lead.state.value} here already, so {owner} cannot simply have it; assign it by hand"
        )
    clock = start(release.service_levels, "outcome", False, now, Context(facts, release, now).sales_window)
    sets = {"owner": owner, "clock": clock}
    move = Move("T42", State.ACCEPTED, "REP", "imported", owner, sets, {"origin": "import", "import": tag})
    record.take(tx, facts, move, now, release.hash)
