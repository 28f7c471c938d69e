"""The audit must find what is wrong, one thing at a time, in a world where all is well."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from commands.audit import audit
from mail.messages import message_id
from storage import enrolling, notices
from storage import tables as t
from storage.archive import Tx
from tests.world import World

DOMAIN = "localhost.localdomain"


class Sent:
    """A lead that got mails, and a folder with just those mails."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder, self.lead_id = world, folder, world.enrol()
        folder.mkdir()
        world.live_for(self.lead_id, days=21)
        for letter in world.sent:
            self.catch(letter.send_id)

    def catch(self, id: UUID, times: int = 1) -> None:
        for number in range(times):
            count = len(list(self.folder.iterdir()))
            text = f"X-Envelope-To: a\nMessage-ID: {message_id(id, DOMAIN)}\nSubject: s\n\nwords {number}\n"
            (self.folder / f"{count:03d}.eml").write_text(text)

    def found(self) -> list[str]:
        return audit(self.world.archive, self.folder, DOMAIN)

    def change(self, column: str, value: object, send_id: UUID) -> None:
        with self.world.archive.begin() as tx:
            tx.execute(update(t.ledger).where(t.ledger.c.id == send_id).values({column: value}))


@pytest.fixture
def sent(world: World, tmp_path: Path) -> Sent:
    return Sent(world, tmp_path / "mail")


def test_a_world_where_all_is_well(sent: Sent) -> None:
    assert len(sent.world.sent) >= 2
    assert sent.found() == []


def test_a_mail_that_came_twice(sent: Sent) -> None:
    sent.catch(sent.world.sent[0].send_id)
    (problem,) = sent.found()
    assert "was sent 2 times" in problem


def test_a_mail_nobody_wrote_down(sent: Sent) -> None:
    sent.catch(UUID(int=7))
    (problem,) = sent.found()
    assert "stands in no ledger" in problem


def test_a_notice_to_our_own_people_is_no_lead_mail(sent: Sent) -> None:
    with sent.world.archive.begin() as tx:
        notice = notices.tell(tx, "rosa", "offered", sent.lead_id, sent.world.clock.at)
    sent.catch(notice, times=2)
    assert sent.found() == []


def test_a_mail_that_stands_as_sent_and_never_came(sent: Sent) -> None:
    sorted(sent.folder.iterdir())[0].unlink()
    (problem,) = sent.found()
    assert "no such mail arrived" in problem


def test_a_mail_that_came_though_its_row_says_failed(sent: Sent) -> None:
    sent.change("status", "failed", sent.world.sent[0].send_id)
    (problem,) = sent.found()
    assert "says failed" in problem


def test_an_uncertain_mail_may_have_come_or_not(sent: Sent) -> None:
    first, second = (letter.send_id for letter in sent.world.sent[:2])
    sent.change("status", "uncertain", first)
    sent.change("status", "uncertain", second)
    sorted(sent.folder.iterdir())[0].unlink()
    assert sent.found() == []


def test_a_mail_after_the_opt_out(sent: Sent) -> None:
    with sent.world.archive.begin() as tx:
        enrolling.opt_out(tx, sent.world.archive, sent.lead_id, "link")
    sent.world.look(sent.lead_id)
    assert sent.found() == []
    later = sent.world.clock.at + timedelta(hours=1)
    sent.change("claimed_at", later, sent.world.sent[0].send_id)
    (problem,) = sent.found()
    assert "after the opt-out" in problem


def test_a_lead_without_a_step_and_a_claim_nobody_holds(sent: Sent) -> None:
    def forget(tx: Tx) -> None:
        tx.execute(update(t.leads).values(step_due_at=None))

    with sent.world.archive.begin() as tx:
        forget(tx)
    sent.change("status", "claimed", sent.world.sent[0].send_id)
    found = " ".join(sent.found())
    assert "has no step that stands" in found
    assert "nobody is sending it" in found


def test_a_lead_that_nobody_looked_at_since_it_changed(sent: Sent) -> None:
    sent.world.event(sent.lead_id, "reply", "1")
    (problem,) = sent.found()
    assert "has no step that stands" in problem


def test_a_clock_that_waits_says_for_whom(sent: Sent) -> None:
    from storage import clock

    with sent.world.archive.begin() as tx:
        tx.execute(insert(t.clock).values(id=1, business_at=sent.world.clock.at, speed=1.0))
        assert clock.waits_for(tx) == []
        clock.hold(tx, "the buyers", 0, sent.world.clock.at)
        assert clock.waits_for(tx) == ["the buyers, who have yet to look"]
        clock.let_go(tx, "the buyers", 1.0)
        assert clock.waits_for(tx) == []
