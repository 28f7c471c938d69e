"""What a lead did, here or elsewhere: recorded once, counted, and a wake only if it can change the plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from domain.errors import InvalidError
from domain.lead import Source, State
from storage import learning, record, texts, wakes
from storage import tables as t
from storage.archive import Archive, Tx
from storage.facts import load
from storage.wakes import Wake


@dataclass(frozen=True)
class Happening:
    """`event_id` makes it one event however often it is sent; `learned` are facts it teaches, by field name."""

    name: str
    source: str
    event_id: str
    at: datetime | None = None
    human: str = "human"  # human, machine, unknown
    ledger_id: UUID | None = None
    learned: Mapping[str, Any] = field(default_factory=dict)  # Any: as somebody sent it
    learned_from: Source = Source.FORM
    words: str | None = None
    data: Mapping[str, object] = field(default_factory=dict)


def happen(tx: Tx, archive: Archive, lead_id: UUID, what: Happening) -> tuple[bool, Wake | None]:
    """(whether it is new, the wake). Raises InvalidError for an event or a field that is not declared."""
    release = archive.live(tx)
    if what.name not in release.events:
        names = ", ".join(sorted(release.events))
        raise InvalidError(f"there is no event {what.name} in lead_defs/events.yaml; there are {names}", "event")
    values = learning.understand(release, what.learned)
    facts, _ = load(tx, lead_id)
    if facts.lead.merged_into:
        lead_id = facts.lead.merged_into
        facts, _ = load(tx, lead_id)
    now = archive.clock.now()  # after the lock: what committed before it came before
    at = learning.now_or(what.at, now)
    event_row = learning.happen(
        tx,
        lead_id,
        what.source,
        what.event_id,
        what.name,
        at,
        now,
        human=what.human,
        ledger_id=what.ledger_id,
        data=what.data,
    )
    if event_row is None:
        return False, None
    evidence = f"event:{event_row}"
    changed = learning.learn(tx, facts.lead, release, values, what.learned_from, evidence, at)
    if what.words:
        texts.put(tx, lead_id, "words", evidence, what.words, at)
    if what.ledger_id and what.human == "human":
        c = t.ledger.c
        tx.execute(update(t.ledger).where(c.id == what.ledger_id, c.engaged_at.is_(None)).values(engaged_at=at))
    data = {"event": what.name, "event_row": event_row, "human": what.human, "learned": changed, **what.data}
    if what.ledger_id:
        data["delivery"] = str(what.ledger_id)
    record.log(tx, facts.lead, "event", at, actor="EVT", actor_id=what.source[:64], data=data)
    wakes_up = facts.lead.state is State.DORMANT and release.events[what.name].points > 0
    is_worth_a_look = what.human == "human" and (bool(changed) or wakes_up or what.name in release.reads_events)
    return True, wakes.wake(tx, lead_id, what.name) if is_worth_a_look else None


def delivery(tx: Tx, send_id: UUID) -> Mapping[str, Any] | None:  # Any: column values
    """The ledger row a link in a mail belongs to."""
    row = tx.execute(select(t.ledger).where(t.ledger.c.id == send_id)).mappings().first()
    return dict(row) if row else None
