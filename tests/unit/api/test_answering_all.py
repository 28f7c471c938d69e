"""Every decision by the links of a mail: the same as on the signed-in page, by its own salesperson alone, once."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import func, select

from api import offered_mail, staff_mail
from api.web.handoffs import DECISIONS
from mail.sheet import Letter
from storage import duties, notices, sales_reading
from storage import tables as t
from tests.unit.api.house import READY, House
from tests.unit.api.mailed import offered, possible, state, told
from tests.unit.api.test_queue import pooled
from tests.unit.api.visitors import stranger, visitor

HEARD = {"confirmed:fact.pain": "on", "confirmed:fact.evaluate_within_months": "on"}
WORTH = {"amount": "90000", "currency": "USD"}
DEAL = {**WORTH, "close_on": "2026-06-30", "forecast": "commit"}
TALKED = {"outcome": "connected", "channel": "phone"}
STEPS = {
    "accept": ({}, "ACCEPTED"),
    "attempt": (TALKED, "WORKING"),
    "qualify": (HEARD, "QUALIFIED"),
    "opportunity": (DEAL, "OPPORTUNITY"),
    "proposal": (WORTH, "PROPOSAL"),
    "rescope": ({"note": "They need two sites"}, "OPPORTUNITY"),
}


def link(house: House, lead: str, answer: str = "attempt") -> str:
    """As a mail about the newest offer holds it."""
    with house.archive.reading() as tx:
        offer = sales_reading.offers_of(tx, UUID(lead))[-1]
    return urlsplit(offered_mail.url(house.links, offer, answer)).path


def brought_to(house: House, wanted: str) -> tuple[str, str]:
    """A lead in that state, by its salesperson's decisions over the API; and the link of the mail about it."""
    house.post("/reps/marc/away", {"until": "2026-12-01"}, "manager")
    lead, handoff = house.offered()
    for command, (given, after) in STEPS.items():
        if state(house, lead) == wanted:
            break
        body = {"confirmed": ["pain", "evaluate_within_months"]} if command == "qualify" else given
        assert house.post(f"/handoffs/{handoff['id']}/{command}", body, "rosa")["state"] == after
    return lead, link(house, lead)


def counts(house: House, lead: str) -> tuple[int, ...]:
    with house.archive.reading() as tx:
        tables = (t.log, t.attempts, t.wakes, t.notices, t.duties)
        return tuple(
            tx.execute(select(func.count()).select_from(one).where(one.c.lead_id == UUID(lead))).scalar_one()
            for one in tables
        )


def written(house: House, lead: str, kind: str) -> Letter:
    """The newest notice of this kind about the lead, as it is mailed."""
    found = [one for one in notices.unsent(house.archive, UUID(lead)) if one.kind == kind]
    with house.archive.reading() as tx:
        letter = staff_mail.written(tx, house.archive, house.links, "https://n.example", found[-1])
    assert letter is not None
    return letter


def test_from_the_offer_to_the_signature_without_signing_in(house: House) -> None:
    lead, mail, rep = offered(house)
    path, signed_in = mail["accept"], visitor(house, mail["rep"])
    packet = f"/handoffs/{house.get('/handoffs')['items'][0]['id']}"
    for command, (given, after) in STEPS.items():
        here, there = possible(rep.get(path)), possible(signed_in.get(packet))
        assert [one for one in here if one in DECISIONS] == [one for one in there if one in DECISIONS]
        told(rep, path, command, given)
        assert state(house, lead) == after
    told(rep, path, "proposal", WORTH)
    done = told(rep, path, "won", WORTH)
    assert "Won. Congratulations!" in done
    assert possible(done) == ["feedback"]
    assert "Thank you. It is counted" in told(rep, path, "feedback", {"helpful": "partly"})
    known = house.get(f"/leads/{lead}")
    assert known["state"] == "WON"
    assert house.get(packet)["duties"]["feedback"]["answer"] == {"helpful": "partly"}
    by = {
        row["actor_id"]
        for row in house.get(f"/leads/{lead}/timeline?limit=500")["items"]
        if row["kind"] == "transition" and row["actor"] == "REP"
    }
    assert by == {mail["rep"]}


@pytest.mark.parametrize(
    ("wanted", "command", "given", "after"),
    [
        ("HANDED_OFF", "recycle", {"reason": "no_budget"}, "RECYCLED"),
        ("ACCEPTED", "disqualify", {"reason": "vendor_or_jobseeker"}, "DISQUALIFIED"),
        ("WORKING", "recycle", {"reason": "bad_timing", "resume_on.bad_timing": "2026-09-01"}, "RECYCLED"),
        ("WORKING", "attempt", {**TALKED, "meeting_at": "2026-03-09T09:00", "minutes": "7"}, "WORKING"),
        ("QUALIFIED", "attempt", TALKED, "QUALIFIED"),
        ("PROPOSAL", "attempt", {"outcome": "no_answer", "channel": "phone"}, "PROPOSAL"),
        ("QUALIFIED", "recycle", {"reason": "no_budget"}, "RECYCLED"),
        ("OPPORTUNITY", "won", WORTH, "WON"),
        ("OPPORTUNITY", "lost", {"reason": "price"}, "LOST"),
        ("PROPOSAL", "recycle", {"reason": "no_need_now", "note.no_need_now": "They just renewed"}, "RECYCLED"),
    ],
)
def test_what_ends_it(house: House, wanted: str, command: str, given: dict[str, str], after: str) -> None:
    lead, path = brought_to(house, wanted)
    rep = stranger(house)
    told(rep, path, command, given)
    assert state(house, lead) == after
    if after == "LOST":  # a deal that is lost for now may come back to marketing
        told(rep, path, "recycle", {"reason": "no_budget"})
        assert state(house, lead) == "RECYCLED"


