"""The plan on a real archive: what a change of the files does to leads on the way, and whom a publication wakes."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from sqlalchemy import delete, select

from domain.errors import ConflictError, NotReadyError, RefusedError
from domain.planning import Change, text_hash
from storage import given, on_the_way, planning, publishing, releases
from storage import tables as t
from storage.facts import load
from storage.many_facts import load_many
from storage.planning import Plan
from storage.releases import Onto
from tests.world import World, shipped_files

FOLDER = "content/tracks/dock-waiting"
TRACK = f"{FOLDER}/track.yaml"
DEFAULTS = "content/defaults.yaml"
DEFINITION = "lead_defs/sales-ready.yaml"
FIRST = "awareness: [checklist, cost-of-waiting, research-call]"


def edited(path: str, old: str, new: str, files: Mapping[str, str] | None = None) -> dict[str, str]:
    found = dict(files or shipped_files())
    assert old in found[path]
    return {**found, path: found[path].replace(old, new, 1)}


def without(touch: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files without this touch of the track, in no language."""
    return {path: text for path, text in files.items() if not path.startswith(f"{FOLDER}/{touch}.")}


def plan(world: World, files: Mapping[str, str]) -> Plan:
    with world.archive.reading() as tx:
        old = planning.live_side(tx)
    assert old is not None
    return planning.plan(world.archive, old, planning.when_signed(world.archive.compile(files), files))


def change_of(world: World, files: Mapping[str, str]) -> Change:
    found = plan(world, files)
    assert found.total == 1
    return found.rows[0].change if found.rows else Change.SAME


def midway(world: World) -> UUID:
    """Had the first touch, and waits for the second one."""
    lead = world.enrol()
    world.live_for(lead, days=3)
    assert [letter.touch for letter in world.sent] == ["checklist"]
    return lead


def test_some_of_the_leads_on_the_way(world: World) -> None:
    ids = {world.enrol(f"a{number}@site.example") for number in range(4)}
    gone = min(ids)
    world.look(gone)
    world.say(gone, "disqualify", actor="MKT", reason="competitor")
    with world.archive.reading() as tx:
        assert on_the_way.count(tx) == 3
    given = [facts.lead.id for facts in on_the_way.some(world.archive, 2)]
    assert len(set(given)) == 2
    assert set(given) < ids - {gone}


def test_nothing_differs(world: World) -> None:
    midway(world)
    found = plan(world, shipped_files())
    assert (found.is_quiet, found.total, found.paths) == (True, 1, [])


def test_line_ends_of_another_machine_are_no_change(world: World) -> None:
    midway(world)
    assert plan(world, {path: text.replace("\n", "\r\n") for path, text in shipped_files().items()}).paths == []


@pytest.mark.parametrize(
    ("path", "old", "new", "expected"),
    [
        (DEFAULTS, "awareness: 7 days", "awareness: 21 days", Change.OTHER_TIME),
        (TRACK, "cost-of-waiting, research-call]", "research-call, cost-of-waiting]", Change.OTHER_TOUCH),
        (f"{FOLDER}/cost-of-waiting.md", "Most sites", "Nearly all sites", Change.OTHER_WORDS),
        (f"{FOLDER}/checklist.md", "Leave it in", "Leave it at", Change.SAME),
        (TRACK, "budget: 9000 USD", "budget: 9500 USD", Change.SAME),
        ("content/samples.yaml", "samples:", "# more to come\nsamples:", Change.SAME),
    ],
)  # fmt: skip
def test_what_an_edit_does(world: World, path: str, old: str, new: str, expected: Change) -> None:
    midway(world)
    assert change_of(world, edited(path, old, new)) is expected


def test_a_touch_that_a_lead_waits_for_is_removed(world: World) -> None:
    midway(world)
    files = without("cost-of-waiting", edited(TRACK, "cost-of-waiting, ", ""))
    found = plan(world, files)
    (row,) = found.rows
    assert (row.change, row.before.touch, row.after.touch) == (Change.OTHER_TOUCH, "cost-of-waiting", "research-call")
    step = world.look(row.lead)
    world.publish(files)
    assert world.perform(row.lead, step).id.startswith("open_task:research-call")
    assert [letter.touch for letter in world.sent] == ["checklist"]


def test_a_stage_is_left_at_once(world: World) -> None:
    midway(world)
    known = "awareness: {touches: [checklist, cost-of-waiting, research-call], next_when: known(inquiry.topic)}"
    assert change_of(world, edited(TRACK, FIRST, known)) is Change.OTHER_STAGE


def test_the_definition_becomes_easier(world: World) -> None:
    lead = midway(world)
    files = edited(DEFINITION, "ready_when:", "ready_when:\n  anybody: fits")
    found = plan(world, files)
    assert found.counts == {Change.READY: 1}
    before = world.row(lead)["seq"]
    world.publish(files)
    publishing.wake_concerned(world.archive)
    assert world.row(lead)["seq"] > before
    assert world.look(lead).verb == "route"


