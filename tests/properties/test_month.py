"""A month of a sales team: whatever twelve people's habits do to it, every lead has one owner, a reason, and a name for
each hand that let it pass. `python -m tests.properties.test_month 1000` lives a month with so many leads and tells it.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from commands.console import print_table
from domain import routing
from domain.calendar import Window
from domain.context import Context
from domain.lead import IN_SALES, State
from storage import handling, promises
from storage import tables as t
from storage.facts import load
from storage.promises import Untried
from tests.month import DAYS, ENDS_AT, STARTS_AT, TEAM, Habit, Month, people
from tests.world import World, shipped_files

LATE = 2.0
"""Business days; with ten of twelve answering no lead waits longer for its first attempt."""
PLACES_FOR = 300
"""Leads of a month for which the places of the team are enough."""
FILES = {**shipped_files(), "lead_defs/people.yaml": people()}


def team_for(leads: int) -> dict[str, Habit]:
    """Places for as many as come: a team that is full holds leads back, best first, and they wait for no person."""
    times = -(-leads // PLACES_FOR)
    return {name: replace(habit, capacity=habit.capacity * times) for name, habit in TEAM.items()}


@contextmanager
def lived(leads: int, seed: int) -> Iterator[Month]:
    with tempfile.TemporaryDirectory() as folder:
        month = Month(World.make(Path(folder), FILES, is_for_show=True), leads, seed, team_for(leads))
        month.begin()
        month.live(ENDS_AT)
        yield month
        month.world.archive.engine.dispose()


@pytest.mark.timeout(900)
def test_a_month_of_twelve_salespeople() -> None:
    with lived(120, 1) as month:
        assert month.refused == []
        check_ends(month)
        check_capacity(month)
        check_named(month)
        check_waits(month)
        by_rep = kept(month)
        assert by_rep["vera"]["tried"] == 0
        assert 0 < by_rep["vera"]["let_pass"] == by_rep["vera"]["offered"] < 10
        assert by_rep["stan"]["rejected"] == by_rep["stan"]["offered"] > 0
        assert by_rep["yuki"]["offered"] > 0


def kept(month: Month) -> Mapping[str, Mapping[str, Any]]:  # Any: figures
    with month.world.archive.reading() as tx:
        return {one.rep: vars(one) for one in promises.kept(tx, month.world.archive, STARTS_AT)}


def check_ends(month: Month) -> None:
    """With sales: one owner and one clock. Out of their hands: how it ended, and why."""
    h = t.handoffs.c
    with month.world.archive.reading() as tx:
        rows = tx.execute(select(t.leads)).mappings().all()
        ended = {row.lead_id: row for row in tx.execute(select(t.handoffs).order_by(h.number))}
    assert len(rows) == len(month.ids) == len(set(month.ids)) == month.leads
    for row in rows:
        is_with_sales = State(row["state"]) in IN_SALES
        assert is_with_sales == (row["owner"] is not None) == (row["clock_name"] is not None), row
        last = ended[row["id"]]
        if is_with_sales:
            assert last.closed_at is None, row
        else:
            assert last.outcome, row
            assert last.reason or last.outcome == State.WON, row


def check_capacity(month: Month) -> None:
    """Nobody ever had more in hand than places, nor was offered more in a day than the formula has for them."""
    assert {name: most for name, most in month.fullest.items() if most > month.team[name].capacity} == {}
    with month.world.archive.reading() as tx:
        release = month.world.archive.live(tx)
        ctx = Context(load(tx, month.ids[0])[0], release, month.world.clock.at)
        team = {rep.id: rep for rep in handling.team_of(tx, release, month.world.clock.at, lock=False)}
        offers = tx.execute(select(t.offers.c.rep, t.offers.c.offered_at).where(t.offers.c.rule.is_not(None))).all()
    days = Counter((rep, routing.local_day(team[rep], release, at)) for rep, at in offers)
    for (rep, day), number in days.items():
        daily = routing.daily_capacity(team[rep], ctx)
        assert daily is None or number <= daily, (rep, day, number)


def check_named(month: Month) -> None:
    """Of every lead without an attempt each minute is somebody's, with the clock that ran, or nobody's and why."""
    for one in untried(month):
        at = one.ready_at
        for hand in one.hands:
            assert hand.from_at - at < promises.MINUTE, one
            assert hand.rep or hand.reason, one
            at = hand.until_at
        assert (one.closed_at or month.world.clock.at) - at < promises.MINUTE, one
        assert one.closed_at is None or one.reason, one


def untried(month: Month) -> list[Untried]:
    with month.world.archive.reading() as tx:
        return promises.untried(tx, month.world.archive, STARTS_AT, month.leads)


def check_waits(month: Month) -> None:
    assert {lead: days for lead, days in waits(month).items() if days > LATE} == {}


def waits(month: Month) -> dict[UUID, float]:
    """How long each lead waited for its first attempt, or for the end, in the team's business days."""
    h, o, a = t.handoffs.c, t.offers.c, t.attempts.c
    first = select(o.handoff_id, func.min(a.at).label("at")).join(t.attempts, a.offer_id == o.id).group_by(o.handoff_id)
    tried = first.subquery("first")
    query = select(h.lead_id, h.opened_at, h.closed_at, tried.c.at).join(
        tried, tried.c.handoff_id == h.id, isouter=True
    )
    with month.world.archive.reading() as tx:
        release = month.world.archive.live(tx)
        rows = tx.execute(query).all()
    levels, defaults = release.service_levels, release.defaults
    team = Window(levels.hours, defaults.time_zone, defaults.country)
    ends: dict[UUID, datetime] = {row.lead_id: row.at or row.closed_at or month.world.clock.at for row in rows}
    return {row.lead_id: team.between(row.opened_at, ends[row.lead_id]) / team.day_length() for row in rows}


HEADS = ("offered", "accepted", "tried", "rejected", "let_pass", "median_minutes", "p95_minutes")


def tell(month: Month) -> None:
    print_table(
        ("salesperson", *HEADS, "most_in_hand", "places"),
        [
            {**one, "salesperson": rep, "most_in_hand": month.fullest.get(rep, 0), "places": month.team[rep].capacity}
            for rep, one in kept(month).items()
        ],
    )
    waited = sorted(waits(month).values())
    late, middle = sum(days > LATE for days in waited), waited[len(waited) // 2]
    print(f"business days to the first attempt or the end: median {middle:.2f}, at most {waited[-1]:.2f}, {late} late")
    for one in sorted(untried(month), key=lambda found: -found.days):
        print(f"{one.lead_id} {one.ready_at:%d %b %H:%M}, {one.days:.2f} business days, {one.state} {one.reason or ''}")
        for hand in one.hands:
            became = f"{hand.became} {hand.reason or ''}"
            print(f"    {hand.rep or 'nobody'}, {hand.clock}: {became} after {hand.minutes:.0f} minutes")


if __name__ == "__main__":
    with lived(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, int(sys.argv[2]) if len(sys.argv) > 2 else 1) as found:
        tell(found)
        check_ends(found)
        check_capacity(found)
        check_named(found)
        check_waits(found)
        print(f"{found.leads} leads in {DAYS} days: all as agreed")
