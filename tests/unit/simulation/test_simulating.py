"""Many leads at once: what they share limits them, nothing depends on who computes it, and any file may come in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from authoring.mapped_rows import open_rows
from authoring.simulation.buyers import Buyers, Eager, Quiet
from authoring.simulation.figures import Result
from authoring.simulation.page import render
from authoring.simulation.playing import all_signed
from authoring.simulation.population import Person, Population, arrivals, of_rows, of_samples
from authoring.simulation.rates import AsSoFar
from authoring.simulation.running import Run
from authoring.simulation.scenarios import FEW, Plan, play, simulate
from authoring.simulation.surroundings import Team
from domain.lead import State
from domain.rates import FEWEST, Rate, Rates
from domain.release import Release
from domain.track import Sample
from storage import responding
from storage import tables as t
from tests.world import MONDAY, World, shipped_files, shipped_release

BEGINS = datetime(2027, 3, 1, 16, 0, tzinfo=UTC)
HEADER = "Email,First name,company.industry,company.dock_doors,company.country,inquiry.topic\n"


def people(count: int, per_company: int = 1) -> list[Person]:
    made = []
    for n in range(count):
        site = n // per_company
        company = {"industry": "3pl", "dock_doors": 14, "country": "US", "domain": f"site{site}.example"}
        lead = {"email": f"p{n}@site{site}.example", "country": "US", "time_zone": "America/New_York"}
        made.append(Person(Sample(lead=lead, company=company, inquiry={"topic": "detention"})))
    return made


def lived(release: Release, who: list[Person], buyers: Buyers, days: int = 120, capacity: int = 20) -> Result:
    team = Team.of(release, capacity)
    return Run(release, who, arrivals(BEGINS, timedelta(0), len(who)), buyers, days, team).run(lambda share: None)


def signed(**defaults: object) -> Release:
    release = all_signed(shipped_release())
    return replace(release, defaults=release.defaults.model_copy(update=defaults))


def test_the_quiet_get_every_touch_and_the_eager_become_ready() -> None:
    quiet, eager = lived(signed(), people(20), Quiet(), days=260), lived(signed(), people(20), Eager(signed()))
    assert (quiet.ready, quiet.exhausted, quiet.touches_per_lead) == (0, 20, 16.0)
    in_turn = {touch.track for touch in quiet.touches if touch.reached}
    assert in_turn == {"dock-waiting", "keep-in-touch"}
    assert [t.touch for t in quiet.never_reached if t.track in in_turn and t.stage != "reserve"] == []
    assert (eager.ready, eager.exhausted, eager.ready_by_rule) == (20, 0, {"definition": 20})
    assert {touch.touch for touch in eager.never_reached} >= {"research-call", "reference-call"}
    assert sum(day.ready for day in eager.days) == 20
    asked = {unknown.where: unknown for unknown in quiet.unknown}
    assert asked["to meet problem"].fields == {"fact.pain": 20}
    assert not eager.unknown


def test_a_sender_never_sends_more_a_day_than_it_may() -> None:
    held = lived(signed(sender_daily=3), people(30), Quiet(), days=60)
    free = lived(signed(), people(30), Quiet(), days=60)
    assert max(day.mails for day in held.days) == 3
    assert max(day.mails for day in free.days) == 30
    assert held.full_days["lena"] >= 10
    assert free.full_days == {"lena": 0}
    assert held.touches_per_lead < free.touches_per_lead


def test_the_same_mail_goes_to_one_colleague_a_day() -> None:
    together = lived(signed(), people(5, per_company=5), Quiet(), days=7)
    assert [day.mails for day in together.days if day.mails] == [1, 1, 1]


def test_who_has_no_place_waits_and_nobody_has_more_than_their_places() -> None:
    result = lived(signed(), people(12), Eager(signed()), capacity=2)
    assert result.places == result.peak == 2 * len(result.capacity)
    assert all(held <= 2 for day in result.days for held in day.in_hand.values())
    assert result.most_waiting == 12 - result.places
    assert result.first_full_day is not None
    handed_over = sum(day.offered for day in result.days)
    assert 4 < handed_over <= 12
    assert result.days[-1].waiting == 12 - handed_over


def test_nobody_is_written_to_who_said_no() -> None:
    who = [replace(person, has_opted_out=True) for person in people(3)]
    result = lived(signed(), who, Eager(signed()))
    assert result.touches_each == {0: 3}


def test_two_processes_find_what_one_finds() -> None:
    plan = Plan(shipped_files(), tuple(people(FEW + 10, per_company=3)), BEGINS, 30, over=timedelta(days=5))
    heard: list[tuple[str, float]] = []
    found = simulate(plan, shipped_release(), lambda name, share: heard.append((name, share)))
    alone = [play(plan, shipped_release(), name, lambda share: None) for name in plan.scenarios]
    assert found == alone
    assert [result.scenario for result in found] == ["quiet", "eager"]
    assert {name for name, _ in heard} == {"quiet", "eager"}


def test_every_sample_can_be_simulated() -> None:
    population = of_samples(shipped_release())
    result = lived(signed(), list(population.people), Eager(signed()))
    assert result.leads == len(shipped_release().samples)
    assert result.excluded


def rows(folder: Path, text: str) -> Population:
    path = folder / "leads.csv"
    path.write_text(text, encoding="utf-8")
    return of_rows(open_rows(path, shipped_release().fields).rows(), shipped_release(), BEGINS)


def test_a_file_of_leads_is_read_as_the_import_reads_it(tmp_path: Path) -> None:
    found = rows(
        tmp_path,
        HEADER
        + "ana@site.example,Ana,3pl,14,US,detention\n"
        + "ANA@site.example ,Ana again,3pl,99,US,detention\n"
        + "bo@site.example,Bo,3pl,many,US,detention\n"
        + ",Nobody,3pl,3,US,detention\n"
        + "=cmd()@site.example,<script>,3pl,4,US,detention\n"
        + "ćirić@müller.example,Ö,,,,\n",
    )
    assert found.doubled == 1
    assert {refused.number for refused in found.refused} >= {4, 5}
    assert any("company.dock_doors" in refused.reason for refused in found.refused)
    result = lived(signed(), list(found.people), Quiet(), days=30)
    assert result.leads == len(found.people) >= 2


def test_the_page_holds_everything_itself() -> None:
    who = people(10)
    results = [lived(signed(), who, Quiet()), lived(signed(), who, Eager(signed()))]
    page = render("10 leads <b>", BEGINS, results, [("sales-ready", ["0", "10"])])
    assert "10 leads &lt;b&gt;" in page
    assert not [word for word in ("src=", "href=", "http", "@import", "url(") if word in page]
    assert page.count("<svg") == 4
    assert all(touch.touch in page for touch in results[0].touches)


RATES = Rates(
    {"checklist": Rate(400, 100, 0), "cost-of-waiting": Rate(100, 40, 40)},
    {"research-call": {"talked": 1, "no_answer": 3}},
    {"fact.pain": {"detention": 3, "other": 1}},
    timedelta(hours=5),
)


def test_buyers_go_on_as_often_as_they_did() -> None:
    release = signed()
    result = lived(release, people(200), AsSoFar(RATES, release), days=40)
    reached = {touch.touch: touch.reached for touch in result.touches}
    told = 200 - {u.where: u.leads for u in result.unknown}["to meet problem"]
    assert reached["cost-of-waiting"] == 200
    assert 100 < told < 180  # 40 of 100 by mail, then one of four calls and their repeats
    assert result == lived(release, people(200), AsSoFar(RATES, release), days=40)


@pytest.mark.parametrize(
    ("took", "is_late"), [(timedelta(0), False), (timedelta(minutes=30), False), (timedelta(days=20), True)]
)
def test_salespeople_take_as_long_as_they_did(took: timedelta, is_late: bool) -> None:
    """Who takes a hundred and sixty working hours and more has lost the lead to a colleague before."""
    release, hand = signed(), [Person(each.sample.model_copy(update={"behaves": "hand_raiser"})) for each in people(6)]
    team = Team.of(release)
    pace = {State.HANDED_OFF: [took], State.ACCEPTED: [timedelta(0)]}
    run = Run(release, hand, arrivals(BEGINS, timedelta(0), 6), Quiet(), 30, team, pace)
    result = run.run(lambda share: None)
    assert result.ready == 6
    assert (sum(day.offered for day in result.days) > 6) is is_late


def test_how_long_salespeople_took_is_read_from_the_log(world: World) -> None:
    lead = world.enrol(values={"fact.pain": "detention", "fact.evaluate_within_months": 2})
    world.live_for(lead, hours=1)
    world.clock.at += timedelta(minutes=20)
    world.say(lead, "accept")
    world.clock.at += timedelta(minutes=40)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    with world.archive.begin() as tx:
        kept = tx.execute(select(t.log).where(t.log.c.transition.in_(("T13", "T18")))).mappings().all()
        accepted, tried = ({**row} for row in kept)
        for row, times in ((accepted, FEWEST - 1), (tried, FEWEST - 2)):
            del row["id"]
            tx.execute(insert(t.log), [row] * times)
    with world.archive.reading() as tx:
        found = responding.paces(tx)
    assert found.keys() == {State.HANDED_OFF}
    assert len(found[State.HANDED_OFF]) == FEWEST
    assert timedelta(minutes=20) <= found[State.HANDED_OFF][0] <= timedelta(minutes=80)


def test_rates_are_counted_in_the_archive(world: World) -> None:
    with world.archive.reading() as tx:
        assert responding.rates(tx, shipped_release()) is None
    leads = [world.enrol(f"p{n}@site{n}.example") for n in range(32)]
    for lead in leads:
        world.clock.at = MONDAY
        world.live_for(lead, days=10)
    delivered = {letter.touch: letter.send_id for letter in world.sent}
    world.event(leads[-1], "answer", "a1", ledger_id=delivered["checklist"], learned={"pain": "detention"})
    world.event(leads[-1], "click", "c1", ledger_id=delivered["cost-of-waiting"])
    with world.archive.reading() as tx:
        found = responding.rates(tx, shipped_release())
    assert found is not None
    assert found.mails["checklist"] == Rate(32, 1, 1)
    assert found.mails["cost-of-waiting"] == Rate(32, 1, 0)
    assert found.values["fact.pain"] == {"detention": 1}
    assert timedelta(0) < found.delay < timedelta(days=10)


@pytest.mark.parametrize("over", [0, 7])
def test_leads_may_come_over_some_days(over: int) -> None:
    at = arrivals(BEGINS, timedelta(days=over), 7)
    assert len(at) == 7
    assert at[0] == BEGINS
    assert at[-1] - at[0] == timedelta(days=max(over - 1, 0))
