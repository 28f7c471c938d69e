from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select, update

from mail.links import Kind, Links
from storage import tables as t
from tests.unit.api.house import BROWSER, CURIOUS, House

SCANNER = "Mozilla/5.0 (compatible; Proofpoint URL Defense/1.0)"


def link(house: House, kind: Kind, send_id: UUID, number: int = 0) -> str:
    return urlsplit(house.links.url(kind, send_id, number)).path


def sent(house: House, touch: str = "checklist") -> tuple[str, UUID]:
    """A mail that went out an hour ago."""
    lead = house.enrol()
    send_id = house.sent(lead, touch)
    house.clock.at += timedelta(hours=1)
    return lead, send_id


def hits(house: House) -> list[Any]:  # Any: rows
    with house.archive.reading() as tx:
        return list(tx.execute(select(t.link_hits).order_by(t.link_hits.c.id)))


def clicks(house: House, lead: str) -> int:
    seen = house.get(f"/leads/{lead}")["events"].get("click")
    return seen["count"] if seen else 0


def test_a_click_leads_where_the_mail_meant_and_counts_once(house: House) -> None:
    lead, send_id = sent(house)
    house.wakes.clear()
    path = link(house, "c", send_id, 1)
    for _ in range(3):
        answer = house.client.get(path, follow_redirects=False)
        assert answer.status_code == 302
        assert answer.headers["location"] == "https://harborline.example/guides/detention-checklist"
        assert not answer.cookies
        house.clock.at += timedelta(minutes=1)
    assert clicks(house, lead) == 1
    assert [hit.verdict for hit in hits(house)] == ["human"] * 3
    touch = next(x for x in house.get(f"/leads/{lead}/timeline")["items"] if x["kind"] == "touch")
    assert touch["data"]["engaged_at"]


def test_scanners_and_heads_follow_but_never_count(house: House) -> None:
    lead, send_id = sent(house)
    path = link(house, "c", send_id, 1)
    assert house.client.head(path, follow_redirects=False).status_code == 302
    house.client.options(path, follow_redirects=False)
    house.client.get(path, headers={"User-Agent": SCANNER}, follow_redirects=False)
    assert clicks(house, lead) == 0
    assert [(hit.method, hit.verdict) for hit in hits(house)] == [
        ("HEAD", "machine"),
        ("OPTIONS", "machine"),
        ("GET", "machine"),
    ]
    assert hits(house)[2].reasons == ["agent"]
    house.client.get(path, follow_redirects=False)  # the person, later
    assert clicks(house, lead) == 1


def test_all_links_of_a_fresh_mail_at_once_is_a_machine(house: House) -> None:
    lead = house.enrol()
    send_id = house.sent(lead, "cost-of-waiting")
    house.clock.at += timedelta(seconds=1)
    for number in (1, 2, 3):
        assert house.client.get(link(house, "a", send_id, number)).status_code == 200
    assert [hit.verdict for hit in hits(house)] == ["unknown", "machine", "machine"]
    assert "fact.pain" not in house.get(f"/leads/{lead}")["facts"]


def test_clicks_that_come_together_are_all_answered(house: House) -> None:
    mails = []
    for number in range(4):
        lead = house.enrol({"email": f"a{number}@many{number}.example", "inquiry": {"topic": "detention"}})
        mails.append((lead, house.sent(lead, "checklist")))
    house.clock.at += timedelta(hours=1)

    def follow(send_id: UUID) -> int:
        return int(house.client.get(link(house, "c", send_id, 1), follow_redirects=False).status_code)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(follow, [send_id for _, send_id in mails] * 5))
    assert answers == [302] * 20
    assert len(hits(house)) == 20
    assert [clicks(house, lead) for lead, _ in mails] == [1, 1, 1, 1]


def test_an_answer_is_asked_by_get_and_stored_by_post(house: House) -> None:
    lead, send_id = sent(house, "cost-of-waiting")
    house.wakes.clear()
    path = link(house, "a", send_id, 2)
    page = house.client.get(path)
    assert "What goes wrong at your docks that costs you most?" in page.text
    assert re.search(r'value="idle_crew"\s+checked', page.text)
    assert "Harborline" in page.text
    assert "fact.pain" not in house.get(f"/leads/{lead}")["facts"]
    assert not house.wakes
    once = re.search(r'name="once" value="([^"]+)"', page.text)
    assert once
    form = {"value": "idle_crew", "words": "They stand around until ten", "once": once[1]}
    for _ in range(2):
        assert "Thank you" in house.client.post(path, data=form).text
    found = house.get(f"/leads/{lead}")
    assert (found["facts"]["fact.pain"]["value"], found["facts"]["fact.pain"]["source"]) == ("idle_crew", "form")
    assert found["events"]["answer"]["count"] == 1
    assert [wake.verb for wake in house.wakes] == ["answer"]
    rows = [row for row in house.get(f"/leads/{lead}/timeline")["items"] if row["data"].get("event") == "answer"]
    assert [row["data"]["text"] for row in rows] == ["They stand around until ten"]
    problem = next(c for c in found["verdict"]["criteria"] if c["id"] == "problem")
    assert problem["holds"] == "met"
    assert problem["evidence"] == [f"event:{rows[0]['data']['event_row']}"]


def test_a_changed_mind_is_another_answer(house: House) -> None:
    lead, send_id = sent(house, "cost-of-waiting")
    for number, value in ((1, "detention"), (2, "idle_crew"), (1, "detention")):
        page = house.client.get(link(house, "a", send_id, number)).text
        once = re.search(r'name="once" value="([^"]+)"', page)
        assert once
        house.clock.at += timedelta(minutes=1)
        house.client.post(link(house, "a", send_id, number), data={"value": value, "once": once[1]})
    assert house.get(f"/leads/{lead}")["facts"]["fact.pain"]["value"] == "detention"
    assert house.get(f"/leads/{lead}")["events"]["answer"]["count"] == 3