def test_what_a_decision_needs_is_asked_for_again(house: House) -> None:
    lead, path = brought_to(house, "WORKING")
    rep = stranger(house)
    vague = told(rep, path, "qualify", {"note": "Signs in May"}, 422)
    assert "Qualify needs what the conversation confirmed: Costliest problem" in vague
    assert "Signs in May" in vague
    one_call = {"attempt.outcome": "meeting_held", "attempt.channel": "meeting", **HEARD}
    assert "Qualified. Well done. Opportunity by" in told(rep, path, "qualify", one_call)
    for wrong in ({**DEAL, "currency": "usd"}, {**DEAL, "amount": "-1"}, {**DEAL, "close_on": "2020-01-01"}):
        told(rep, path, "opportunity", wrong, 422)
    assert state(house, lead) == "QUALIFIED"


def test_whatever_follows_the_links_decides_nothing(house: House) -> None:
    lead, path = brought_to(house, "WORKING")
    rep, before = stranger(house), counts(house, lead)
    for command in (*DECISIONS, offered_mail.REFUSE, offered_mail.FEEDBACK):
        here = f"{path.rpartition('/')[0]}/{command}"
        for method, headers in (("GET", {}), ("HEAD", {}), ("GET", {"Sec-Purpose": "prefetch;prerender"})):
            answer = rep.client.request(method, here, params={"outcome": "connected", "once": "x"}, headers=headers)
            assert answer.status_code == 200
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["referrer-policy"] == "no-referrer"
    assert counts(house, lead) == before
    assert rep.client.put(path).status_code == 405


def test_what_is_not_possible_now_says_what_is(house: House) -> None:
    lead, path = brought_to(house, "ACCEPTED")
    rep = stranger(house)
    page = rep.get(path.replace("attempt", "won"))
    assert "That is not possible now, but this is." in page
    assert possible(page) == ["attempt", "recycle", "disqualify"]
    early = rep.client.post(path.replace("attempt", "won"), data=WORTH)
    assert early.status_code == 409
    assert "possible is “Log an attempt”" in early.text
    assert state(house, lead) == "ACCEPTED"


def test_a_lead_that_changed_hands_is_decided_by_the_new_ones_link_alone(house: House) -> None:
    lead, old = brought_to(house, "WORKING")
    house.post("/reps/marc/away", {"until": None}, "manager")
    house.post(f"/leads/{lead}/reassign", {"rep": "marc", "note": "Rosa is on leave"}, "manager")
    rep, before = stranger(house), counts(house, lead)
    page = rep.get(old)
    assert "Marc Tremblay has this lead now." in page
    assert possible(page) == []
    for command, given in (("attempt", TALKED), ("recycle", {"reason": "no_budget"}), ("qualify", HEARD)):
        late = rep.client.post(old.replace("attempt", command), data=given)
        assert late.status_code == 409
        assert "the lead is with Marc Tremblay now" in late.text
    assert counts(house, lead) == before
    letter = written(house, lead, "reassigned")
    assert [one for one in ("/attempt", "/qualify", "/not-for-us") if one in letter.text] == [
        "/attempt",
        "/qualify",
        "/not-for-us",
    ]
    told(rep, link(house, lead), "attempt", TALKED)
    with house.archive.reading() as tx:
        reps = tx.execute(select(t.attempts.c.rep).where(t.attempts.c.lead_id == UUID(lead)).order_by(t.attempts.c.id))
        assert list(reps.scalars()) == ["rosa", "marc"]


def test_taken_back_it_can_be_decided_again_but_not_by_the_old_form(house: House) -> None:
    lead, path = brought_to(house, "WORKING")
    rep = stranger(house)
    action = path.replace("attempt", "recycle")
    form = {"once": "a", "reason": "no_budget"}
    house.clock.at += timedelta(minutes=5)  # what is decided in one instant is taken back together
    assert rep.client.post(action, data=form).status_code == 200
    assert "Back to nurture" in rep.client.post(action, data=form).text  # sent twice, done once
    house.post(f"/leads/{lead}/undo", {}, "rosa")
    again = rep.client.post(action, data=form)
    assert "This was sent before; the lead has moved on since." in again.text
    assert state(house, lead) == "WORKING"
    told(rep, path, "qualify", HEARD)
    assert state(house, lead) == "QUALIFIED"


def test_the_same_attempt_sent_twice_is_one(house: House) -> None:
    lead, path = brought_to(house, "WORKING")
    rep, before = stranger(house), counts(house, lead)[1]
    for _ in range(3):
        assert rep.client.post(path, data={**TALKED, "once": "a"}).status_code == 200
    assert counts(house, lead)[1] == before + 1


