"""Imported leads begin a few at a time, behind everybody else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import cast

from sqlalchemy import select, update
from temporalio.client import Client

from commands.beginnings import Beginnings
from domain.importing import Line
from storage import doctor, importing, wakes
from storage import tables as t
from tests.world import World


class Server:
    """Takes starts, and remembers whose they were."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.is_away = False

    async def start_workflow(self, run: object, life: object, *, id: str, **more: object) -> None:
        if self.is_away:
            raise RuntimeError("away")
        self.started.append(id)


def came(world: World, number: int) -> None:
    rows = [Line(n, f"lead{n}@site{n}.example") for n in range(2, number + 2)]
    with world.archive.begin() as tx:
        found = importing.start(tx, world.archive, "leads.csv", "h", {}, number, "test")
    importing.run(world.archive, found, lambda first: (row for row in rows if row.number >= first))


def decide_all(world: World) -> None:
    """Those that have begun."""
    with world.archive.begin() as tx:
        begun = t.leads.c.id.not_in(select(t.wakes.c.lead_id))
        tx.execute(update(t.leads).where(begun).values(step_seq=t.leads.c.seq))


def waiting(world: World) -> int:
    with world.archive.reading() as tx:
        return len(tx.execute(select(t.wakes.c.id)).all())


def beginning(world: World, per_second: float) -> tuple[Server, Callable[[], int]]:
    server = Server()
    made = Beginnings(world.archive, cast(Client, server), at_once=4, per_second=per_second)
    return server, lambda: asyncio.run(made.go_on())


def test_no_more_begin_than_may_be_undecided_at_once(world: World) -> None:
    came(world, 11)
    server, go_on = beginning(world, per_second=1e9)
    assert [go_on(), go_on()] == [4, 0]
    decide_all(world)
    assert [go_on(), go_on()] == [4, 0]
    decide_all(world)
    assert [go_on(), waiting(world)] == [3, 0]
    assert len(set(server.started)) == 11


def test_no_more_begin_in_a_second_than_they_may(world: World) -> None:
    came(world, 11)
    _, go_on = beginning(world, per_second=0.01)
    go_on()
    decide_all(world)
    assert go_on() == 0


def test_a_server_that_is_away_is_asked_again_and_nobody_is_lost(world: World) -> None:
    came(world, 3)
    server, go_on = beginning(world, per_second=1e9)
    server.is_away = True
    assert [go_on(), waiting(world)] == [0, 3]
    server.is_away = False
    with world.archive.begin() as tx:  # as after the lease of those that were taken
        tx.execute(update(t.wakes).values(taken_at=None))
    assert [go_on(), waiting(world)] == [3, 0]


def test_everybody_elses_wakes_go_before_them(world: World) -> None:
    came(world, 300)
    live = world.enrol("ana@acme.example")
    assert [wake.lead_id for wake in wakes.pending(world.archive, timedelta(0))] == [live]
    assert {wake.verb for wake in wakes.imported(world.archive, 500)} == {"imported"}


def test_who_waits_to_begin_is_behind_nothing_and_no_repair_puts_them_before_others(world: World) -> None:
    came(world, 3)
    live = world.enrol("ana@acme.example")
    found = doctor.examine(world.archive)
    assert ({lead for lead, _ in found.behind}, found.imported) == ({live}, 3)
    assert list(doctor.open_leads(world.archive, 2)) == [[live]]
    assert wakes.wake_all_open(world.archive) == 1
    assert {wake.lead_id for wake in wakes.pending(world.archive, timedelta(0))} == {live}
