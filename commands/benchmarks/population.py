"""A large archive to measure on: leads in the middle of the shipped track, with what they had and what we know."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sqlalchemy import insert

from commands.benchmarks.decides import midway
from domain.lead import Facts
from domain.planning import text_hash
from domain.release import Release
from storage import tables as t
from storage.archive import Archive
from storage.rows import from_known, from_lead

BATCH = 5000
Rows = list[dict[str, Any]]  # Any: column values


def fill(archive: Archive, release: Release, count: int) -> None:
    """So many leads, each a little further on than the one before it; they cycle through fifty days."""
    pattern = midway(release)
    for at in range(0, count, BATCH):
        leads: Rows = []
        facts: Rows = []
        ledger: Rows = []
        for number in range(at, min(at + BATCH, count)):
            lead, known, given = _rows(pattern, release, number)
            leads.append(lead)
            facts.append(known)
            ledger += given
        with archive.begin() as tx:
            tx.execute(insert(t.leads), leads)
            tx.execute(insert(t.lead_facts), facts)
            tx.execute(insert(t.ledger), ledger)


def _rows(pattern: Facts, release: Release, number: int) -> tuple[dict[str, Any], dict[str, Any], Rows]:  # Any: as Rows
    lead = replace(pattern.lead, id=uuid5(NAMESPACE_URL, f"population/{number}"))
    back = timedelta(days=number % 50)
    lead = replace(lead, state_entered_at=lead.state_entered_at - back, created_at=lead.created_at - back)
    row = {**from_lead(lead), "address_key": f"{number:064x}", "origin": "api", "step_seq": 0}
    seen = {
        name: {
            "days": {day.isoformat(): n for day, n in each.days.items()},
            "last_at": each.last_at.isoformat(),
            "last_id": each.last_id,
        }
        for name, each in pattern.seen.items()
    }
    known = {name: from_known(each) for name, each in pattern.known.items()}
    return row, {"lead_id": lead.id, "known": known, "seen": seen}, list(_given(pattern, release, lead.id, back))


def _given(pattern: Facts, release: Release, lead_id: Any, back: timedelta) -> Iterator[dict[str, Any]]:  # Any: as Rows
    for each in pattern.ledger:
        found = release.find_touch(each.touch)
        assert found is not None  # midway takes them from this release
        yield {
            "id": uuid5(lead_id, each.touch),
            "lead_id": lead_id,
            "touch": each.touch,
            "nth": 1,
            "cycle": 1,
            "track": found[0].id,
            "release": release.hash,
            "channel": each.channel,
            "content_hash": text_hash(found[1]),
            "status": each.status.value,
            "claimed_at": each.claimed_at - back,
            "ended_at": each.ended_at - back if each.ended_at else None,
            "tries": 1,
            "attempt": "bench",
            "assets": list(each.assets),
        }