def test_a_lead_that_went_back_to_the_queue_is_nobodys(house: House) -> None:
    lead = pooled(house)
    handoff = house.get("/handoffs?open=true")["items"][0]["id"]
    house.post("/queue/next", {}, "rosa")
    house.post(f"/handoffs/{handoff}/accept", {}, "rosa")
    path, rep = link(house, lead), stranger(house)
    assert "attempt" in possible(rep.get(path))
    house.post(f"/leads/{lead}/undo", {}, "rosa")
    for method in ("GET", "POST"):
        answer = rep.client.request(method, path, data=TALKED if method == "POST" else None)
        assert answer.status_code == 404
        assert "waits in the queue again" in answer.text
    assert state(house, lead) == "HANDED_OFF"


def test_reminders_bring_links_that_hold_from_their_own_day(house: House) -> None:
    lead, mail, rep = offered(house)
    told(rep, mail["attempt"], "attempt", {"outcome": "no_answer", "channel": "phone"})
    while house.work(lead, 0).verb != "remind":
        house.work(lead)
    house.work(lead)
    letter = written(house, lead, "clock_remind")
    (there,) = [line for line in letter.text.splitlines() if line.endswith("/qualify")]
    assert there in letter.html
    house.clock.at += timedelta(days=14)
    path = urlsplit(there).path
    assert path != mail["attempt"].replace("attempt", "qualify")
    assert rep.client.get(path).status_code == 200
    assert rep.client.get(mail["attempt"]).status_code == 404
    house.clock.at += timedelta(days=1)
    assert rep.client.get(path).status_code == 404


def test_who_is_asked_about_the_packet_says_it_by_one_link(house: House) -> None:
    lead, mail, rep = offered(house)
    told(rep, mail["attempt"], "recycle", {"reason": "no_budget"})
    house.clock.at += timedelta(days=4)
    duties.sweep(house.archive)
    packet = f"/handoffs/{house.get('/handoffs')['items'][0]['id']}"
    letter = written(house, lead, "feedback_remind")
    (there,) = [line for line in letter.text.splitlines() if line.endswith("/feedback")]
    path = urlsplit(there).path
    assert possible(rep.get(path)) == ["feedback"]
    told(rep, path, "feedback", {"helpful": "no", "why": "Nobody <b>there</b> knew us", "minutes_saved": "0"})
    assert 'value="no" class="quiet" aria-pressed' in rep.get(path)
    assert "knew us" not in rep.get(path)  # for those who sign in
    assert "Nobody &lt;b&gt;there&lt;/b&gt; knew us" in visitor(house, mail["rep"]).get(packet)
    told(rep, path, "feedback", {"helpful": "maybe"}, 422)


def test_nobody_but_the_one_who_has_it_gets_such_links(house: House) -> None:
    lead, _ = house.offered()
    while house.work(lead, 0).verb != "escalate":
        house.work(lead)
    house.work(lead)
    assert "/h/" not in written(house, lead, "clock_escalate").text  # to the manager
    assert "/accept" in written(house, lead, "clock_remind").text


def test_what_the_manager_hears_of_a_lead_in_the_queue_has_no_answers(house: House) -> None:
    lead = pooled(house)
    house.work_until(lead, "escalate")
    house.work(lead)
    assert "/h/" not in written(house, lead, "clock_escalate").text  # to the manager, for the whole team


def test_links_about_somebody_who_is_gone(house: House) -> None:
    lead, path = brought_to(house, "WORKING")
    other = house.enrol({**READY, "email": "m.bell@ridgeway-foods.example"})
    rep = stranger(house)
    told(rep, path, "recycle", {"reason": "no_budget"})
    house.post(f"/leads/{lead}/merge", {"into": other, "note": "The same person"})
    assert possible(rep.get(path)) == ["feedback"]
    assert rep.client.post(path, data=TALKED).status_code == 409
    assert house.call("DELETE", f"/leads/{other}?ticket=1").status_code == 200
    page = rep.get(path)
    assert possible(page) == ["feedback"]
    assert "Marcus" not in page
    assert rep.client.post(path, data=TALKED).status_code == 409
    late = told(rep, path, "feedback", {"helpful": "no", "why": "Mr Bell was rude"}, 409)
    assert "Everything about this person is erased" in late
    told(rep, path, "feedback", {"helpful": "no"})


def test_a_link_that_was_passed_on_tells_what_its_mail_told(house: House) -> None:
    lead, mail, rep = offered(house)
    letter = written(house, lead, "offered")
    talked = {**TALKED, "note": "Ask for Lou at extension 4471"}
    for page in (rep.get(mail["accept"]), told(rep, mail["attempt"], "attempt", talked), rep.get(mail["attempt"])):
        lines = re.findall(r'<p dir="auto"[^>]*>([^<]+)</p>', page)
        assert len(lines) > 4
        for line in map(unescape, lines):
            assert line in letter.text
        for hidden in ("marcus.bell@", "4471"):
            assert hidden not in page