def renamed(old: str, new: str, files: Mapping[str, str], word: str, other: str) -> dict[str, str]:
    found = edited(TRACK, old, new, files)
    text = found[f"{FOLDER}/{old}.md"].replace(word, other, 1)
    return {**without(old, found), f"{FOLDER}/{new}.md": text}


def test_a_renamed_touch_would_come_again(world: World) -> None:
    """Under another name the same mail is another touch: the ledger knows touches by their names."""
    lead = midway(world)
    world.live_for(lead, days=8)
    assert [letter.touch for letter in world.sent] == ["checklist", "cost-of-waiting"]
    files = renamed("cost-of-waiting", "waiting-cost", shipped_files(), "Most sites", "Nearly all sites")
    found = plan(world, files)
    assert (found.rows[0].change, found.renamed) == (Change.AGAIN, {("cost-of-waiting", "waiting-cost"): 1})
    world.publish(files)
    assert plan(world, files).is_quiet
    left_behind = {**files, f"{FOLDER}/cost-of-waiting.md": shipped_files()[f"{FOLDER}/cost-of-waiting.md"]}
    assert plan(world, left_behind).is_quiet
    later = renamed("waiting-cost", "an-hour", files, "Nearly all sites", "Most sites")
    assert plan(world, later).renamed == {("cost-of-waiting", "an-hour"): 1}


def test_a_renamed_touch_with_a_piece_they_have_does_not_come_again(world: World) -> None:
    """The checklist is collateral, and nobody gets the same piece twice."""
    midway(world)
    files = renamed("checklist", "twelve-reasons", shipped_files(), "Leave it in", "Leave it at")
    assert plan(world, files).is_quiet


def test_a_new_touch_of_other_words_is_no_renamed_one(world: World) -> None:
    midway(world)
    files = edited(TRACK, "[checklist, ", "[checklist, dock-photo, ")
    files[f"{FOLDER}/dock-photo.md"] = "---\nsubject: One photo of your yard\n---\nSend us one, we count the trucks.\n"
    found = plan(world, files)
    assert (found.rows[0].change, found.renamed) == (Change.OTHER_TOUCH, {})


def is_a_touch(path: str) -> bool:
    """Not the words of one in another language, which end with it."""
    return path.endswith(".md") and "." not in path.rpartition("/")[2].removesuffix(".md")


def test_nothing_is_left_to_give(world: World) -> None:
    midway(world)
    files = {
        path: text.replace("---\n", "---\nexpires: 2027-01-05\n", 1) if is_a_touch(path) else text
        for path, text in shipped_files().items()
    }
    assert change_of(world, files) is Change.EXHAUSTED


def test_many_facts_are_those_of_each(world: World) -> None:
    """Leads with marketing, with a task, with sales and after it: the same as loaded one by one."""
    quiet, ready = midway(world), world.enrol("bo@site.example")
    world.event(ready, "demo_request", "e1")
    for lead in (quiet, ready):
        world.live_for(lead, days=2)
    late = world.enrol("cy@site.example")
    step = world.look(late)
    while step.verb != "open_task":
        world.clock.at = max(world.clock.at, step.due_at)
        step = world.perform(late, step)
    world.clock.at = step.due_at
    world.perform(late, step)
    fresh = world.enrol("di@site.example")
    ids = [quiet, ready, late, fresh]
    with world.archive.reading() as tx:
        many = {facts.lead.id: facts for facts in load_many(tx, [*ids, UUID(int=1)])}
        assert many == {id: load(tx, id, lock=False)[0] for id in ids}
        assert load_many(tx, []) == []
    assert {facts.lead.state.value for facts in many.values()} >= {"HANDED_OFF", "NURTURING"}
    assert any(facts.task for facts in many.values())


def test_a_publication_wakes_only_whom_it_concerns(world: World) -> None:
    concerned, other = midway(world), world.enrol("bo@other.example", values={"inquiry.topic": "other"})
    world.look(other)
    publishing.wake_concerned(world.archive)
    seqs = [world.row(lead)["seq"] for lead in (concerned, other)]
    sooner = edited(DEFAULTS, "awareness: 7 days", "awareness: 2 days")
    world.publish(sooner)
    assert publishing.wake_concerned(world.archive) == 1
    assert [world.row(lead)["seq"] for lead in (concerned, other)] == [seqs[0] + 1, seqs[1]]
    assert publishing.wake_concerned(world.archive) == 0
    world.publish(edited(f"{FOLDER}/cost-of-waiting.md", "Most sites", "Nearly all sites", sooner))
    assert publishing.wake_concerned(world.archive) == 0


