"""What people hear of a queue: whoever could take a hot lead at once, everybody in the morning, and a manager only of
what nobody took; and that it is nobody's lead and nobody's broken promise."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from api import staff_mail
from api.views import event
from api.web.telling import Teller
from domain.said import Said
from mail.sheet import Letter
from storage import digests, promises, queue, repairing, reps, sales_reading
from storage import tables as t
from storage.notices import Notice
from tests.unit.storage.test_digests import LINKS, URL
from tests.unit.storage.test_queue import AT_WORK, ROUTING
from tests.world import World, shipped_files

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 1}


@pytest.fixture
def pool(world: World) -> World:
    world.publish({**shipped_files(), "lead_defs/routing.yaml": ROUTING})
    world.clock.at = AT_WORK
    return world


def waits(world: World, number: int = 0) -> UUID:
    lead = world.enrol(f"lead{number}@site{number}.example", values={**READY, "lead.last_name": f"Of{number}"})
    world.live(lead, world.clock.at)
    return lead


def raised(world: World) -> UUID:
    """Somebody who asked for a demo, and waits in the queue."""
    lead = world.enrol()
    world.event(lead, "demo_request", "d1")
    world.live(lead, world.clock.at)
    assert world.row(lead)["team"] == "sales"
    return lead


def told(world: World, lead: UUID) -> set[tuple[str, str]]:
    return {(row["kind"], row["person"]) for row in world.rows(t.notices, lead)}


def mails(world: World, person: str) -> list[Letter]:
    c = t.notices.c
    columns = (c.id, c.lead_id, c.person, c.kind, c.data, c.at, c.tries, c.next_try_at)
    with world.archive.reading() as tx:
        found = [Notice(*row) for row in tx.execute(select(*columns).where(c.person == person))]
        letters = [staff_mail.written(tx, world.archive, LINKS, URL, one) for one in found]
    return [letter for letter in letters if letter]


def test_whoever_could_take_a_hot_lead_hears_of_it_at_once(pool: World) -> None:
    with pool.archive.begin() as tx:
        reps.away(tx, pool.archive, "marc", AT_WORK + timedelta(days=3))
    lead = raised(pool)
    assert told(pool, lead) == {("waiting", "rosa")}
    (row,) = pool.rows(t.notices, lead)
    assert row["data"]["page"] == "/queue"


def test_nobody_is_woken_and_nobody_who_is_full_is_called(pool: World) -> None:
    with pool.archive.begin() as tx:
        reps.put(tx, pool.archive, "marc", {"capacity": 0})
        reps.put(tx, pool.archive, "rosa", {"hours": "Mon-Fri 13:00-17:00"})
    assert told(pool, raised(pool)) == set()


def test_of_a_lead_that_is_not_hot_only_the_manager_hears_when_nobody_took_it(pool: World) -> None:
    lead = waits(pool)
    due_at = pool.row(lead)["clock_due_at"]
    pool.live(lead, due_at - timedelta(minutes=1))
    assert told(pool, lead) == set()  # no reminder half-way: there is nobody it could be for
    pool.live(lead, due_at)
    assert told(pool, lead) == {("clock_escalate", "tom")}
    (letter,) = mails(pool, "tom")
    assert letter.subject.startswith("A promise was broken: the queue of sales and")
    assert "Tom" not in letter.subject


def test_the_timeline_says_the_queue_and_blames_nobody(pool: World) -> None:
    lead = waits(pool)
    pool.live(lead, pool.row(lead)["clock_due_at"])
    with pool.archive.reading() as tx:
        teller = Teller(pool.archive.live(tx), {})
    said = [one.what for row in pool.rows(t.log, lead) if (one := teller.tell(event(row)))]
    assert any(one.lower() == "waits in the queue of sales" for one in said), said
    assert said[-1].lower() == "waits in the queue of sales: the time to accept is over"
    assert not [one for one in said if "Tom" in one]


def test_a_queue_is_in_nobodys_row_until_somebody_took_the_lead(pool: World) -> None:
    first, second = waits(pool, 1), waits(pool, 2)

    def kept() -> dict[str, int]:
        with pool.archive.reading() as tx:
            return {one.rep: one.offered for one in promises.kept(tx, pool.archive, AT_WORK - timedelta(days=1))}

    def with_tom() -> int:
        with pool.archive.reading() as tx:
            return len(sales_reading.handoffs(tx, "tom", True, None, 50)[0])

    assert (kept(), with_tom()) == ({}, 0)
    with pool.archive.begin() as tx:
        claimed = queue.take_next(tx, pool.archive, "rosa")
    assert claimed is not None
    pool.say(claimed.lead_id, "attempt", who="rosa", outcome="no_answer", channel="phone")
    assert (kept(), with_tom()) == ({"rosa": 1}, 0)
    other = second if claimed.lead_id == first else first
    pool.live(other, AT_WORK + timedelta(days=5))
    assert pool.row(other)["is_on_desk"]
    assert kept() == {"rosa": 1}  # taken from the queue by a clock, and from no person
    with pool.archive.reading() as tx:
        (never,) = promises.untried(tx, pool.archive, AT_WORK - timedelta(days=1), 10)
    waited = never.hands[0]
    assert (waited.rep, waited.team, waited.became, waited.is_broken) == (None, "sales", "nobody took it", True)


def test_the_queue_has_it_again_when_an_attempt_is_taken_back(pool: World) -> None:
    lead = waits(pool)
    with pool.archive.begin() as tx:
        queue.take_next(tx, pool.archive, "rosa")
    pool.say(lead, "attempt", who="rosa", outcome="no_answer", channel="phone")
    assert [(row["rep"], row["team"]) for row in pool.rows(t.offers, lead)] == [("rosa", None)]
    with pool.archive.begin() as tx:
        repairing.undo(tx, pool.archive, lead, Said("undo", "REP", "rosa"), None)
    assert [(row["rep"], row["team"]) for row in pool.rows(t.offers, lead)] == [("tom", "sales")]


def test_the_digest_says_in_one_line_what_waits_in_the_queue(pool: World) -> None:
    for number in range(3):
        waits(pool, number)
    pool.clock.at = AT_WORK + timedelta(minutes=1)
    digests.tell(pool.archive)
    (letter,) = mails(pool, "rosa")
    assert "3 leads wait in the queue" in letter.subject
    assert letter.text.lower().count("3 leads wait in the queue of sales, the first:") == 1
    assert sum(f"Of{number}" in letter.text for number in range(3)) == 1
    assert "and 2 more: https://nurture.example/queue" in letter.text
