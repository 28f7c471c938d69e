"""What the API makes of keys, repeated requests, and input nobody should send."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from api.roles import ACTORS, ENGINE, LEADING, ROUTES
from domain.errors import ConflictError, InvalidError, MissingError
from domain.lifecycle import TABLE
from storage import api_keys
from tests.unit.api.house import CURIOUS, House


def problem(answer: Any, status: int) -> dict[str, Any]:  # Any: a response, JSON
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= body.keys()
    return body


def test_a_key_is_needed(house: House) -> None:
    for headers in ({}, {"Authorization": "Bearer nk_wrong"}, {"Authorization": "Basic eDp5"}):
        answer = house.client.get("/api/leads", headers=headers)
        assert "nurture key create" in problem(answer, 401)["detail"]
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_key_ends_at_once(house: House) -> None:
    with house.archive.begin() as tx:
        api_keys.revoke(tx, "test-service")
    assert house.call("GET", "/leads", "service").status_code == 401


def test_a_role_that_may_not_is_told_who_may(house: House) -> None:
    answer = house.call("POST", "/leads", "viewer", json=CURIOUS)
    assert "a viewer key may not do this; it takes one of" in problem(answer, 403)["detail"]
    assert house.get("/leads")["items"] == []


def test_every_route_says_who_may_and_no_more_than_the_lifecycle_allows() -> None:
    by_command: dict[str, set[str]] = {}
    for row in TABLE:
        if row.command:
            by_command.setdefault(row.command, set()).update(row.actors)
    for (method, path), roles in ROUTES.items():
        command = path.rpartition("/")[2]
        if method == "POST" and command in by_command and path.count("/") > 2:
            in_their_name = LEADING if path.startswith("/api/handoffs") else ENGINE
            assert {ACTORS[role] for role in roles - in_their_name} <= by_command[command], path


def test_a_sales_key_of_nobody_decides_nothing(house: House) -> None:
    with house.archive.begin() as tx:
        house.keys["nobody"] = api_keys.create(tx, "nobodys", "sales")[1]
    _, handoff = house.offered()
    answer = house.call("POST", f"/handoffs/{handoff['id']}/accept", "nobody", json={})
    assert "--person" in problem(answer, 403)["detail"]


def test_the_same_key_twice_is_done_once(house: House) -> None:
    lead = house.enrol()
    house.wakes.clear()
    first = house.post(f"/leads/{lead}/notes", {"text": "x"}, status=201, **{"Idempotency-Key": "k1"})
    second = house.call("POST", f"/leads/{lead}/notes", json={"text": "x"}, headers={"Idempotency-Key": "k1"})
    assert (second.status_code, second.json()) == (201, first)
    assert second.headers["idempotency-replayed"] == "true"
    rows = house.get(f"/leads/{lead}/timeline")["items"]
    assert len([row for row in rows if row["kind"] == "note"]) == 1
    other = house.call("POST", f"/leads/{lead}/notes", json={"text": "y"}, headers={"Idempotency-Key": "k1"})
    assert "use a new one" in problem(other, 409)["detail"]
    somebody = house.call("POST", f"/leads/{lead}/notes", "ops", json={"text": "y"}, headers={"Idempotency-Key": "k1"})
    assert somebody.status_code == 201  # a key is the caller's own
    long = house.call("POST", f"/leads/{lead}/notes", json={"text": "y"}, headers={"Idempotency-Key": "k" * 256})
    problem(long, 422)


def test_eight_at_once_with_one_key_enrol_once(house: House) -> None:
    def enrol(_: int) -> Any:  # Any: a response, like httpx's
        return house.call("POST", "/leads", json=CURIOUS, headers={"Idempotency-Key": "rush"})

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(enrol, range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(house.wakes) == 1


def test_keys_are_shown_once_and_have_one_name(house: House) -> None:
    with house.archive.begin() as tx:
        key, token = api_keys.create(tx, "crm", "service")
        assert api_keys.find(tx, token) == key
        with pytest.raises(ConflictError):
            api_keys.create(tx, "crm", "service")
        with pytest.raises(InvalidError, match="there is no role"):
            api_keys.create(tx, "x", "emperor")
        with pytest.raises(MissingError):
            api_keys.revoke(tx, "nobody")
        assert "crm" in [each.name for each in api_keys.listed(tx)]
        assert token not in repr(api_keys.listed(tx))


def test_a_refused_request_keeps_no_answer(house: House) -> None:
    lead = house.enrol()
    house.work(lead, 0)
    headers = {"Idempotency-Key": "once"}
    assert house.call("POST", f"/leads/{lead}/reopen", json={"note": "x"}, headers=headers).status_code == 409
    assert house.call("POST", f"/leads/{lead}/reopen", json={"note": "x"}, headers=headers).status_code == 409


def test_an_answer_that_is_kept_names_nobody(house: House) -> None:
    answer = house.call("POST", "/leads", json=CURIOUS, headers={"Idempotency-Key": "e1"})
    assert "carmen" not in answer.text
    assert "Marcus" not in answer.text


def megabytes(count: int) -> Iterator[bytes]:
    yield b'{"email": "'
    for _ in range(count):
        yield b"a" * 1_000_000
    yield b'"}'


def test_fifty_megabytes(house: House) -> None:
    plain = house.call("POST", "/leads", content=b"a" * 50_000_000, headers={"Content-Type": "application/json"})
    assert "1000000 bytes here" in problem(plain, 413)["detail"]
    chunked = house.call("POST", "/leads", content=megabytes(50), headers={"Content-Type": "application/json"})
    problem(chunked, 413)
    nobody = house.client.post("/api/leads", content=b"a" * 2_000_000)
    assert nobody.status_code in (401, 413)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b'{"email": NaN}',
        b'{"email": "a@b.example", "company": {"dock_doors": NaN}}',
        b'{"email": "a@b.example", "company": {"dock_doors": 1e999}}',
        b'{"email": "a@b.example", "company": {"dock_doors": ' + b"9" * 5000 + b"}}",
        b'{"email": "a@b.example", "lead": {"first_name": "a\\u0000b"}}',
        b'{"email": "a@b.example", "lead": {"first_name": "\\ud800"}}',
        b'{"email": "a@b.example", "lead": {"first_name": {"a": 1}}}',
        b'{"email": "a@b.example", "lead": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
        b'{"email": "a@b.example", "lead": ' + b'{"a":' * 90 + b"1" + b"}" * 90 + b"}",
        b'{"email": "a@b.example", "lead": []}',
        b'{"email": "a@b.example", "surprise": 1}',
        b'{"email": "a@b.example", "lead": {"shoe_size": 44}}',
        b'{"email": "a@b.example", "fact": {"pain": "boredom"}}',
        b'{"email": "a@b.example", "company": {"dock_doors": "many"}}',
        b'{"email": "a@b.example", "event": "danced"}',
        b'{"email": "a@b.example", "offering": "everything"}',
        b'{"email": "a@b.example", "external": {"system": "c:rm", "id": "1"}}',
        b'{"email": "a@b.example", "external": {"system": "crm", "id": ""}}',
        b'{"email": "not an address"}',
        b'{"email": "Ana <ana@b.example>"}',
        b'{"email": "a@b.example\\nBcc: x@y.example"}',
        b'{"email": 5}',
        b'{"email": "' + b"a" * 900_000 + b'"}',
        b'{"email": "a@b.example", "origin": "' + b"o" * 65 + b'"}',
        b'{"email": "a@b.example", "lead": {"first_name": "' + b"A" * 500_000 + b'"}}',
        b'{"email": "a@b.example", "opted_out": "perhaps"}',
    ],
)
def test_what_cannot_be_understood_is_422_and_writes_nothing(house: House, body: bytes) -> None:
    answer = house.call("POST", "/leads", content=body, headers={"Content-Type": "application/json"})
    found = problem(answer, 422)
    assert len(answer.text) < 6000
    assert found["detail"]
    assert house.get("/leads")["items"] == []


def test_a_wrong_field_is_named(house: House) -> None:
    answer = house.call("POST", "/leads", json={"email": "a@b.example", "oranges": 1, "lead": 5})
    found = problem(answer, 422)
    assert {error["field"] for error in found["errors"]} == {"oranges", "lead"}
    declared = problem(house.call("POST", "/leads", json={"email": "a@b.example", "lead": {"shoe": 1}}), 422)
    assert declared["field"] == "lead.shoe"


def test_a_body_that_is_no_json_is_told_how(house: House) -> None:
    for sent in ({}, {"content": b"[]"}, {"data": {"email": "a@b.example"}}):
        assert "Content-Type: application/json" in problem(house.call("POST", "/leads", **sent), 422)["detail"]


def test_addresses_that_lead_nowhere(house: House) -> None:
    assert problem(house.client.get("/nothing"), 404)["type"] == "urn:nurture:missing"
    assert problem(house.call("DELETE", "/leads"), 405)
    for path in ("/leads/nobody", "/leads/crm:%00", "/leads/%FF%FE", "/leads/" + "x" * 900, "/tasks/1", "/leads/:"):
        problem(house.call("GET", path), 404)
    problem(house.call("GET", "/leads/" + "x" * 5000), 422)
    for query in ("limit=0", "limit=x", "limit=999999", "track=%00", "after=%00"):
        problem(house.call("GET", f"/leads?{query}"), 422)


def test_health_and_counters(house: House) -> None:
    house.enrol()
    assert house.client.get("/health").json() == {"status": "ok", "pid": os.getpid()}
    assert house.client.get("/ready").json()["status"] == "ready"
    text = house.client.get("/metrics").text
    assert 'nurture_http_requests_total{method="POST",route="/api/leads",status="201"} 1.0' in text
    assert 'nurture_enrolments_total{known="no"} 1.0' in text
    assert house.client.get("/api/openapi.json").json()["paths"]["/api/leads"]
    home = house.client.get("/")
    assert home.status_code == 200
    assert "default-src 'none'" in home.headers["content-security-policy"]
    assert house.client.get("/static/style.css").status_code == 200