def test_waking_is_taken_up_after_a_crash(world: World) -> None:
    """Two publications whose processes ended before they had woken anybody."""
    lead = midway(world)
    publishing.wake_concerned(world.archive)
    for days in (21, 30):
        world.publish(edited(DEFAULTS, "awareness: 7 days", f"awareness: {days} days"))
    assert len(publishing.unfinished(world.archive)) == 2
    with world.archive.begin() as tx:
        tx.execute(delete(t.wakes))
    assert publishing.wake_concerned(world.archive) == 2
    with world.archive.reading() as tx:
        assert {row.lead_id for row in tx.execute(select(t.wakes))} == {lead}


def test_what_a_lead_got_has_one_answer_for_ever(world: World) -> None:
    lead = midway(world)
    world.publish(edited(f"{FOLDER}/checklist.md", "Leave it in", "Leave it at"))
    with world.archive.reading() as tx:
        (got,) = given.given_to(tx, world.archive, lead)
        live = world.archive.live(tx)
        (had,) = given.had_before(tx, world.archive.release(tx, got.release), live)
    assert (got.touch, got.status, got.is_proven) == ("checklist", "sent", True)
    assert got.file == shipped_files()[f"{FOLDER}/checklist.md"]
    assert got.mail == "words"
    found = live.find_touch("checklist")
    assert found is not None
    assert text_hash(found[1]) != got.content_hash
    assert (had.touch, had.leads, had.first[0][0]) == ("checklist", 1, lead)


def test_something_else_went_live_meanwhile(world: World) -> None:
    mine, theirs = (edited(DEFAULTS, "awareness: 7 days", f"awareness: {days} days") for days in (2, 3))
    with world.archive.reading() as tx:
        seen = Onto(releases.live_hash(tx))
    world.publish(theirs)
    with pytest.raises(ConflictError, match="ines made"), world.archive.begin() as tx:
        releases.publish(tx, world.archive, mine, "ines", seen)
    with world.archive.reading() as tx:
        assert releases.files_of(tx, releases.live_hash(tx) or "") == theirs
        assert [row["number"] for row in releases.history(tx)] == [2, 1]


def test_many_publish_at_the_same_moment(world: World) -> None:
    """Each of six saw the same release live; one wins, five are told, and nothing is half-published."""
    with world.archive.reading() as tx:
        seen = Onto(releases.live_hash(tx))
    proposed = [edited(DEFAULTS, "awareness: 7 days", f"awareness: {days} days") for days in range(8, 14)]

    def publish(files: dict[str, str]) -> str:
        try:
            with world.archive.begin() as tx:
                return releases.publish(tx, world.archive, files, "ines", seen).hash
        except ConflictError:
            return "told"

    with ThreadPoolExecutor(len(proposed)) as pool:
        ended = list(pool.map(publish, proposed))
    assert ended.count("told") == len(proposed) - 1
    with world.archive.reading() as tx:
        assert releases.live_hash(tx) in ended
        assert [row["number"] for row in releases.history(tx)] == [2, 1]
        assert releases.proposals(tx) == []


def test_a_running_track_never_stops_for_want_of_a_signature(world: World) -> None:
    midway(world)
    files = edited(TRACK, "budget: 9000 USD", "budget: 9500 USD")
    with pytest.raises(RefusedError, match="the track dock-waiting runs now"), world.archive.begin() as tx:
        releases.publish(tx, world.archive, files, "ines")
    stopped = edited(TRACK, "budget: 9000 USD", "budget: 9000 USD\nstatus: declined")
    with world.archive.begin() as tx:
        releases.publish(tx, world.archive, stopped, "ines")
        assert "dock-waiting" not in world.archive.live(tx).approved


def test_what_a_newer_version_wrote_is_not_guessed_at(world: World) -> None:
    with world.archive.begin() as tx:
        tx.execute(t.releases.update().values(schema_version=99))
        hash = releases.live_hash(tx) or ""
        with pytest.raises(NotReadyError, match="newer version"):
            releases.files_of(tx, hash)


def test_a_track_that_keeps_its_structure(world: World) -> None:
    """Another gap is not for a lead on the way; other words are."""
    keeping = edited(TRACK, "budget: 9000 USD", "budget: 9000 USD\nin_flight: keep")
    world.publish(keeping)
    midway(world)
    assert plan(world, edited(DEFAULTS, "awareness: 7 days", "awareness: 21 days", keeping)).is_quiet
    assert plan(world, edited(DEFAULTS, "awareness: 7 days", "awareness: 21 days", keeping)).kept == 1
    words = edited(f"{FOLDER}/cost-of-waiting.md", "Most sites", "Nearly all sites", keeping)
    assert change_of(world, words) is Change.OTHER_WORDS
