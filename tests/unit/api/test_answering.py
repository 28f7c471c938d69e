"""The links in a salesperson's mail: they show a page, only its buttons decide, and a late one hears who has it."""

from __future__ import annotations

from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from api import staff_mail
from api.offered_mail import REFUSE
from storage import digests, notices
from storage import tables as t
from storage.notices import Notice
from tests.unit.api.house import READY, House
from tests.unit.api.mailed import mail_of, offered, possible, state, told
from tests.unit.api.test_queue import pooled
from tests.unit.api.visitors import forms_of, stranger


def test_the_mail_holds_the_packet_and_the_links(house: House) -> None:
    lead, _ = house.offered()
    with house.archive.reading() as tx:
        (notice,) = notices.unsent(house.archive, UUID(lead))
        found = staff_mail.written(tx, house.archive, house.links, "https://n.example", notice)
    assert found is not None
    subject, text = found.subject, found.text
    assert subject == "A sales-ready lead for you: Marcus Bell, Ridgeway Foods"
    links = [text.index(f"/{name}") for name in ("accept", "attempt", "not-for-us", "handoffs/")]
    assert links == sorted(links)
    assert links[-1] < text.index("WHO AND WHY NOW")
    for line in text.splitlines():
        is_told = line.strip("-: ") in unescape(found.html)  # a heading is in small letters there
        assert is_told or line.isupper(), line
    order = [
        text.index(title) for title in ("WHO AND WHY NOW", "OPEN WITH", "WHAT YOU OWE", "PEOPLE", "HOW TO REACH THEM")
    ]
    assert order == sorted(order)
    assert "“What did you pay in detention last quarter?”" in text
    assert "{" not in text


def test_a_get_shows_and_a_post_accepts(house: House) -> None:
    lead, mail, rep = offered(house)
    for method in ("GET", "HEAD", "GET"):
        answer = rep.client.request(method, mail["accept"])
        assert answer.status_code == 200
        assert not answer.cookies
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "Marcus Bell" in answer.text
    assert state(house, lead) == "HANDED_OFF"
    form = forms_of(answer.text)[mail["accept"]]
    done = rep.client.post(mail["accept"], data=form)
    assert done.status_code == 200
    assert (
        "Accepted. The clock for the first contact is running. First contact by Mon 2 Mar, 13:00 Chicago." in done.text
    )
    now = house.get(f"/leads/{lead}")
    assert (now["state"], now["owner"]) == ("ACCEPTED", mail["rep"])
    rows = house.get(f"/leads/{lead}/timeline?limit=500")["items"]
    assert [r["actor_id"] for r in rows if r["data"].get("transition") == "T13"] == [mail["rep"]]
    assert rep.client.post(mail["accept"], data=form).status_code == 200  # the same form again is the same answer
    assert "You have accepted this lead already." in rep.get(mail["accept"])
    assert rep.client.post(mail["accept"], data={}).status_code == 409


def test_an_attempt_is_told_from_the_mail_and_accepts(house: House) -> None:
    lead, mail, rep = offered(house)
    page = rep.get(mail["attempt"])
    assert "Trying to reach them also accepts the lead." in page
    assert state(house, lead) == "HANDED_OFF"
    wrong = rep.client.post(
        mail["attempt"], data={"outcome": "connected", "channel": "phone", "callback_at": "1999-01-01"}
    )
    assert wrong.status_code == 422
    assert 'name="callback_at" value="1999-01-01"' in wrong.text
    form = {
        **forms_of(page)[mail["attempt"]],
        "outcome": "no_answer",
        "channel": "phone",
        "callback_at": "2026-03-03T09:30",
    }
    done = rep.client.post(mail["attempt"], data=form)
    assert "Noted. Outcome by" in done.text
    assert possible(done.text) == ["attempt", "qualify", "recycle", "disqualify"]
    assert rep.client.post(mail["attempt"], data=form).status_code == 200  # the same form again is the same attempt
    found = house.get(f"/leads/{lead}")
    assert (found["state"], found["owner"]) == ("WORKING", mail["rep"])
    with house.archive.reading() as tx:
        (attempt,) = tx.execute(select(t.attempts).where(t.attempts.c.lead_id == UUID(lead))).mappings()
    assert (attempt["rep"], attempt["outcome"]) == (mail["rep"], "no_answer")
    assert attempt["callback_at"].isoformat() == "2026-03-03T15:30:00+00:00"  # as the team's clock says it


