"""Rows into the archive: opt-outs first, each row once, whatever interrupts it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from sqlalchemy import func, select

from domain import keys
from domain.errors import ConflictError, InvalidError, RefusedError
from domain.importing import Line, Refused, Row
from storage import import_survey, importing
from storage import tables as t
from storage.importing import Import
from tests.world import World

Reader = Callable[[int], Iterator[Row]]


class KilledError(Exception):
    """Stands for the process ending right after a commit."""


def reader(rows: Sequence[Row]) -> Reader:
    return lambda first: (row for row in rows if row.number >= first)


def lines(count: int, first: int = 2) -> list[Row]:
    return [Line(n, f"lead{n}@site{n}.example", {"inquiry.topic": "detention"}) for n in range(first, first + count)]


def begun(world: World, rows: Sequence[Row], mapping: str = "m") -> Import:
    with world.archive.begin() as tx:
        return importing.start(tx, world.archive, "leads.csv", "hash", {"is": mapping}, len(rows), "test")


def imported(world: World, rows: Sequence[Row]) -> Import:
    return importing.run(world.archive, begun(world, rows), reader(rows))


def count(world: World, table: str) -> int:
    with world.archive.reading() as tx:
        return tx.execute(select(func.count()).select_from(t.metadata.tables[table])).scalar_one()


def test_every_row_is_counted_once(world: World) -> None:
    world.enrol("lead3@site3.example")
    rows = [
        *lines(3),
        Line(5, "LEAD2@site2.example", {"lead.title": "COO"}, ("crm", "7")),
        Line(6, "no address"),
        Line(7, "x@y.example", {"company.dock_doors": "many"}),
        Line(8, "z@y.example", external=("crm", "7")),
        Refused(9, "its quotes do not pair up"),
        Line(10, "gone@y.example", has_opted_out=True),
    ]
    found = imported(world, rows)
    counts = {"new": 3, "known": 1, "merged": 1, "rejected": 4, "opted_out": 1, "left_unknown": 0, "with_sales": 0}
    assert found.counts == counts
    assert found.status == importing.DONE
    assert found.taken == len(rows)
    with world.archive.reading() as tx:
        assert [row.number for row in importing.rejects(tx, found.id)] == [6, 7, 8, 9]
    # A rejected row leaves nothing behind, not even the lead its id was refused for.
    assert count(world, "leads") == 4


def test_a_lead_is_waked_through_the_outbox_in_the_same_transaction(world: World) -> None:
    imported(world, lines(20))
    assert count(world, "wakes") == count(world, "leads") == 20


def test_who_opted_out_anywhere_in_the_file_is_suppressed_before_anybody_is_enrolled(world: World) -> None:
    rows = [*lines(160), Line(162, "Lead2@site2.example", has_opted_out=True)]
    key = keys.address_key(world.archive.secret, "lead2@site2.example")

    def at_first_commit(now: Import) -> None:
        with world.archive.reading() as tx:
            assert key in tx.execute(select(t.suppressions.c.address_key)).scalars().all()
        raise KilledError

    with pytest.raises(KilledError):
        importing.run(world.archive, begun(world, rows), reader(rows), at_first_commit)


def test_an_opt_out_counts_although_its_row_is_rejected(world: World) -> None:
    rows = [*lines(1), Line(3, "gone@y.example", {"company.dock_doors": "many"}, has_opted_out=True)]
    assert imported(world, rows).counts["rejected"] == 1
    assert count(world, "suppressions") == 1


def test_it_goes_on_after_its_last_commit(world: World) -> None:
    rows = lines(530)

    def killed(now: Import) -> None:
        raise KilledError

    for _ in range(4):
        with pytest.raises(KilledError):
            importing.run(world.archive, begun(world, rows), reader(rows), killed)
    done = imported(world, rows)
    assert done.counts["new"] == count(world, "leads") == count(world, "wakes") == 530
    assert count(world, "imports") == 1


def test_a_failure_in_the_middle_of_a_transaction_leaves_none_of_it(world: World) -> None:
    rows = lines(30)

    def breaking(first: int) -> Iterator[Row]:
        yield from rows[:10]
        raise OSError("the disk is gone")

    with pytest.raises(OSError):
        importing.run(world.archive, begun(world, rows), breaking)
    assert count(world, "leads") == 0
    assert imported(world, rows).counts["new"] == 30


def test_two_at_once_take_no_row_twice(world: World) -> None:
    rows, seen = lines(530), list[Import]()

    def overtaken(now: Import) -> None:
        """The other one goes on from the first commit to the end, before this one can."""
        if not seen:
            seen.append(now)
            importing.run(world.archive, begun(world, rows), reader(rows))

    with pytest.raises(ConflictError, match="somebody else"):
        importing.run(world.archive, begun(world, rows), reader(rows), overtaken)
    assert count(world, "leads") == count(world, "wakes") == 530


def test_another_mapping_begins_anew_and_knows_whom_it_meets(world: World) -> None:
    rows = lines(5)
    first = begun(world, rows)
    second = begun(world, rows, mapping="other")
    assert second.id != first.id
    with world.archive.reading() as tx:
        assert importing.load(tx, first.id).status == importing.REPLACED
        assert [each.id for each in importing.unfinished(tx)] == [second.id]


def test_the_same_file_a_second_time_enrols_nobody_twice(world: World) -> None:
    imported(world, lines(5))
    again = imported(world, lines(5))
    assert again.counts["known"] == 5
    assert count(world, "leads") == 5


def test_a_survey_writes_nothing_and_foresees_the_rejected(world: World) -> None:
    rows = [*lines(3), Line(5, "nobody"), Line(6, "o@y.example", has_opted_out=True)]
    survey = import_survey.survey(world.archive, reader(rows))
    assert (survey.total, survey.counts["rejected"], survey.counts["opted_out"]) == (5, 1, 1)
    assert [line.number for line, _ in survey.samples] == [2, 3, 4]
    assert [refused.number for refused in survey.first_rejected] == [5]
    assert count(world, "leads") == count(world, "suppressions") == count(world, "imports") == 0


@pytest.mark.parametrize("rows", [[], [Line(2, "nobody"), Refused(3, "broken")]])
def test_a_file_without_a_single_good_row_is_refused_whole(world: World, rows: list[Row]) -> None:
    with pytest.raises(InvalidError, match="no row can be imported"):
        import_survey.survey(world.archive, reader(rows))


def test_who_opted_out_is_never_mailed(world: World) -> None:
    imported(world, [Line(2, "gone@y.example", {"inquiry.topic": "detention"}, has_opted_out=True), *lines(1, 3)])
    with world.archive.reading() as tx:
        leads = {row.has_opted_out: row.id for row in tx.execute(select(t.leads.c.id, t.leads.c.has_opted_out))}
    world.live_for(leads[True], days=30)
    assert not world.sent
    world.live_for(leads[False], days=30)
    assert world.sent


def test_a_word_that_is_none_of_the_choices_leaves_the_field_unknown_and_is_told(world: World) -> None:
    rows: list[Row] = [
        Line(2, "a@b.example", {"inquiry.topic": "weather", "company.dock_doors": 9}),
        Line(3, "c@d.example", {"inquiry.topic": "Weather  "}),
        Line(4, "e@f.example", {"inquiry.topic": "detention"}),
    ]
    survey = import_survey.survey(world.archive, reader(rows))
    assert survey.counts["rejected"] == 0
    assert survey.left_unknown["inquiry.topic"] == {"weather": 1, "Weather": 1}
    found = imported(world, rows)
    assert (found.counts["new"], found.counts["left_unknown"]) == (3, 2)
    with world.archive.reading() as tx:
        known = tx.execute(select(t.lead_facts.c.known)).scalars().all()
    assert sorted(sorted(each.keys() - {"company.domain"}) for each in known) == [
        [],
        ["company.dock_doors"],
        ["inquiry.topic"],
    ]


def test_a_paused_import_stops_before_its_next_rows_and_goes_on_there(world: World) -> None:
    rows = [*lines(530), Line(532, "lead2@site2.example", has_opted_out=True)]

    def pausing(now: Import) -> None:
        with world.archive.begin() as tx:
            importing.pause(tx, now.id)

    paused = importing.run(world.archive, begun(world, rows), reader(rows), pausing)
    assert (paused.status, paused.taken) == (importing.PAUSED, paused.next_row - 2)
    assert 0 < count(world, "leads") == paused.taken < 530
    assert importing.run(world.archive, paused, reader(rows)).status == importing.PAUSED
    with world.archive.begin() as tx:
        resumed = importing.resume(tx, paused.id)
    done = importing.run(world.archive, resumed, reader(rows))
    assert done.status == importing.DONE
    assert done.counts["new"] == count(world, "leads") == 530
    with world.archive.begin() as tx, pytest.raises(RefusedError, match="done already"):
        importing.pause(tx, done.id)


def test_one_that_is_paused_while_opt_outs_are_carried_over_takes_nobody(world: World) -> None:
    rows = lines(5)
    found = begun(world, rows)

    def reading(first: int) -> Iterator[Row]:
        yield from reader(rows)(first)
        with world.archive.begin() as tx:
            importing.pause(tx, found.id)

    assert importing.run(world.archive, found, reading).status == importing.PAUSED
    assert count(world, "leads") == 0


def test_the_same_file_again_is_a_resume(world: World) -> None:
    rows = lines(5)
    found = begun(world, rows)
    with world.archive.begin() as tx:
        importing.pause(tx, found.id)
    assert imported(world, rows).counts["new"] == 5
    assert count(world, "imports") == 1


def test_a_country_by_its_name_decides_the_clock_and_one_nobody_knows_stays_unknown(world: World) -> None:
    rows: list[Row] = [
        Line(2, "ana@acme.example", {"lead.country": "Deutschland", "company.country": "United States"}),
        Line(3, "bo@b.example", {"lead.country": "Narnia", "company.country": "Germany"}),
    ]
    survey = import_survey.survey(world.archive, reader(rows))
    assert survey.left_unknown == {"lead.country": {"Narnia": 1}}
    assert imported(world, rows).counts["left_unknown"] == 1
    with world.archive.reading() as tx:
        leads = tx.execute(select(t.leads)).mappings().all()
        known = tx.execute(select(t.lead_facts.c.known)).scalars().all()
    assert [(row["country"], row["time_zone"]) for row in leads] == [("DE", "Europe/Berlin")] * 2
    assert sorted(facts["company.country"]["value"] for facts in known) == ["DE", "US"]
