"""What a lead's story calls by name: the file that brought it, and the mails as their readers saw them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from api import views
from api.web.telling import Teller, Told
from domain.importing import Line
from domain.letters import Outcome
from domain.said import Said
from storage import reading, repairing
from storage.around import around
from tests.unit.importing.test_history import GOOD, imported, lead_of
from tests.world import World, shipped_release

SUBJECT = "Ana, nine questions for your dock"


def story(world: World, lead_id: UUID, may_see_persons: bool = True) -> Sequence[Told]:
    with world.archive.reading() as tx:
        known = around(tx, lead_id, may_see_persons)
        rows, _ = reading.timeline(tx, lead_id, None, 200)
        teller = Teller(shipped_release(), {})
        return [told for row in rows if (told := teller.tell(views.event(row, known)))]


def told(world: World, lead_id: UUID, part: str, may_see_persons: bool = True) -> Told:
    return next(one for one in story(world, lead_id, may_see_persons) if part in one.sentence)


def test_an_import_is_its_file_and_its_day(world: World) -> None:
    imported(world, Line(2, "ana@acme.example", GOOD), name="leads.csv")
    world.clock.at += timedelta(days=30)
    imported(world, Line(2, "ana@acme.example", GOOD, owner="rosa"), name="their reps.csv")
    lead_id = lead_of(world)
    first, second, owned = (told(world, lead_id, part) for part in ("leads.csv", "again", "already"))
    assert first.sentence == "Came with the import of leads.csv on 4 Jan 2027"
    assert second.sentence == "Came with the import of their reps.csv on 3 Feb 2027 again"
    assert owned.sentence == "With Rosa Delgado already, says the import of their reps.csv on 3 Feb 2027"
    assert not any("import:" in f"{one.sentence}{one.by}" for one in story(world, lead_id))


def test_one_that_the_list_of_everybody_tells_is_an_import_all_the_same(world: World) -> None:
    imported(world, Line(2, "ana@acme.example", GOOD))
    with world.archive.reading() as tx:
        rows, _ = reading.timeline(tx, lead_of(world), None, 1)
    found = Teller(shipped_release(), {}).tell(views.event(rows[0]))
    assert found is not None
    assert (found.sentence, found.by) == ("Came with an import", None)


def test_a_mail_is_its_subject_as_sent_for_those_who_may_see_persons(world: World) -> None:
    world.answer = lambda letter: Outcome("sent", "250", f"{SUBJECT}\n\nHello Ana, ...")
    lead_id = world.enrol()
    world.live_for(lead_id, days=2)
    assert told(world, lead_id, "Got the mail").sentence == f"Got the mail “{SUBJECT}”"
    unnamed = told(world, lead_id, "Got the mail", may_see_persons=False)
    assert "Ana" not in unnamed.sentence
    with world.archive.begin() as tx:
        repairing.erase(tx, world.archive, lead_id, Said("erase", "OPS", "root", ticket="T-1"))
    assert told(world, lead_id, "Got the mail").sentence == unnamed.sentence


def test_why_a_mail_could_not_be_sent_is_told(world: World) -> None:
    world.answer = lambda letter: Outcome("failed", "5.6.7")
    lead_id = world.enrol("müller@firma.example")
    world.live_for(lead_id, days=2)
    sentence = told(world, lead_id, "Could not").sentence
    assert sentence.endswith("”: the mail server cannot write to an address beyond ASCII (SMTPUTF8)")
    assert not world.row(lead_id)["has_bounced"]  # the mailbox may be a good one