def test_not_for_us_is_a_rejection_before_the_first_attempt_and_a_return_after(house: House) -> None:
    lead, mail, rep = offered(house)
    page = rep.get(mail["refuse"])
    assert "Not mine by territory, language or segment" in page
    assert "Somebody else gets it next." in page
    bare = told(rep, mail["refuse"], "reject", {"reason": "definition_not_met"}, 422)
    assert "needs what of our agreement is not met" in bare
    assert 'value="definition_not_met" required checked' in bare
    assert state(house, lead) == "HANDED_OFF"
    told(rep, mail["accept"], "accept", {})
    page = rep.get(mail["refuse"])
    assert "Not mine by territory" not in page
    assert "No money for it now" in page
    assert "Back from" in page  # for each reason, when it would come back and to whom
    assert "to whoever's turn it is" in page or "to whoever&#39;s turn it is" in page
    late = rep.client.post(mail["refuse"].replace(REFUSE, "reject"), data={"reason": "misrouted"})
    assert late.status_code == 409
    assert "possible is “Log an attempt”, “Not for us - why?”, “Disqualify”" in late.text
    assert "No money for it now" in late.text
    done = told(rep, mail["refuse"], "recycle", {"reason": "no_budget"})
    assert "Back to nurture, with what you learned. They rest until" in done
    assert state(house, lead) == "RECYCLED"
    over = rep.get(mail["refuse"])
    assert "Nothing is left to decide here: resting after sales." in over
    assert possible(over) == ["feedback"]


def test_a_late_answer_is_told_who_has_it(house: House) -> None:
    lead, first, rep = offered(house)
    told(rep, first["refuse"], "reject", {"reason": "misrouted"})
    assert "on its way to somebody else" in rep.get(first["accept"])
    house.work(lead)
    second = mail_of(house, lead)
    assert second["rep"] != first["rep"]
    name = {"rosa": "Rosa Delgado", "marc": "Marc Tremblay"}[second["rep"]]
    page = rep.get(first["accept"])
    assert f"{name} has this lead now." in page
    assert forms_of(page) == {}
    late = rep.client.post(first["accept"], data={"once": "x"})
    assert late.status_code == 409
    assert f"the lead is with {name} now" in late.text
    assert state(house, lead) == "HANDED_OFF"
    assert house.get(f"/leads/{lead}")["owner"] == second["rep"]


def test_a_link_has_its_time(house: House) -> None:
    lead, mail, rep = offered(house)
    house.clock.at += timedelta(days=14)
    assert rep.client.get(mail["accept"]).status_code == 200
    house.clock.at += timedelta(days=1)
    for method in ("GET", "POST"):
        old = rep.client.request(method, mail["accept"])
        assert old.status_code == 404
        assert "This link has had its time" in old.text
    assert state(house, lead) == "HANDED_OFF"


