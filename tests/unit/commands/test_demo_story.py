"""What somebody reads while the demo runs and at its end."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from commands import telling
from commands.actors.buyers import buyers_of
from commands.story import Reader, local
from commands.summing_up import Person, print_summary, whence
from commands.telling import Figures
from commands.watching import Lines, Picture, Scale, Watchdog, watching
from storage.deciding import open_lead
from tests.world import MONDAY, World, shipped_release

CHICAGO = "America/Chicago"
SCALE = Scale(MONDAY, MONDAY + timedelta(days=120), CHICAGO)


def console(width: int, is_terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), width=width, force_terminal=is_terminal, color_system=None, highlight=False)


def shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


def lived(world: World) -> str:
    """A lead that became ready by what it told, was taken and given back, and is in its second cycle."""
    lead_id = world.enrol()
    world.live_for(lead_id, days=9)
    learned = {"fact.pain": "detention", "fact.evaluate_within_months": 2}
    world.event(lead_id, "answer", "1", learned=learned)
    world.live_for(lead_id, hours=1)
    with world.archive.begin() as tx:
        owner = open_lead(tx, world.archive, lead_id).lead.owner
    world.say(lead_id, "accept", who=owner)
    world.say(lead_id, "attempt", who=owner, outcome="connected", channel="phone")
    world.say(lead_id, "recycle", who=owner, reason="needs_education", criterion="soon")
    world.live_for(lead_id, days=9)
    return str(lead_id)


def test_the_log_in_words(world: World) -> None:
    lead_id = lived(world)
    with world.archive.reading() as tx:
        release = world.archive.live(tx)
    reader = Reader(world.archive, release, {lead_id: "Ana (Alder Foods)"})
    told = [str(line) for line in reader.new()]
    for words in (
        "Ana (Alder Foods): came to us for the first time",
        "Ana (Alder Foods): answered: Trucks wait and we pay detention; Will compare options within (months): 2",
    ):
        assert words in told
    story = "\n".join(told)
    for words in ("started on the track “From", "got the mail “", "became sales-ready: ", "starts again, cycle 2"):
        assert words in story
    assert any(line.endswith(": Still has to learn something first") for line in told)
    assert reader.new() == []


def test_the_figures_add_up(world: World) -> None:
    lived(world)
    world.enrol("quiet@other.example")
    funnel = telling.funnel(world.archive)
    assert funnel == {
        "enrolled": 2, "nurtured": 1, "sales-ready": 1, "accepted by sales": 1, "qualified": 0,
        "opportunities": 0, "won": 0, "came back": 1, "sales-ready again": 0,
    }  # fmt: skip
    assert telling.touches_to_ready(world.archive) == [2]
    assert telling.in_words([2]) == "2 in the middle, 2 to 2"
    assert telling.in_words([]) == "nobody was ready yet"


def test_ratios_are_of_something() -> None:
    counts = dict.fromkeys(telling.FUNNEL, 0)
    assert telling.ratios(counts) == {}
    found = telling.ratios({**counts, "sales-ready": 3, "accepted by sales": 2})
    assert found["accepted of sales-ready"] == "2 of 3, 67 %"
    assert found["qualified of accepted"] == "0 of 2, 0 %"


def test_each_story_worth_a_look_is_another_lead(world: World) -> None:
    returned, left = lived(world), world.enrol("left@other.example", has_opted_out=True)
    world.enrol("quiet@third.example")
    found = telling.worth_a_look(telling.leads(world.archive))
    assert {why: str(row["id"]) for why, row in found.items()} == {
        "given back by sales": returned,
        "unsubscribed": str(left),
    }
    assert telling.worth_a_look([]) == {}


def test_what_a_lead_waits_for_is_told_with_its_day() -> None:
    until = "lost (price); the debrief is due until"
    assert telling.waiting(until, "2027-03-04T15:00:00+00:00") == f"{until} 4 Mar 2027"
    assert telling.waiting("no track fits", "2027-03-04T15:00:00+00:00") == "no track fits"
    assert telling.waiting(until, None) == until


def test_the_leads_of_the_files_and_those_of_the_demo_are_told_apart() -> None:
    release = shipped_release()
    buyers = [buyer.id for buyer in buyers_of(release, 1)]
    own, more = len(release.samples), len(buyers) - len(release.samples)
    assert whence(buyers, release).startswith(
        f"{own + more} leads: {own} samples of content/samples.yaml, and {more} that"
    )
    assert whence(release.samples, release) == f"{own} leads: {own} samples of content/samples.yaml"


def test_a_story_is_the_same_in_any_order_and_another_when_something_else_happens(world: World) -> None:
    lead_id = world.enrol()
    before = telling.digest(world.archive)
    assert telling.digest(world.archive) == before
    world.event(lead_id, "click", "1")
    assert telling.digest(world.archive) != before


@pytest.mark.parametrize("width", [40, 120])
def test_the_summary_fits_any_terminal(world: World, width: int) -> None:
    lead_id = lived(world)
    with world.archive.reading() as tx:
        release = world.archive.live(tx)
    screen = console(width)
    print_summary(screen, world.archive, release, {lead_id: Person("Ana Silva", "Alder Foods")})
    text = shown(screen)
    assert "Ana Silva" in text
    assert "ready, came back" in text
    assert max(map(len, text.splitlines())) <= width


@pytest.mark.parametrize("width", [40, 120])
def test_the_picture_fits_any_terminal(width: int) -> None:
    screen = console(width, is_terminal=True)
    figures = Figures(MONDAY, {"NURTURING": 20, "DISQUALIFIED": 1}, {"delivered": 7, "engaged": 2}, 3, 1)
    with Picture(screen, SCALE) as picture:
        picture.say("the worker ended")
        picture.show(figures, [])
    text = shown(screen)
    assert "day 1 of 120" in text
    assert "promises 3 kept, 1 broken" in text
    assert "the worker ended" in text


def test_without_a_terminal_there_are_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    lines = watching(console(80), SCALE)
    assert isinstance(lines, Lines)
    with lines:
        for days in (0, 1, 8):
            lines.show(Figures(MONDAY + timedelta(days=days), {"NEW": 1}, {"delivered": 0}), [])
    assert capsys.readouterr().out.count("1 NEW; 0 touches delivered") == 2


def test_a_clock_that_stands_is_told_once() -> None:
    now = [0.0]
    dog = Watchdog(10.0, lambda: now[0])
    at = datetime(2027, 1, 4, tzinfo=UTC)
    told = []
    for now[0] in (0.0, 5.0, 11.0, 20.0):
        told.append(dog.has_to_tell(at))
    assert told == [False, False, True, False]
    assert dog.standing_for(at) == 20.0
    assert not dog.has_to_tell(at + timedelta(hours=1))


def test_an_instant_as_people_there_read_it() -> None:
    assert local(datetime(2027, 1, 12, 15, 20, tzinfo=UTC), CHICAGO) == "Tue 12 Jan 09:20"
