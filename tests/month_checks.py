"""What has to hold of a sales team's month, however it was lived, and what is told of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

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
from tests.month import STARTS_AT, Month

LATE = 2.0
"""Business days; with ten of twelve answering no lead waits longer for its first attempt."""


def check(month: Month) -> None:
    assert month.refused == []
    check_ends(month)
    check_capacity(month)
    check_named(month)
    check_waits(month)


def kept(month: Month) -> Mapping[str, Mapping[str, Any]]:  # Any: figures
    with month.archive.reading() as tx:
        return {one.rep: vars(one) for one in promises.kept(tx, month.archive, STARTS_AT)}


def check_ends(month: Month) -> None:
    """With sales: one owner and one clock. Out of their hands: how it ended, and why."""
    h = t.handoffs.c
    with month.archive.reading() as tx:
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
    with month.archive.begin() as tx:  # reading a lead as decisions do locks it
        release = month.archive.live(tx)
        ctx = Context(load(tx, month.ids[0])[0], release, month.archive.clock.now())
        team = {rep.id: rep for rep in handling.team_of(tx, release, month.archive.clock.now(), lock=False)}
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
        assert (one.closed_at or month.archive.clock.now()) - at < promises.MINUTE, one
        assert one.closed_at is None or one.reason, one


def untried(month: Month) -> list[Untried]:
    with month.archive.reading() as tx:
        return promises.untried(tx, month.archive, STARTS_AT, month.leads)


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
    with month.archive.reading() as tx:
        release = month.archive.live(tx)
        rows = tx.execute(query).all()
    levels, defaults = release.service_levels, release.defaults
    team = Window(levels.hours, defaults.time_zone, defaults.country)
    ends: dict[UUID, datetime] = {row.lead_id: row.at or row.closed_at or month.archive.clock.now() for row in rows}
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