def test_a_token_is_nothing_else_and_nobody_elses(house: House) -> None:
    _, mail, rep = offered(house)
    token = mail["accept"].split("/")[2]
    for path in (
        f"/u/{token}",
        f"/a/{token}",
        f"/h/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/accept",
        "/h/x/accept",
        f"/h/{token}/undo",
        f"/h/{token}/debrief",
        f"/h/{token}",
    ):
        assert rep.client.get(path).status_code == 404, path
    strange = urlsplit(house.links.url("h", uuid4(), 60_000)).path
    assert rep.client.post(f"{strange}/accept").status_code == 404
    of_a_mail = urlsplit(house.links.url("c", uuid4(), 60_000)).path.replace("/c/", "/h/")
    assert rep.client.post(f"{of_a_mail}/accept").status_code == 404
    assert (
        house.client.get(f"/api/leads/{mail['rep']}", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    )


@pytest.mark.parametrize("given", [{"reason": "\0"}, {"reason": "other", "note.other": "x" * 50_000}, {"offer": "99"}])
def test_strange_forms(house: House, given: dict[str, str]) -> None:
    lead, mail, rep = offered(house)
    assert rep.client.post(mail["refuse"].replace(REFUSE, "reject"), data=given).status_code == 422
    assert state(house, lead) == "HANDED_OFF"


def test_the_link_decides_for_nobody_but_its_own_rep(house: House) -> None:
    """The offer went to Rosa and back; Marc has it by a second offer, then Rosa again: her first link stays over."""
    lead, first, rep = offered(house)
    house.post(f"/handoffs/{house.get('/handoffs')['items'][0]['id']}/reject", {"reason": "misrouted"}, first["rep"])
    house.work(lead)
    with house.archive.reading() as tx:
        numbers = list(tx.execute(select(t.offers.c.number).where(t.offers.c.lead_id == UUID(lead))).scalars())
    assert sorted(numbers) == [1, 2]
    assert rep.client.post(first["accept"], data={"once": "y"}).status_code == 409
    assert READY["email"] not in rep.get(first["accept"])


def digest_of(house: House, person: str) -> str:
    """The text of the digest this morning."""
    digests.tell(house.archive)
    c = t.notices.c
    columns = (c.id, c.lead_id, c.person, c.kind, c.data, c.at, c.tries, c.next_try_at)
    with house.archive.reading() as tx:
        notice = Notice(*tx.execute(select(*columns).where(c.kind == "digest", c.person == person)).one())
        found = staff_mail.written(tx, house.archive, house.links, "https://n.example", notice)
    assert found is not None
    return found.text


def test_a_link_never_acts_as_whoever_claimed_the_lead_later(house: House) -> None:
    """Rosa claims it and has a digest about it, takes that back, and Marc has it by the very same offer."""
    lead = pooled(house)
    handoff = house.get("/handoffs?open=true")["items"][0]["id"]
    house.post("/queue/next", {}, "rosa")
    house.post(f"/handoffs/{handoff}/accept", {}, "rosa")
    path = urlsplit(next(word for word in digest_of(house, "rosa").split() if word.endswith("/attempt"))).path
    rep = stranger(house)
    assert "attempt" in possible(rep.get(path))
    house.post(f"/leads/{lead}/undo", {}, "rosa")
    assert "waits in the queue again" in rep.client.get(path).text
    house.post("/queue/next", {}, "marc")
    house.post(f"/handoffs/{handoff}/accept", {}, "marc")
    tried = {"outcome": "connected", "channel": "phone", "once": "x"}
    for answer in (rep.client.get(path), rep.client.post(path, data=tried)):
        assert answer.status_code == 404
        assert "This link was sent to Rosa Delgado; the lead went on to Marc Tremblay." in answer.text
        assert "Marcus" not in answer.text
    found = house.get(f"/leads/{lead}")
    assert (found["state"], found["owner"]) == ("ACCEPTED", "marc")


def test_a_manager_hears_of_the_queue_and_gets_no_link_that_decides(house: House) -> None:
    pooled(house)
    house.clock.at += timedelta(days=1)
    text = digest_of(house, "tom")
    assert "Marcus Bell" in text
    assert "/h/" not in text


def test_a_link_that_does_not_say_whom_it_was_sent_to_is_refused(house: House) -> None:
    lead, mail, rep = offered(house)
    with house.archive.reading() as tx:
        offer = tx.execute(select(t.offers.c.id).where(t.offers.c.lead_id == UUID(lead))).scalar_one()
    old = urlsplit(house.links.url("h", offer, 65_000)).path
    for method in ("GET", "POST"):
        answer = rep.client.request(method, f"{old}/accept")
        assert answer.status_code == 404
        assert "does not say whom it was sent to" in answer.text
    assert state(house, lead) == "HANDED_OFF"
    assert rep.client.get(mail["accept"]).status_code == 200
