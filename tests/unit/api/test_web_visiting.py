"""Who may look and act: signing in, roles, and forms that only our own pages can send."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from api.web.visiting import safe_way_back
from storage import api_keys
from tests.unit.api.house import ROOT, House
from tests.unit.api.visitors import HERE, stranger, visitor

STATIC = ROOT / "api" / "static"
PAGES = ("/", "/leads", "/tasks", "/handoffs", "/mails")


def test_a_stranger_is_asked_to_sign_in_and_comes_back(house: House) -> None:
    somebody = stranger(house)
    for path in PAGES:
        assert "Sign in" in somebody.get(path)
    sent = somebody.client.get("/leads?state=NURTURING&q=a%20b", follow_redirects=False)
    assert sent.status_code == 303
    assert sent.headers["location"] == "/login?back=%2Fleads%3Fstate%3DNURTURING%26q%3Da%2520b"
    asked = somebody.get(sent.headers["location"])
    assert 'value="/leads?state=NURTURING&amp;q=a%20b"' in asked
    signed = somebody.post("/login", key=house.keys["viewer"], back="/leads?state=NURTURING&q=a%20b")
    assert (signed.status_code, signed.headers["location"]) == (303, "/leads?state=NURTURING&q=a%20b")
    cookie = signed.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    somebody.get("/leads")


def test_a_wrong_key_opens_nothing(house: House) -> None:
    somebody = stranger(house)
    for key in ("", "nk_wrong", "x" * 5000, "нет", "a\0b"):
        answer = somebody.post("/login", key=key)
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers
        assert "opens nothing here" in answer.text


def test_a_revoked_key_is_out_at_once(house: House) -> None:
    rosa = visitor(house, "rosa")
    assert "Today" in rosa.get("/")
    with house.archive.begin() as tx:
        api_keys.revoke(tx, "test-sales")
    assert "Sign in" in rosa.get("/")


def test_signing_out(house: House) -> None:
    rosa = visitor(house, "rosa")
    assert rosa.post("/logout").headers["location"] == "/login?done=signed-out"
    assert "Sign in" in rosa.get("/")
    assert "You are signed out" in rosa.get("/login?done=signed-out")


@pytest.mark.parametrize("origin", [None, "null", "https://elsewhere.example", "http://testserver.evil.example", "x"])
def test_a_form_from_elsewhere_does_nothing(house: House, origin: str | None) -> None:
    lead = house.enrol()
    ines = visitor(house, "marketing")
    answer = ines.post(f"/leads/{lead}/note", origin=origin, text="hello")
    assert answer.status_code == 403
    assert "does not come from a page of ours" in answer.text
    assert ines.post("/login", origin=origin, key=house.keys["admin"]).status_code == 403
    assert ines.post("/logout", origin=origin).status_code == 403
    assert "note" not in {row["kind"] for row in house.get(f"/leads/{lead}/timeline")["items"]}


def test_the_public_address_is_ours_too(house: House) -> None:
    lead = house.enrol()
    answer = visitor(house, "marketing").post(f"/leads/{lead}/note", origin="https://nurture.example", text="hello")
    assert answer.status_code == 303


def test_a_cookie_is_no_key_for_the_api(house: House) -> None:
    ines = visitor(house, "admin")
    assert ines.client.get("/api/leads").status_code == 401
    assert ines.client.post("/api/leads", json={}, headers={"Origin": HERE}).status_code == 401


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "", "/\n/x"])
def test_signing_in_leads_to_no_other_house(back: str) -> None:
    assert safe_way_back(back) == "/"
    assert safe_way_back("/leads?q=1") == "/leads?q=1"


def test_a_link_from_another_site_asks_again_from_here(house: House) -> None:
    somebody = stranger(house)
    lead = house.enrol()
    answer = somebody.client.get(f"/leads/{lead}", headers={"Sec-Fetch-Site": "cross-site"}, follow_redirects=False)
    assert answer.status_code == 200
    assert f'content="0;url=/leads/{lead}"' in answer.text


def test_htmx_is_sent_to_sign_in_whole(house: House) -> None:
    answer = stranger(house).client.get("/", headers={"HX-Request": "true"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (200, "/login")


def test_every_page_is_sealed(house: House) -> None:
    somebody = visitor(house)
    for path in (*PAGES[:4], "/login", "/nothing"):
        headers = somebody.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'; script-src 'self'; style-src 'self'" in policy
        assert "unsafe" not in policy
        assert headers["cache-control"] == "no-store"


def test_nothing_comes_from_elsewhere_or_inline() -> None:
    for path in _templates():
        text = path.read_text()
        assert not re.search(r"<script(?![^>]*src=\"/static/)", text), path
        assert not re.search(r"\s(on\w+|style)=", text), path
        assert not re.search(r"(src|href)=\"(https?:)?//", text), path


def _templates() -> Iterator[Path]:
    yield from (ROOT / "api" / "templates").rglob("*.html")


def test_htmx_is_what_its_note_says() -> None:
    note = (STATIC / "htmx.txt").read_text()
    content = (STATIC / "htmx.min.js").read_bytes()
    assert sha256(content).hexdigest() in note
    version = re.search(r"htmx (\S+),", note)
    assert version is not None
    assert f'version:"{version[1]}"'.encode() in content


def test_what_is_not_there_is_a_page_for_people_and_json_for_machines(house: House) -> None:
    somebody = visitor(house)
    assert "There is no such page" in somebody.get("/nothing", 404)
    assert "There is no such lead" in somebody.get("/leads/nobody", 404)
    assert "There is no such task" in somebody.get("/tasks/none", 404)
    assert "There is no such handoff" in somebody.get("/handoffs/none", 404)
    assert somebody.client.get("/api/nothing").headers["content-type"] == "application/problem+json"
    assert house.client.get("/nothing").headers["content-type"] == "application/problem+json"


def test_a_viewer_sees_no_person(house: House) -> None:
    lead, handoff = house.offered()
    viewer = visitor(house, "viewer")
    for path in ("/", "/leads", f"/leads/{lead}", "/handoffs", f"/handoffs/{handoff['id']}", "/tasks"):
        page = viewer.get(path)
        assert "Marcus" not in page, path
        assert "marcus.bell" not in page, path
    assert "Ridgeway Foods" in viewer.get("/leads")
    assert "No lead is found" in viewer.get("/leads?q=Marcus")
    assert lead in viewer.get("/leads?q=ridgeway")
    assert "may not read" in viewer.get("/mails", 403)
    assert "<button" not in viewer.get(f"/leads/{lead}").partition("<main")[2]
    assert viewer.post(f"/leads/{lead}/note", text="x").status_code == 403
    assert viewer.post(f"/handoffs/{handoff['id']}/accept").status_code == 403
