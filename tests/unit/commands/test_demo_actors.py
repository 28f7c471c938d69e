"""What the simulated people decide, without anything running."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import httpx
import pytest

from commands.actors import buyers, callers, inbox, sellers
from commands.actors.acting import OFFICE_GRID, Action, News, office_after, waking_after
from commands.actors.buyers import HABITS, Buyer, buyers_of, reaction
from commands.actors.cast import BLIND_TURNS, Cast
from commands.actors.chance import chance
from commands.actors.crowd import crowd_for
from commands.actors.inbox import Inbox, Mail
from commands.actors.surfaces import ActionError, Api, Board
from domain.release import Release
from domain.track import Sample
from storage import clock
from tests.world import World

MONDAY = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
CHICAGO = "America/Chicago"
TOKEN = "A" * 40
WORDS = f"""Hi Ana,

[Get it]: http://127.0.0.1:8600/c/{TOKEN}
- Trucks wait: http://127.0.0.1:8600/a/{TOKEN}
- Crew idle: http://127.0.0.1:8600/a/{TOKEN[:-1]}B

Unsubscribe: http://127.0.0.1:8600/u/{TOKEN}
"""
HEAD = "To: =?utf-8?q?Zo=C3=AB?= <Zoe@Boreal.example>\nSubject: One day\nContent-Type: text/plain; charset=utf-8\n\n"


def mail(**more: object) -> Mail:
    given = {"to": "ana@site.example", "subject": "s", "clicks": ["c"], "answers": ["a"], "unsubscribe": "u", **more}
    return Mail(**given)  # type: ignore[arg-type]  # a fixture's keywords


def person(behaves: str, release: Release, seed: int = 1) -> Buyer:
    return next(b for b in buyers_of(release, seed) if b.sample.behaves == behaves)


def test_the_same_seed_decides_the_same() -> None:
    assert chance(1, "ana", "mail").random() == chance(1, "ana", "mail").random()
    assert len({chance(seed, who).random() for seed in (1, 2) for who in ("ana", "bo")}) == 4


def test_a_mail_is_read_with_the_links_a_person_sees(tmp_path: Path) -> None:
    (tmp_path / "0.eml").write_text("read long ago")
    box = Inbox(tmp_path)
    (tmp_path / "1.eml").write_text(HEAD + WORDS)
    (tmp_path / "2.eml.part").write_text("half a mail")
    (read,) = box.new()
    assert read.to == "zoe@boreal.example"
    assert [url[-41] for url in read.answers] == ["/", "/"]
    assert (len(read.clicks), len(read.answers)) == (1, 2)
    assert read.unsubscribe
    assert read.unsubscribe.endswith(f"/u/{TOKEN}")
    assert box.new() == []
    assert inbox.read(tmp_path / "1.eml") == read


def test_habits_show_in_what_people_do_with_a_mail() -> None:
    def often(behaves: str, what: str, number: int = 1) -> float:
        habit = HABITS.get(behaves, buyers.Habit())
        return sum(what in reaction(habit, mail(), number, Random(n)) for n in range(400)) / 400

    assert often("eager", "answer") > 0.7 > often("curious", "answer") > 0.3
    assert often("quiet", "click") == often("competitor", "click") == often("talker", "answer") == 0
    assert [often("unsubscribes", "unsubscribe", n) for n in (1, 2, 3)] == [0, 1, 0]
    assert often("hand_raiser", "demo_request", 2) > 0.8


def test_who_asked_for_a_demo_on_arrival_needs_no_second_try(release: Release) -> None:
    everyone = {b.id: b for b in buyers_of(release, 1)}
    assert everyone["hand-raiser-in-profile"].has_raised_hand
    assert not everyone["hand-raiser-on-track"].has_raised_hand
    assert all(b.has_raised_hand == b.asks_at_once for b in everyone.values())


def test_the_demo_has_a_market_of_believable_buyers(release: Release) -> None:
    everyone = buyers_of(release, 1)
    assert len(everyone) >= 80
    assert len({b.address for b in everyone}) == len({b.id for b in everyone}) == len(everyone)
    assert {b.sample.lead.get("country") for b in everyone} >= {"US", "CA", "MX", "GB", "IE", "DE"}
    assert len({b.zone for b in everyone}) > 20
    assert all(b.address.endswith(".example") for b in everyone)
    assert {b.habit for b in everyone} >= set(HABITS.values())
    (twin,) = (b for b in everyone if b.twin_of)
    assert twin.full_name == next(b for b in everyone if b.id == twin.twin_of).full_name
    named = [b for b in everyone if b.named_by]
    assert {b.names.id for b in everyone if b.names} == {b.id for b in named}
    assert all(b.company == next(o for o in everyone if o.id == b.named_by).company for b in named)


def test_in_files_that_know_other_fields_only_their_own_samples_play(release: Release) -> None:
    without = {name: field for name, field in release.fields.items() if name != "fact.pain"}
    assert crowd_for(replace(release, fields=without)) == {}
    assert {b.id for b in buyers_of(replace(release, fields=without), 1)} == set(release.samples)


def test_buyers_see_things_differently_a_while_after_sales_let_go(release: Release) -> None:
    buyer = next(b for b in buyers_of(release, 1) if b.id == "timing-far-off")
    assert buyer.tells(MONDAY)["fact.evaluate_within_months"] == 9
    buyer.left_sales_at = MONDAY
    assert buyer.tells(MONDAY + timedelta(days=7))["fact.evaluate_within_months"] == 9
    assert buyer.tells(MONDAY + timedelta(days=22))["fact.evaluate_within_months"] == 2


def test_people_act_in_their_own_hours_on_round_instants() -> None:
    friday_evening = datetime(2027, 1, 8, 23, 30, tzinfo=UTC)
    assert office_after(friday_evening, 1.0, CHICAGO) == datetime(2027, 1, 11, 16, 0, tzinfo=UTC)
    at = waking_after(MONDAY + timedelta(seconds=7), 0.5, CHICAGO)
    assert (at.minute % 20, at.second) == (0, 0)
    assert at > MONDAY
    assert office_after(MONDAY, 0.01, CHICAGO) - MONDAY <= OFFICE_GRID


@pytest.mark.parametrize(("kind", "most"), [("touch", 15.0), ("answer", 6.0)])
def test_tasks_are_done_in_time_mostly(kind: str, most: float) -> None:
    hours = [callers.hours_until_done(kind, Random(n)) for n in range(300)]
    done = [each for each in hours if each is not None]
    assert max(done) <= most
    assert (len(done) < 300) == (kind == "touch")


def test_a_call_learns_what_it_asked_and_an_answer_owed_learns_all(release: Release) -> None:
    talker = person("talker", release)
    task = {
        "touch": None,
        "event": "reply",
        "tries": 0,
        "kind": "answer",
        "outcomes": ["talked", "no_answer"],
        "learn": None,
    }
    found = next(
        how for n in range(20)
        if (how := callers.ending({**task, "tries": n}, talker, MONDAY, release, Random(n))).outcome == "talked"
    )  # fmt: skip
    assert set(talker.sample.tells) <= set(found.facts)
    assert found.words
    assert found.words.startswith("Trucks miss their slots")
    quiet = person("quiet", release)
    endings = {callers.ending({**task, "tries": n}, quiet, MONDAY, release, Random(n)).outcome for n in range(30)}
    assert "no_answer" in endings


def test_five_salespeople_have_five_habits() -> None:
    def often(who: str, command: str | None, is_busy: bool = False) -> float:
        found = [sellers.offered(sellers.HABITS[who], is_busy, Random(n)) for n in range(300)]
        return sum((decision and decision.command) == command for decision in found) / 300

    assert often("rosa", "accept") == 1.0
    assert often("vera", None) == 1.0
    assert 0.5 < often("stan", "reject") < 0.7
    assert 0.05 < often("marc", None) < 0.3
    assert often("rosa", None, is_busy=True) == 1.0


def test_every_rejection_says_what_its_reason_asks_for(release: Release) -> None:
    for body in sellers.REJECTIONS:
        assert set(release.reasons.reject[str(body["reason"])].needs) <= set(body)
    assert {criterion for criterion, _, _ in sellers.LESSONS} <= set(release.definition.criteria)


def test_who_is_on_holiday_goes_on_the_morning_after(release: Release) -> None:
    board = Board(Api(httpx.Client(), "key"), "/api/handoffs")
    yuki = sellers.Seller("yuki", board.api, board, {}, CHICAGO, 1, lambda buyer, now: [], MONDAY)
    back, leaves = yuki.look(News(MONDAY, frozenset(), ()))
    assert (back.what, leaves.what) == ("yuki is back", "yuki is away")
    assert MONDAY + timedelta(days=sellers.KICK_OFF[1]) < back.at < leaves.at
    assert yuki.look(News(MONDAY, frozenset(), ())) == []
    first, last = sellers.HABITS["yuki"].holiday or (0, 0)
    middle = MONDAY + timedelta(days=(first + last) / 2)
    assert yuki.back_at(middle) > MONDAY + timedelta(days=last)
    assert yuki.back_at(MONDAY) == MONDAY


def test_attempts_change_the_channel_and_spread_over_the_minimum_effort() -> None:
    habit = sellers.HABITS["rosa"]
    found = [sellers.attempt(habit, sellers.Memory(n), False, Random(n)) for n in range(6)]
    assert {decision.body["channel"] for decision in found} == {"phone", "email"}
    assert sum(decision.hours for decision in found[1:]) >= 10 * 8
    assert sellers.attempt(habit, sellers.Memory(), True, Random(1)).body["outcome"] == "connected"


def test_a_conversation_ends_with_what_the_buyer_said(release: Release) -> None:
    everyone = {b.id: b for b in buyers_of(release, 1)}

    def ends(tells: dict[str, object], cycle: int = 2, names: Buyer | None = None) -> tuple[str, object]:
        told = replace(everyone["told-us-everything"], sample=Sample(lead={}, tells=tells), names=names)
        decision = sellers.outcome(sellers.STEADY, told, cycle, MONDAY, Random(3))
        return decision.command, decision.body.get("reason")

    assert ends({"fact.evaluate_within_months": 2}) == ("qualify", None)
    assert ends({"fact.evaluate_within_months": 9}) == ("recycle", "bad_timing")
    assert ends({}) == ("recycle", "bad_timing")
    assert ends({"fact.evaluate_within_months": 1, "fact.budget_status": "no_money"}) == ("recycle", "no_budget")
    named = everyone["noreen-castellanos"]
    assert ends({"fact.evaluate_within_months": 1}, 1, names=named) == ("recycle", "wrong_contact")
    assert sellers.referral(named)["email"] == named.address


class Blind:
    def look(self, news: News) -> list[Action]:
        raise ActionError("401 send a valid key")


def test_people_who_cannot_see_end_the_story_and_say_why(world: World, tmp_path: Path) -> None:
    with world.archive.begin() as tx:
        clock.begin(tx, MONDAY, 1.0)
    cast = Cast(world.archive, [Blind()], Inbox(tmp_path), MONDAY)
    for _ in range(BLIND_TURNS):
        assert not cast.is_done.is_set()
        cast.turn()
    assert (cast.is_done.is_set(), cast.trouble) == (True, "401 send a valid key")


def test_the_story_ends_on_its_last_day_when_nothing_is_left_to_do(world: World, tmp_path: Path) -> None:
    with world.archive.begin() as tx:
        clock.begin(tx, MONDAY, 1.0)
    cast = Cast(world.archive, [], Inbox(tmp_path), MONDAY)
    while cast.turn():
        pass
    cast.turn()
    assert (cast.is_done.is_set(), cast.trouble) == (True, "")
