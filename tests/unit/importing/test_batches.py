"""Many rows in one transaction come out as each of them would alone, whoever else is at work meanwhile."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from domain import keys
from domain.importing import Line, Received, Row
from domain.lead import Source
from domain.said import Said
from domain.steps import Permit
from storage import enrolling, importing, permits, reading, repairing
from storage import tables as t
from storage.importing import Import
from tests.unit.importing.test_importing import begun, count, imported, lines, reader
from tests.world import World, shipped_files, shipped_release

GOOD = {"company.industry": "3pl", "company.dock_doors": 14, "company.country": "US", "inquiry.topic": "detention"}


def lead_of(world: World, email: str) -> UUID:
    with world.archive.reading() as tx:
        found = reading.by_address(tx, world.archive, email)
    assert found is not None
    return found


def known(world: World, lead: UUID) -> dict[str, Any]:  # Any: values
    (row,) = world.rows(t.lead_facts, lead)
    return {name: each["value"] for name, each in row["known"].items()}


def merge(world: World, lead: UUID, into: UUID) -> None:
    with world.archive.begin() as tx:
        said = Said("merge", "OPS", "olga", note_length=9)
        repairing.merge(tx, world.archive, lead, into, said, "one person")


PASTS: dict[str, dict[str, Any] | None] = {  # Any: fields of Enrolment
    "nobody": None,
    "known": {"values": {"company.dock_doors": 9}, "source": Source.IMPORT},
    "known better": {"values": {"company.dock_doors": 9, "lead.title": "COO"}, "source": Source.FORM},
    "opted out": {"has_opted_out": True},
    "with an id": {"external": ("crm", "old")},
}


@pytest.mark.parametrize("past", PASTS)
def test_a_row_writes_what_enrolling_alone_writes(world: World, past: str) -> None:
    emails = "one@acme.example", "many@acme.example"
    if (before := PASTS[past]) is not None:
        for email in emails:
            own = {"external": ("crm", f"old/{email}")} if "external" in before else {}
            world.enrol(email, **{**before, **own})
    told = {**GOOD, "lead.first_name": "Ana", "lead.time_zone": "America/Denver"}
    consent = {"basis": "contract", "text": "Yes, write to me"}
    with world.archive.begin() as tx:
        who = enrolling.Enrolment(
            emails[0], told, "import", Source.IMPORT, "OPS", "x", ("crm", "1"), consent=consent, is_do_not_call=True
        )
        enrolling.enrol(tx, world.archive, who)
    rows: list[Row] = [
        Line(2, emails[1], told, ("crm", "2"), consent=consent, is_do_not_call=True),
        *lines(3, first=3),
    ]
    assert imported(world, rows).counts["rejected"] == 0
    one, many = (_written(world, lead_of(world, email)) for email in emails)
    assert one == many


def _written(world: World, lead: UUID) -> dict[str, object]:
    """All there is of a lead but its ids, and who it was that wrote it."""
    apart = {"id", "address_key", "lead_id", "actor_id", "recorded_at", "ref", "external_id", "text", "evidence", "seq"}
    (facts,) = world.rows(t.lead_facts, lead)
    lead_row = {name: value for name, value in world.row(lead).items() if name not in apart}
    tables = [t.log, t.learned, t.external_ids, t.wakes]
    rows = [[_apart(row, apart | {"at", "verb"}) for row in world.rows(table, lead)] for table in tables]
    words = {
        (row["kind"], row["kind"] == "field" and row["ref"]): row["text"] for row in world.rows(t.person_texts, lead)
    }
    del words["address", False]
    return {"lead": lead_row, "known": _apart(facts["known"], apart), "rows": rows, "words": words}


def _apart(raw: Any, names: set[str]) -> Any:  # Any: JSON
    if hasattr(raw, "items"):
        return {name: _apart(value, names) for name, value in raw.items() if name not in names}
    return raw


def test_rows_about_one_person_follow_one_another(world: World) -> None:
    rows: list[Row] = [
        Line(2, "ana@acme.example", {"company.dock_doors": 5}),
        Line(3, "bo@b.example", {"company.dock_doors": 6}, ("crm", "b")),
        Line(4, "Ana@acme.example", {"company.dock_doors": 7}, ("crm", "b")),
        Line(5, "ANA@acme.example", {"company.dock_doors": 8}, ("crm", "a"), is_do_not_call=True),
        Line(6, "cy@c.example", {"company.dock_doors": 9}, ("crm", "a")),
        Line(7, "ana@ACME.example", {"lead.title": "COO"}, ("crm", "a")),
    ]
    found = imported(world, rows)
    assert (found.counts["new"], found.counts["merged"], found.counts["rejected"]) == (2, 2, 2)
    with world.archive.reading() as tx:
        assert [each.number for each in importing.rejects(tx, found.id)] == [4, 6]
    ana = lead_of(world, "ana@acme.example")
    assert (known(world, ana)["company.dock_doors"], known(world, ana)["lead.title"]) == (8, "COO")
    assert world.row(ana)["is_do_not_call"]
    assert count(world, "leads") == 2


def test_two_addresses_of_one_merged_lead_both_tell_of_it(world: World) -> None:
    first, second = world.enrol("old@acme.example"), world.enrol("new@acme.example")
    merge(world, first, second)
    (touch,) = shipped_release().tracks["dock-waiting"].stages["awareness"].touches[:1]
    rows: list[Row] = [
        Line(2, "old@acme.example", {"lead.title": "COO"}, received=(Received(touch),)),
        Line(3, "new@acme.example", {"fact.pain": "detention"}, received=(Received(touch),)),
    ]
    found = imported(world, rows)
    assert (found.counts["known"], found.counts["merged"]) == (1, 1)
    assert {"lead.title", "fact.pain"} <= known(world, second).keys()
    assert len(world.rows(t.ledger, second)) == 1
    assert not world.rows(t.ledger, first)


def test_a_row_that_breaks_a_rule_in_the_middle_takes_nobody_with_it(world: World) -> None:
    world.enrol("bo@b.example", external=("crm", "7"))
    world.live_for(lead_of(world, "bo@b.example"), minutes=1)
    rows = lines(99)
    rows[40] = Line(42, "mine@c.example", external=("crm", "7"))
    rows[41] = Line(43, "bo@b.example", {"lead.title": "COO"}, owner="rosa")
    rows[42] = Line(44, "cy@c.example", received=(Received("no-such-touch"),))
    found = imported(world, rows)
    assert (found.counts["new"], found.counts["rejected"]) == (96, 3)
    assert count(world, "leads") == count(world, "wakes") == 97
    assert "lead.title" not in known(world, lead_of(world, "bo@b.example"))


def going_on(world: World, rows: Sequence[Row], meanwhile: Callable[[], None]) -> Import:
    acts = [meanwhile]

    def told(now: Import) -> None:
        if acts:
            acts.pop()()

    return importing.run(world.archive, begun(world, rows), reader(rows), told)


def test_who_opts_out_meanwhile_stays_out(world: World) -> None:
    world.enrol("ana@acme.example")
    rows = [*lines(160), Line(162, "ana@acme.example", GOOD)]
    lead = lead_of(world, "ana@acme.example")

    def leave() -> None:
        with world.archive.begin() as tx:
            enrolling.opt_out(tx, world.archive, lead, "mail")

    assert going_on(world, rows, leave).counts["known"] == 1
    assert world.row(lead)["has_opted_out"]
    world.live_for(lead, days=30)
    assert not world.sent


def test_an_address_that_is_suppressed_meanwhile_is_never_mailed(world: World) -> None:
    rows = [*lines(160), Line(162, "ana@acme.example", GOOD)]
    key = keys.address_key(world.archive.secret, "ana@acme.example")

    def suppress() -> None:
        with world.archive.begin() as tx:
            enrolling.suppress(tx, key, "bounced", "ops", world.clock.at)

    going_on(world, rows, suppress)
    world.live_for(lead_of(world, "ana@acme.example"), days=30)
    assert not world.sent


def test_who_is_erased_meanwhile_stays_erased(world: World) -> None:
    gone = world.enrol("ana@acme.example")
    rows = [*lines(160), Line(162, "ana@acme.example", {**GOOD, "lead.first_name": "Ana"})]

    def erase() -> None:
        with world.archive.begin() as tx:
            repairing.erase(tx, world.archive, gone, Said("erase", "OPS", "olga", ticket="T-1"))

    going_on(world, rows, erase)
    assert world.row(gone)["state"] == "ERASED"
    assert not world.rows(t.person_texts, gone)
    assert not world.rows(t.learned, gone)
    world.live_for(lead_of(world, "ana@acme.example"), days=30)
    assert not world.sent


@pytest.mark.parametrize("taking", ["an address", "an external id", "an id"])
def test_what_somebody_takes_while_the_batch_is_written_is_seen(world: World, taking: str) -> None:
    """The other one commits after the batch has begun: on PostgreSQL the batch meets it only when it writes."""
    email = "lead30@site30.example" if taking == "an address" else "ana@acme.example"
    external = ("crm", "30") if taking == "an external id" else None
    id = keys.lead_id("crm", "30") if taking == "an id" else uuid4()
    rows: list[Row] = [Line(n, f"lead{n}@site{n}.example", GOOD, ("crm", str(n))) for n in range(2, 50)]
    found = begun(world, rows)
    with ThreadPoolExecutor(1) as pool:
        with world.archive.begin() as tx:
            enrolling.enrol(tx, world.archive, enrolling.Enrolment(email, external=external, id=id))
            running = pool.submit(importing.run, world.archive, found, reader(rows))
            wait_for_waiting(world)
        done = running.result(60)
    new, was_known, rejected = {"an address": (47, 1, 0), "an external id": (47, 0, 1), "an id": (48, 0, 0)}[taking]
    assert [done.counts[name] for name in ("new", "known", "rejected")] == [new, was_known, rejected]
    assert count(world, "leads") == new + 1
    assert count(world, "wakes") == new + was_known + 1


def wait_for_waiting(world: World) -> None:
    """Until somebody waits for a lock of PostgreSQL's. SQLite's one writer has the others wait from their beginning."""
    if world.archive.engine.dialect.name != "postgresql":
        return
    waits = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with world.archive.reading() as tx:
            if tx.execute(waits).scalar_one():
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")


class Publishing(list[Row]):
    """Rows during whose first reading a release goes live."""

    def __init__(self, rows: Sequence[Row], publish: Callable[[], object]) -> None:
        super().__init__(rows)
        self._publish: Callable[[], object] | None = publish

    def __iter__(self) -> Iterator[Row]:
        publish, self._publish = self._publish, None
        if publish:
            publish()
        return super().__iter__()


def test_a_release_that_goes_live_meanwhile_is_the_one_that_counts(world: World) -> None:
    files = dict(shipped_files())
    path = "lead_defs/fields.yaml"
    files[path] = files[path].replace("fields:\n", "fields:\n  company.fleet:\n    type: number\n    say: Fleet\n", 1)
    rows: list[Row] = [Line(2, "ana@acme.example", {"company.fleet": "12"})]
    found = _running(world, rows)
    done = importing.take_rows(world.archive, found, Publishing(rows, lambda: world.publish(files)))
    assert done.counts["new"] == 1
    assert known(world, lead_of(world, "ana@acme.example"))["company.fleet"] == 12


def _running(world: World, rows: Sequence[Row]) -> Import:
    found = begun(world, rows)
    with world.archive.begin() as tx:
        tx.execute(t.imports.update().values(status=importing.RUNNING))
        return importing.load(tx, found.id)


def test_half_of_a_senders_day_is_left_to_those_who_wrote_themselves(world: World) -> None:
    files = dict(shipped_files())
    path = "content/defaults.yaml"
    files[path] = re.sub(r"(?m)^sender_daily:.*$", "sender_daily: 4", files[path])
    world.publish(files)
    imported(world, [Line(n, f"lead{n}@site{n}.example", GOOD) for n in range(2, 9)])
    came = [lead_of(world, f"lead{n}@site{n}.example") for n in range(2, 9)]
    days = [world.look(lead).due_at.date() for lead in came]
    assert max(Counter(days).values()) == 2
    themselves = [world.enrol(f"own{n}@own{n}.example", values=GOOD) for n in range(2)]
    assert {world.look(lead).due_at.date() for lead in themselves} == {min(days)}
    world.event(came[-1], "click", "c1")
    assert world.look(came[-1]).due_at.date() == max(days), "what is promised stays promised"


def test_a_day_that_is_full_to_its_end_is_found_again_when_places_come_back(world: World) -> None:
    leads = [world.enrol(f"lead{n}@site{n}.example") for n in range(3)]
    limits = [Permit("sender/lena", 2)]
    with world.archive.begin() as tx:
        days = [permits.first_free_day(tx, limits, world.clock.at + timedelta(days=ahead)) for ahead in (0, 0, 0, 100)]
        assert len(set(days)) == 2
        for lead in leads[:2]:
            assert permits.reserve(tx, lead, "step", limits, days[0])
        assert permits.first_free_day(tx, limits, world.clock.at) == days[0] + timedelta(days=1)
        permits.release(tx, leads[0])
        assert permits.first_free_day(tx, limits, world.clock.at) == days[0]
        assert permits.reserve(tx, leads[2], "step", limits, days[0])
        for ahead in range(1, 60):
            for lead in leads[:2]:
                assert permits.reserve(tx, lead, f"step{ahead}", limits, days[0] + timedelta(days=ahead))
        assert permits.first_free_day(tx, limits, world.clock.at) == days[0] + timedelta(days=60)
