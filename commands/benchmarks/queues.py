"""How long somebody waits for the next-best lead while a great many wait in the queue of their team.

On a PostgreSQL of its own where there is one on this machine, else on SQLite; both sync every commit.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from authoring.load import compile_release, read_folder
from commands.benchmarks import postgres
from commands.benchmarks.figures import Figure, Tell, paired
from commands.benchmarks.rig import SECRET, SLOTS, TIMER, TimerClock, new_lead, publish
from domain.policies import Kind
from domain.queue import EPOCH
from domain.steps import Order
from storage import migrate, people, queue, reps
from storage import tables as t
from storage.archive import Archive, connect
from storage.deciding import act
from storage.life import ACTIONS

ROUTING = """
manager: {manager}
teams: {{{team}: {{handoff: queue}}}}
rules:
  - {{id: turn, to: round_robin, team: {team}}}
"""
QUEUE = "call_hours: Mon-Sun 00:00-23:59\n"
ZONES = (
    "America/Chicago", "America/Denver", "America/Los_Angeles", "America/New_York", "America/Sao_Paulo",
    "America/Toronto", "Asia/Kolkata", "Asia/Tokyo", "Australia/Sydney", "Europe/Berlin", "Europe/London",
    "Europe/Paris",
)  # fmt: skip
KINDS: tuple[Kind, ...] = ("hand_raise", "first_attempt", "recycled", "other")
BATCH, MOST = 2000, 10_000
TARGET = 20.0


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    leads, times, rounds = (10_000, 60, 1) if is_quick else (100_000, 200, 3)
    with _archive(folder, root) as (archive, name):
        await asyncio.to_thread(_fill, archive, leads, tell)
        seller = _seller(archive)

        async def ours() -> float:
            asking, skipping = (lambda: _next(archive, seller)), (lambda: _skip(archive, seller))
            return await asyncio.to_thread(_late, times, asking, skipping)

        async def floor() -> float:
            return await asyncio.to_thread(_late, times, lambda: _touch(archive, seller), lambda: None)

        pairs = await paired(rounds, floor, ours, tell)
    figure = Figure(
        "queue",
        f"the next-best lead of {leads:,} waiting, claimed and logged ({name}): 95 of 100 are faster",
        "ms",
        pairs,
        target=TARGET,
        n=times,
        floor_is="a transaction that changes one row by its key",
        kind="excess",
        beside={"waiting": leads},
    )
    return [figure]


@contextmanager
def _archive(folder: Path, root: Path) -> Iterator[tuple[Archive, str]]:
    try:
        postgres.programs()
    except LookupError:
        yield from _opened(f"sqlite:///{folder / 'archive.db'}", root, "SQLite")
        return
    with postgres.started() as place:
        yield from _opened(postgres.url(place), root, "PostgreSQL")


def _opened(url: str, root: Path, name: str) -> Iterator[tuple[Archive, str]]:
    migrate.upgrade(url)
    archive = Archive(connect(url, SLOTS), TimerClock(TIMER), compile_release, SECRET.encode())
    try:
        files = read_folder(root)
        release = compile_release(files)
        manager = release.routing.manager
        team = release.people[manager].team
        routing = ROUTING.format(manager=manager, team=team)
        publish(archive, {**files, "lead_defs/routing.yaml": routing, "lead_defs/queue.yaml": QUEUE})
        with archive.begin() as tx:
            for id, person in release.people.items():
                if person.role == "sales" and person.team == team:
                    reps.put(tx, archive, id, {"capacity": MOST})
        yield archive, name
    finally:
        archive.engine.dispose()


def _seller(archive: Archive) -> str:
    with archive.reading() as tx:
        return str(tx.execute(select(t.reps.c.id).order_by(t.reps.c.id)).scalars().first())


def _fill(archive: Archive, leads: int, tell: Tell) -> None:
    """One lead that came there on its own feet, and as many like it as it takes, at every age and of every kind."""
    rows = _first(archive)
    chance = random.Random(1)
    with archive.reading() as tx:
        policy = archive.live(tx).queue
    for begin in range(0, leads, BATCH):
        tell(f"{begin:,} of {leads:,} leads wait")
        ids = [uuid4() for _ in range(min(BATCH, leads - begin))]
        with archive.begin() as tx:
            tx.execute(insert(t.leads), [{**rows[0], "id": id, "address_key": id.hex} for id in ids])
            tx.execute(insert(t.lead_facts), [{**rows[1], "lead_id": id} for id in ids])
            tx.execute(insert(t.queue), [_place(rows[2], id, chance, policy.promote_every) for id in ids])


def _first(archive: Archive) -> list[dict[str, Any]]:  # Any: column values
    lead = new_lead(archive, 0).lead_id
    with archive.begin() as tx:
        known = {"fact.pain": "detention", "fact.evaluate_within_months": 1}
        people.change_facts(tx, archive, lead, people.Learned(known), "OPS", "bench")
    step = act(archive, Order(str(lead), 0, ""))
    act(archive, Order(str(lead), step.seq, step.id), ACTIONS.get(step.verb.value))
    tables = ((t.leads, t.leads.c.id), (t.lead_facts, t.lead_facts.c.lead_id), (t.queue, t.queue.c.lead_id))
    with archive.reading() as tx:
        return [dict(tx.execute(select(table).where(id == lead)).mappings().one()) for table, id in tables]


def _place(row: dict[str, Any], id: UUID, chance: random.Random, period: timedelta) -> dict[str, Any]:
    """Any: column values"""
    base = chance.randrange(1, 8)
    since_at = row["since_at"] - timedelta(minutes=chance.randrange(20 * 24 * 60))
    due_at = row["since_at"] + timedelta(minutes=chance.randrange(-2000, 4000))
    return {
        **row,
        "lead_id": id,
        "kind": chance.choice(KINDS),
        "line": f"|ZZ|{chance.choice(ZONES)}",
        "base": base,
        "slot": base + (since_at - EPOCH) // period,
        "key": chance.randrange(6),
        "value_order": -float(chance.randrange(50)),
        "since_at": since_at,
        "due_at": due_at,
        "urgent_at": due_at - timedelta(hours=2),
    }


def _late(times: int, act: Callable[[], None], between: Callable[[], None]) -> float:
    """Milliseconds that 95 of 100 do not take."""
    took = []
    for _ in range(times):
        begun = time.perf_counter()
        act()
        took.append(time.perf_counter() - begun)
        between()
    return sorted(took)[int(0.95 * (times - 1))] * 1000


def _next(archive: Archive, seller: str) -> None:
    with archive.begin() as tx:
        found = queue.take_next(tx, archive, seller)
    if found is None or not found.is_new:
        raise RuntimeError(f"somebody who asks the queue should get a new lead, not {found}")


def _skip(archive: Archive, seller: str) -> None:
    with archive.begin() as tx:
        queue.skip(tx, archive, seller, next(iter(archive.live(tx).queue.skip)))


def _touch(archive: Archive, seller: str) -> None:
    with archive.begin() as tx:
        tx.execute(update(t.reps).where(t.reps.c.id == seller).values(credit=t.reps.c.credit))
