"""A plan that is worth several processes: the same as in one, on each database."""

from __future__ import annotations

from commands.benchmarks.decides import NOW
from commands.benchmarks.population import fill
from domain.planning import Change
from storage import planning
from storage.planning import Comparing, Side, Task
from tests.world import World

DEFAULTS = "content/defaults.yaml"
LEADS = planning.FEW + 300


def test_several_processes_find_what_one_finds(world: World) -> None:
    world.clock.at = NOW
    archive = world.archive
    with archive.reading() as tx:
        release, old = archive.live(tx), planning.live_side(tx)
    fill(archive, release, LEADS)
    assert old is not None
    files = {**old.files, DEFAULTS: old.files[DEFAULTS].replace("interest: 7 days", "interest: 9 days")}
    new, told = Side(files, old.approved), list[tuple[int, int]]()
    found = planning.plan(archive, old, new, lambda done, total: told.append((done, total)))
    assert (found.total, told[-1]) == (LEADS, (LEADS, LEADS))
    assert found.counts[Change.OTHER_TIME] > LEADS / 2
    some = found.rows[:400]
    alone = Comparing(archive, Task(old, new, {}, NOW))([row.lead for row in some])
    assert sorted(alone.rows, key=lambda row: row.lead) == some