def test_own_words_alone_are_an_answer_too(house: House) -> None:
    lead, send_id = sent(house, "cost-of-waiting")
    path = link(house, "a", send_id, 4)
    assert re.search(r'value="other"\s+checked', house.client.get(path).text)
    empty = house.client.post(path, data={"value": "", "words": " "})
    assert empty.status_code == 422
    assert "Please choose an answer" in empty.text
    house.client.post(path, data={"words": "The gate is <b>closed</b> till nine"})
    assert house.get(f"/leads/{lead}")["facts"]["fact.pain"]["value"] == "other"


@pytest.mark.parametrize(
    "form", [{"value": "boredom"}, {"value": "<script>"}, {"words": "a\0b"}, {"words": "x" * 9999}]
)
def test_an_answer_that_is_none_of_the_choices(house: House, form: dict[str, str]) -> None:
    lead, send_id = sent(house, "cost-of-waiting")
    answer = house.client.post(link(house, "a", send_id, 1), data=form)
    assert answer.status_code == 422
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "fact.pain" not in house.get(f"/leads/{lead}")["facts"]


def test_unsubscribing_takes_a_post_and_nothing_else(house: House) -> None:
    lead, send_id = sent(house)
    house.wakes.clear()
    path = link(house, "u", send_id)
    page = house.client.get(path)
    assert "<form" in page.text
    assert "Harborline" in page.text
    assert not house.get(f"/leads/{lead}")["has_opted_out"]
    for _ in range(2):
        answer = house.client.post(path, data={"List-Unsubscribe": "One-Click"}, follow_redirects=False)
        assert answer.status_code == 200
        assert not answer.cookies
    assert house.get(f"/leads/{lead}")["has_opted_out"]
    assert [wake.verb for wake in house.wakes] == ["opted_out"]
    multipart = house.client.post(path, files={"List-Unsubscribe": (None, "One-Click")})
    assert multipart.status_code == 200
    assert house.work(lead, 0).verb != "deliver"


def test_a_link_followed_settles_a_send_nobody_knew_the_end_of(house: House) -> None:
    _, send_id = sent(house)
    with house.archive.begin() as tx:
        tx.execute(update(t.ledger).where(t.ledger.c.id == send_id).values(status="uncertain"))
    house.client.get(link(house, "c", send_id, 1), follow_redirects=False)
    house.client.get(link(house, "c", send_id, 1), follow_redirects=False)  # the writer has finished the first by now
    with house.archive.reading() as tx:
        assert tx.execute(select(t.ledger.c.status).where(t.ledger.c.id == send_id)).scalar() == "sent"


def test_foreign_and_broken_tokens_get_a_page_that_says_what_to_do(house: House) -> None:
    _, send_id = sent(house)
    foreign = urlsplit(Links([b"x" * 32], "https://else.example").url("c", send_id, 1)).path
    token = link(house, "c", send_id, 1).rpartition("/")[2]
    unknown = link(house, "c", UUID(int=7), 1)
    paths = [foreign, f"/u/{token}", f"/a/{token}", "/c/x", "/u/%00", unknown, link(house, "c", send_id, 99)]
    for path in paths:
        answer = house.client.get(path, follow_redirects=False)
        assert answer.status_code == 404, path
        assert "open the link again from the mail" in answer.text
    assert house.client.post(link(house, "u", UUID(int=7))).status_code == 404
    assert house.client.post(foreign.replace("/c/", "/u/")).status_code == 404
    assert house.client.put(f"/u/{token}").status_code == 405


def test_pages_need_no_script_and_set_no_cookie(house: House) -> None:
    _, send_id = sent(house, "cost-of-waiting")
    for path in (link(house, "u", send_id), link(house, "a", send_id, 1)):
        page = house.client.get(path, headers={"User-Agent": BROWSER})
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert "<script" not in page.text
        assert "viewport" in page.text
        assert "set-cookie" not in page.headers


def test_pages_speak_the_language_of_the_mail(house: House) -> None:
    lead = house.enrol({**CURIOUS, "lead": {**CURIOUS["lead"], "language": "fr"}})
    send_id = house.sent(lead, "cost-of-waiting")
    house.clock.at += timedelta(hours=1)
    path = link(house, "a", send_id, 2)
    page = house.client.get(path).text
    assert '<html lang="fr">' in page
    assert "coûte le plus" in page
    assert re.search(r'value="idle_crew"\s+checked', page)
    assert "Envoyer ma réponse" in page
    nothing = house.client.post(path, data={"value": "", "words": " "})
    assert nothing.status_code == 422
    assert "Choisissez une réponse" in nothing.text
    thanks = house.client.post(path, data={"value": "idle_crew", "words": "Tous les lundis", "once": "1"})
    assert "Merci, cela nous aide" in thanks.text
    assert house.get(f"/leads/{lead}")["facts"]["fact.pain"]["value"] == "idle_crew"
    leaving = link(house, "u", send_id)
    assert "Se désabonner" in house.client.get(leaving).text
    assert "Vous êtes désabonné" in house.client.post(leaving).text


def test_pages_of_a_mail_in_the_base_language_are_in_that(house: House) -> None:
    lead = house.enrol({**CURIOUS, "lead": {**CURIOUS["lead"], "language": "fr"}})
    send_id = house.sent(lead, "checklist")  # there is no French one
    page = house.client.get(link(house, "u", send_id)).text
    assert '<html lang="en">' in page
    assert "No more mails from Harborline?" in page
