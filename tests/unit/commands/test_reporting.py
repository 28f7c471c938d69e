"""`nurture report` as somebody types it."""

from __future__ import annotations

import csv
import io
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from commands.opening import opened, settings_for
from domain.said import Said
from domain.steps import Order, Verb
from storage import handling, people, record
from storage import tables as t
from storage.deciding import act
from storage.facts import load
from tests.unit.commands.conftest import Desk


def _deliver(desk: Desk, lead: str, variant: str, is_engaged: bool) -> None:
    with opened(settings_for(desk.data)) as archive, archive.begin() as tx:
        now = archive.clock.now()
        names = {"id": uuid4(), "lead_id": UUID(lead), "touch": "checklist", "nth": 1, "cycle": 1, "variant": variant}
        where = {"track": "dock-waiting", "release": "r", "channel": "email", "content_hash": "c", "attempt": "a"}
        ended = {"status": "sent", "claimed_at": now, "ended_at": now, "tries": 1, "assets": []}
        tx.execute(insert(t.ledger).values(**names, **where, **ended, engaged_at=now if is_engaged else None))


def _came(desk: Desk, lead: str, is_held_out: bool, is_ready: bool) -> None:
    with opened(settings_for(desk.data)) as archive, archive.begin() as tx:
        found, now = load(tx, UUID(lead))[0].lead, archive.clock.now()
        data = {"track": "dock-waiting", "held_out": is_held_out}
        record.log(tx, found, "transition", now, data=data, transition="T05", to_state="NURTURING")
        if is_ready:
            record.log(tx, found, "transition", now, transition="T08", to_state="SALES_READY")


@pytest.mark.parametrize(
    "words", [("variants",), ("variants", "checklist"), ("hold-out",), ("promises",), ("without-attempt",)]
)
def test_where_there_is_nothing_it_says_so(open_desk: Desk, words: tuple[str, ...]) -> None:
    said = open_desk.type("report", *words)
    assert (said.code, said.out, said.err.count("\n")) == (0, "", 1)
    assert open_desk.type("report", *words, "--format", "json").json == []


def test_variants_side_by_side(open_desk: Desk) -> None:
    for n in range(14):
        _deliver(open_desk, open_desk.enrol(f"lead{n}@x.example"), "a" if n < 11 else "b", n < 3 or n == 13)
    a, b = open_desk.type("report", "variants", "--format", "json").json
    assert (a["delivered"], a["engaged"], a["rate"]) == (11, 3, pytest.approx(3 / 11))
    assert a["low"] < a["rate"] < a["high"]
    assert (b["delivered"], b["engaged"], b["rate"]) == (3, 1, None)  # too few to tell a rate
    rows = list(csv.DictReader(io.StringIO(open_desk.type("report", "variants", "--format", "csv").out)))
    assert [(row["variant"], row["delivered"], row["rate"][:6]) for row in rows] == [
        ("a", "11", "0.2727"),
        ("b", "3", ""),
    ]
    table = open_desk.type("report", "variants").out
    assert "27.3%" in table
    assert table.splitlines()[-1].split() == ["checklist", "b", "3", "1", "-", "6.1%", "79.2%"]


def test_the_lift_of_a_track(open_desk: Desk) -> None:
    for n in range(30):
        is_held_out = n >= 18
        _came(open_desk, open_desk.enrol(f"lead{n}@x.example"), is_held_out, n % 2 == 0 if not is_held_out else n == 20)
    assert open_desk.type("report", "hold-out", "--format", "json").json == []  # nobody came 120 days ago
    given, held, lift = open_desk.type("report", "hold-out", "--after", "0", "--format", "json").json
    assert (given["group"], given["leads"], given["ready"]) == ("nurtured", 18, 9)
    assert (held["group"], held["leads"], held["ready"]) == ("held out", 12, 1)
    assert lift["rate"] == pytest.approx(9 / 18 - 1 / 12)
    assert lift["low"] < lift["rate"] < lift["high"]


def test_a_format_that_does_not_exist(open_desk: Desk) -> None:
    assert open_desk.type("report", "variants", "--format", "xml").code == 2


def test_who_had_a_lead_that_nobody_tried_is_named(open_desk: Desk) -> None:
    assert open_desk.type("rep", "add", "rosa").code == 0
    lead = open_desk.enrol("ana@x.example")
    with opened(settings_for(open_desk.data)) as archive:
        act(archive, Order(lead, 0, ""))
        with archive.begin() as tx:
            said = Said("promote", "MKT", "ines", "override", note_length=40)
            people.decide(tx, archive, UUID(lead), said, people.Learned(note="They asked us at the fair in Chicago"))
        step = act(archive, Order(lead, 1, ""))
        assert step.verb is Verb.ROUTE
        act(archive, Order(lead, 1, step.id), handling.route)
    (row,) = open_desk.type("report", "without-attempt", "--format", "json").json
    assert (row["lead"], row["who"], row["clock"], row["became"]) == (lead, "rosa", "accept", "has it")
    assert open_desk.type("report", "without-attempt", "--ended", "--format", "json").json == []
    table = open_desk.type("report", "without-attempt").out
    assert "Ana, x.example" in table
    assert f"{row['ready_at'][:4]}" not in table  # a weekday, and whose time it is
    assert " Chicago" in table
    assert lead not in table
    (one,) = open_desk.type("report", "promises", "--format", "json").json
    assert (one["salesperson"], one["offered"], one["tried"], one["median_minutes"]) == ("rosa", 1, 0, None)
    with opened(settings_for(open_desk.data)) as archive, archive.begin() as tx:
        back = Said("recycle", "REP", "rosa", "no_budget")
        people.decide(tx, archive, UUID(lead), back, people.Learned())
    assert open_desk.type("report", "without-attempt", "--format", "json").json == []
    for option in ("--ended", "--all"):
        (ended,) = open_desk.type("report", "without-attempt", option, "--format", "json").json
        assert (ended["lead"], ended["reason"], ended["became"]) == (lead, "no_budget", "returned: no_budget")
    assert open_desk.type("report", "promises", "--days", "0").code == 2
