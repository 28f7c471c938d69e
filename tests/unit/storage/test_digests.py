"""A mail at the start of a working day: to whom, once, what it says, in which order, and with whose links."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from api import staff_mail
from mail.links import Links
from mail.sheet import Letter
from storage import clock, digests, due
from storage import tables as t
from storage.due import Span
from storage.notices import Notice
from tests.world import World, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 2}
URL = "https://nurture.example"
LINKS = Links([b"k" * 32], URL)
TUESDAY = datetime(2027, 1, 5, 15, 0, tzinfo=UTC)  # 9:00 in Chicago, as people there begin


def handed(world: World, email: str = "ana@site.example", to: str = "rosa") -> UUID:
    """A lead that was offered on Monday."""
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(is_active=t.reps.c.id == to))
    lead = world.enrol(email, values={**READY, "lead.last_name": email.partition("@")[0].title()})
    world.live_for(lead, minutes=5)
    assert world.row(lead)["owner"] == to
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).values(is_active=True))
    return lead


def told(world: World, at: datetime | None = TUESDAY) -> dict[str, Notice]:
    """What a look at that instant adds, by person."""
    if at:
        world.clock.at = at
    number = digests.tell(world.archive)
    c = t.notices.c
    with world.archive.reading() as tx:
        columns = (c.id, c.lead_id, c.person, c.kind, c.data, c.at, c.tries, c.next_try_at)
        rows = tx.execute(select(*columns).where(c.kind == "digest", c.at == world.clock.at))
        found = {row.person: Notice(*row) for row in rows}
    assert len(found) == number
    return found


def written(world: World, notice: Notice) -> Letter | None:
    with world.archive.reading() as tx:
        return staff_mail.written(tx, world.archive, LINKS, URL, notice)


def mail(world: World, notice: Notice) -> Letter:
    letter = written(world, notice)
    assert letter is not None
    return letter


def change(world: World, rep: str, **values: Any) -> None:  # Any: columns
    with world.archive.begin() as tx:
        tx.execute(update(t.reps).where(t.reps.c.id == rep).values(**values))


def with_people(world: World, **lines: str) -> None:
    """Publish the shipped people with something more said of them."""
    files = dict(shipped_files())
    path = "lead_defs/people.yaml"
    for person, more in lines.items():
        files[path] = files[path].replace(
            f"address: {person}@harborline.example", f"address: {person}@harborline.example, {more}"
        )
    assert files[path] != shipped_files()[path]
    world.publish(files)


def test_one_mail_when_the_day_begins_to_who_has_something_due(world: World) -> None:
    handed(world)
    assert told(world, TUESDAY - timedelta(minutes=1)) == {}
    found = told(world)
    assert set(found) == {"rosa", "tom"}  # tom leads her; marc has nothing to do
    assert told(world, TUESDAY + timedelta(hours=2)) == {}
    assert told(world, TUESDAY + timedelta(days=1)).keys() == {"rosa", "tom"}


def test_a_day_without_anything_is_decided_too_and_what_comes_later_is_told_tomorrow(world: World) -> None:
    assert told(world) == {}
    handed(world)
    assert told(world, None) == {}  # who gets a lead gets a mail at once
    assert set(told(world, TUESDAY + timedelta(days=1))) == {"rosa", "tom"}


def test_several_workers_at_once_make_one_mail(world: World) -> None:
    handed(world)
    world.clock.at = TUESDAY
    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(lambda _: digests.tell(world.archive), range(6))) == 2
    with world.archive.reading() as tx:
        assert len(tx.execute(select(t.notices.c.id).where(t.notices.c.kind == "digest")).all()) == 2


def test_a_worker_that_was_down_in_the_morning_tells_it_while_the_day_lasts(world: World) -> None:
    handed(world)
    assert set(told(world, TUESDAY.replace(hour=22, minute=59))) == {"rosa", "tom"}
    world.clock.at += timedelta(days=1)
    assert told(world, world.clock.at.replace(hour=23)) == {}  # 17:00: their day is over


@pytest.mark.parametrize(
    "values",
    [
        {"away_until": TUESDAY + timedelta(days=3)},
        {"is_active": False},
        {"hours": "Wed-Fri 09:00-17:00"},
        {"hours": "Mon-Fri 10:00-17:00"},
        {"zone": "Asia/Tokyo"},
    ],
)
def test_nobody_is_told_who_is_not_at_work(world: World, values: Mapping[str, Any]) -> None:
    handed(world)
    change(world, "rosa", **values)
    assert "rosa" not in told(world)


def test_a_day_begins_where_they_are_and_rests_on_their_holidays(world: World) -> None:
    handed(world)
    handed(world, "bo@other.example", "marc")
    change(world, "rosa", zone="Europe/Berlin", holidays="DE-BY")
    change(world, "marc", zone="Europe/Berlin", holidays="DE-BE", hours="Mon-Fri 08:00-16:00")
    epiphany = datetime(2027, 1, 6, 8, 0, tzinfo=UTC)  # a holiday in Bavaria and not in Berlin
    assert set(told(world, epiphany)) == {"marc"}
    assert set(told(world, epiphany + timedelta(days=1))) == {"marc", "rosa"}
    with world.archive.reading() as tx:
        days = tx.execute(
            select(t.digests.c.day).where(t.digests.c.person == "marc").order_by(t.digests.c.day)
        ).scalars()
        assert list(days) == ["2027-01-06", "2027-01-07"]


def test_switched_off_by_a_person_and_by_a_team_and_on_for_somebody_else(world: World) -> None:
    handed(world)
    with_people(world, rosa="digest: false")
    assert set(told(world)) == {"tom"}
    files = dict(shipped_files())
    path = "lead_defs/routing.yaml"
    assert "handoff: offer " in files[path]
    files[path] = files[path].replace("handoff: offer ", "digest: false\n    handoff: offer ")
    people = "lead_defs/people.yaml"
    files[people] = files[people].replace(
        "address: rosa@harborline.example", "address: rosa@harborline.example, digest: true"
    )
    world.publish(files)
    assert set(told(world, TUESDAY + timedelta(days=1))) == {"rosa"}


def test_a_nurture_specialist_who_wants_it_is_told_of_tasks(world: World) -> None:
    with_people(world, lena="digest: true")
    lead = world.enrol()
    world.event(lead, "reply", "r1")
    world.live_for(lead, minutes=5)
    (task,) = [row for row in world.rows(t.tasks, lead) if row["closed_at"] is None]
    with world.archive.begin() as tx:
        tx.execute(update(t.tasks).where(t.tasks.c.id == task["id"]).values(owner="lena"))
    found = told(world)
    assert set(found) == {"lena"}
    letter = mail(world, found["lena"])
    assert letter.subject == "Today: 1 task"
    assert f"{URL}/tasks/{task['id']}" in letter.text


def test_it_says_what_is_about_to_break_first_and_links_to_each(world: World) -> None:
    late, called, later = handed(world), handed(world, "bo@other.example"), handed(world, "cy@third.example")
    world.say(called, "attempt", outcome="no_answer", channel="phone", callback_at=TUESDAY + timedelta(hours=5))
    world.say(later, "attempt", outcome="connected", channel="phone", meeting_at=TUESDAY + timedelta(hours=1))
    letter = mail(world, told(world)["rosa"])
    assert letter.subject == "Today: 1 promise of yours ends, 1 meeting, 1 lead to work on"
    order = [
        letter.text.index(words)
        for words in (
            "PROMISES: OVER, OR ENDING TODAY", "Ana Ana", "Accept by Mon 4 Jan", "MEETINGS TODAY",
            "At 10:00 Chicago time", "THEN, IN THE ORDER OF THE QUEUE", "You agreed to call back, 14:00",
        )
    ]  # fmt: skip
    assert order == sorted(order)
    handoffs = {lead: world.rows(t.handoffs, lead)[0]["id"] for lead in (late, called, later)}
    for handoff in handoffs.values():
        assert f"{URL}/handoffs/{handoff}" in letter.text
    accepting = [line for line in letter.text.splitlines() if "/accept" in line]
    assert len(accepting) == 1
    offer = world.rows(t.offers, late)[0]["id"]
    assert LINKS.read("h", accepting[0].split("/h/")[1].split("/")[0])[0] == offer
    assert letter.text.count("/not-for-us") == 3
    for line in ("You agreed to call back, 14:00", "At 10:00 Chicago time", "Ana Ana"):
        assert line in letter.html


def test_a_late_mail_says_what_is_true_when_it_is_sent(world: World) -> None:
    lead = handed(world)
    found = told(world)["rosa"]
    world.say(lead, "recycle", reason="no_budget")
    letter = mail(world, found)
    assert letter.subject == "Today: 1 question to answer"  # of the packet, and the lead has left
    assert "/h/" not in letter.text


def test_who_leads_a_team_and_belongs_to_anothers_is_counted_by_both(world: World) -> None:
    lead = handed(world)
    files = dict(shipped_files())
    path = "lead_defs/routing.yaml"
    files[path] = files[path].replace("teams:\n", "teams:\n  inside: {manager: rosa}\n")
    people = "lead_defs/people.yaml"
    files[people] = files[people].replace(
        "Vera Lindahl, role: sales, team: sales", "Vera Lindahl, role: sales, team: inside"
    )
    release = world.publish(files)
    world.live(lead, TUESDAY + timedelta(hours=6))
    (breach,) = [row for row in world.rows(t.log, lead) if row["kind"] == "breach"]
    assert breach["data"]["owner"] == "rosa"
    span = Span(world.clock.at, world.clock.at, TUESDAY - timedelta(days=1))
    with world.archive.reading() as tx:
        together = due.numbers(tx, release, {"rosa": span, "tom": span})
        assert [together[person] for person in ("rosa", "tom")] == [
            due.numbers(tx, release, {person: span})[person] for person in ("rosa", "tom")
        ]
    assert [together[person]["broken"] for person in ("rosa", "tom")] == [1, 1]


def test_a_late_mail_about_nothing_any_more_is_none(world: World) -> None:
    lead = handed(world)
    found = told(world)["rosa"]
    change(world, "marc", is_active=True)
    world.say(lead, "reject", reason="misrouted")
    world.live_for(lead, minutes=5)
    assert world.row(lead)["owner"] == "marc"
    assert written(world, found) is None


def test_a_manager_hears_of_the_team_the_desk_and_what_was_broken(world: World) -> None:
    first, second = handed(world), handed(world, "bo@other.example", "marc")
    first_digest = told(world)["tom"]
    letter = mail(world, first_digest)
    assert letter.subject == "Today: 2 promises of your team end"
    assert "Rosa Delgado: Accept by Mon 4 Jan, 17:00 Chicago, 16 hours late" in letter.text
    assert "Marc Tremblay: Accept by Tue 5 Jan, 09:05 Chicago, in 5 minutes" in letter.text
    assert "/h/" not in letter.text  # those links answer as somebody else
    for lead in (first, second):
        world.clock.at = TUESDAY
        world.live(lead, TUESDAY + timedelta(hours=23))  # escalated, handed on, and nobody answers
    world.clock.at = TUESDAY + timedelta(days=1)
    letter = mail(world, told(world, None)["tom"])
    assert "BROKEN SINCE THE LAST DIGEST" in letter.text
    assert "the time to accept was over, " in letter.text
    assert " working minutes in" in letter.text
    for lead in (first, second):
        world.live(lead, TUESDAY + timedelta(days=9, hours=23))
    assert world.row(first)["is_on_desk"]
    third = mail(world, told(world, TUESDAY + timedelta(days=10))["tom"])
    assert "ON YOUR DESK: READY, AND WITH NOBODY" in third.text
    assert third.subject.startswith("Today: 2 leads on your desk")


def stops(world: World, days: int) -> list[datetime]:
    """Where the demo clock stops when it is sent so far from now, each time with the digests of that instant."""
    with world.archive.begin() as tx:
        clock.begin(tx, world.clock.at, speed=1.0)
        clock.forward(tx, world.clock.at + timedelta(days=days))
    world.archive.clock = clock.DemoClock(world.archive.engine)
    found, mornings = list[datetime](), digests.Mornings()
    while world.archive.clock.now() < world.clock.at + timedelta(days=days):
        with world.archive.begin() as tx:
            tx.execute(update(t.clock).values(advanced_at=None))
        assert clock.advance(world.archive, timedelta(days=1), mornings=mornings) == []
        found.append(world.archive.clock.now())
    return found


def test_a_clock_sent_forward_stops_where_a_working_day_begins_and_tells_then(world: World) -> None:
    lead = handed(world)  # on Monday at 9 in Chicago
    with world.archive.begin() as tx:
        later = {"step_due_at": TUESDAY + timedelta(days=30), "step_seq": t.leads.c.seq}
        tx.execute(update(t.leads).where(t.leads.c.id == lead).values(later))
    change(world, "marc", zone="Europe/Berlin")
    berlin = TUESDAY.replace(hour=8)
    world.clock.at = TUESDAY - timedelta(days=1)
    reached = stops(world, 2)
    assert {berlin, TUESDAY} <= set(reached)
    c = t.notices.c
    with world.archive.reading() as tx:
        at = tx.execute(select(c.at).where(c.kind == "digest", c.person == "rosa").order_by(c.at)).scalars().first()
        decided = {row.person: row.at for row in tx.execute(select(t.digests).where(t.digests.c.day == "2027-01-05"))}
    assert at == TUESDAY
    assert (decided["marc"], decided["tom"]) == (berlin, TUESDAY)


def test_a_morning_alone_does_not_make_the_clock_go(world: World) -> None:
    with world.archive.begin() as tx:
        clock.begin(tx, world.clock.at, speed=1e7)
    assert clock.advance(world.archive, timedelta(seconds=1)) == []
    with world.archive.reading() as tx:
        assert clock.read(tx) == world.clock.at
    lead = world.enrol()
    with world.archive.begin() as tx:
        later = {"step_due_at": world.clock.at + timedelta(days=9), "step_seq": t.leads.c.seq}
        tx.execute(update(t.leads).where(t.leads.c.id == lead).values(later))
    assert clock.advance(world.archive, timedelta(seconds=1)) == []
    with world.archive.reading() as tx:
        assert clock.read(tx) == TUESDAY
