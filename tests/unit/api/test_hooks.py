"""What other systems tell us: bodies in the shapes their vendors document, signed as they sign, on both databases."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from api.app import create_app
from api.services import Services
from hooks.secrets import secrets_in, write
from hooks.signing import signed
from mail.links import Links
from storage import api_keys, receiving
from storage import tables as t
from storage.archive import machine_now
from storage.reading import by_external
from storage.receiving import Decision, Told
from storage.wakes import Wake
from tests.world import World, shipped_files

BASE = "https://nurture.example"
CLIENT_SECRET, SHARED, STANDARD = "hubspot-app-secret", "s3cret-of-the-named-credential", "whsec_" + "A" * 32
READY = {"fact.pain": "detention", "fact.evaluate_within_months": 2}
OURS = """
say: Our own shop
verify: standard
items: events
id: "{{ id }}"
at: at
match: {external: customer.id, email: customer.mail}
unknown: enrol
fields:
  lead.first_name: customer.name
  company.dock_doors: doors
rules:
  - when: {kind: [demo, tour]}
    event: demo_request
  - when: {kind: won}
    decide: [{command: won, read: {amount: deal.total, currency: deal.currency}}]
"""


@dataclass
class Door:
    world: World
    client: TestClient
    wakes: list[Wake]

    def hubspot(self, *events: dict[str, Any], secret: str = CLIENT_SECRET, age: float = 0) -> Any:  # Any: a response
        """A batch as HubSpot posts it: at most 100 events in a list."""
        body = json.dumps(list(events)).encode()
        timestamp = str(int((machine_now().timestamp() - age) * 1000))
        said = b"POST" + f"{BASE}/hooks/hubspot".encode() + body + timestamp.encode()
        made = b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
        headers = {"X-HubSpot-Signature-v3": made, "X-HubSpot-Request-Timestamp": timestamp}
        return self.client.post("/hooks/hubspot", content=body, headers=headers)

    def salesforce(self, body: object, secret: str = SHARED) -> Any:  # Any: a response
        return self.client.post("/hooks/salesforce", json=body, headers={"X-Nurture-Secret": secret})

    def opportunity(self, body: object) -> Any:  # Any: a response
        headers = {"X-Nurture-Secret": SHARED}
        return self.client.post("/hooks/salesforce-opportunity", json=body, headers=headers)

    def shop(self, body: bytes, id: str = "msg_1") -> Any:  # Any: a response
        return self.client.post("/hooks/shop", content=body, headers=signed([STANDARD], id, machine_now(), body))

    def received(self) -> list[tuple[str, str]]:
        c = t.received.c
        with self.world.archive.reading() as tx:
            return [(row.outcome, row.says or "") for row in tx.execute(select(c.outcome, c.says).order_by(c.at))]


@pytest.fixture
def door(world: World, tmp_path: Path) -> Iterator[Door]:
    files = dict(shipped_files()) | {"lead_defs/hooks/shop.yaml": OURS}
    for name in ("hubspot", "salesforce", "salesforce-opportunity", "mail"):
        path = f"lead_defs/hooks/{name}.yaml"
        files[path] = files[path].replace("on: false", "on: true")
    world.publish(files)
    folder = tmp_path / "secrets"
    for name, secret in (("hubspot", CLIENT_SECRET), ("salesforce", SHARED), ("shop", STANDARD), ("mail", STANDARD)):
        write(folder, name, secret, keeps_old=False)
    wakes: list[Wake] = []
    services = Services(world.archive, Links([b"k" * 32], BASE), wakes.extend, BASE, secrets=secrets_in(folder))
    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield Door(world, client, wakes)


def change(name: str, value: str, **more: Any) -> dict[str, Any]:  # Any: JSON
    """https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide: contact.propertyChange"""
    return {
        "appId": 1160452,
        "eventId": 3816279340,
        "subscriptionId": 25,
        "portalId": 33,
        "occurredAt": 1462216307945,
        "subscriptionType": "contact.propertyChange",
        "attemptNumber": 0,
        "objectId": 1246965,
        "propertyName": name,
        "propertyValue": value,
        "changeSource": "CRM_UI",
        **more,
    }


def with_rosa(world: World, **more: Any) -> UUID:  # Any: fields of Enrolment
    lead = world.enrol(values=READY, **more)
    world.live_for(lead, hours=1)
    assert world.row(lead)["state"] == "HANDED_OFF"
    return lead


def count(world: World, table: Any, lead: UUID) -> int:  # Any: one of storage.tables
    with world.archive.reading() as tx:
        return tx.execute(select(func.count()).where(table.c.lead_id == lead)).scalar_one()


def test_a_status_changed_in_hubspot_is_a_decision(door: Door) -> None:
    lead = with_rosa(door.world, external=("hubspot", "1246965"))
    answer = door.hubspot(
        change("hs_lead_status", "CONNECTED"),
        change("budget_status", "approved", eventId=2),
        change("hs_lead_status", "NEW", eventId=3),
    )
    assert answer.status_code == 200, answer.text
    assert [item["outcome"] for item in answer.json()["items"]] == ["taken", "taken", "ignored"]
    row = door.world.row(lead)
    assert row["state"] == "WORKING"
    (facts,) = door.world.rows(t.lead_facts, lead)
    assert (facts["known"]["fact.budget_status"]["value"], facts["known"]["fact.budget_status"]["source"]) == (
        "approved",
        "rep",
    )
    (attempt,) = door.world.rows(t.attempts, lead)
    assert (attempt["rep"], attempt["outcome"]) == (row["owner"], "connected")
    assert door.wakes
    notes = [text["text"] for text in door.world.rows(t.person_texts, lead) if text["kind"] == "note"]
    assert notes == ["Entered in hubspot"]


def test_the_same_delivery_twice_is_done_once(door: Door) -> None:
    """HubSpot sends a batch again when it heard no answer, with another attemptNumber."""
    lead = with_rosa(door.world, external=("hubspot", "1246965"))
    door.hubspot(change("hs_lead_status", "CONNECTED"))
    again = door.hubspot(change("hs_lead_status", "CONNECTED", attemptNumber=1))
    assert again.json()["items"] == [{"outcome": "repeated"}]
    assert count(door.world, t.attempts, lead) == 1


def test_one_refused_event_holds_up_no_other(door: Door) -> None:
    lead = with_rosa(door.world, external=("hubspot", "1246965"))
    answer = door.hubspot(
        change("hs_lead_status", "CONNECTED", objectId=999),
        change("dock_doors", "many", eventId=2),
        change("hs_lead_status", "BAD_TIMING", eventId=3),
        change("hs_lead_status", "CONNECTED", eventId=4),
    )
    assert answer.status_code == 200
    items = answer.json()["items"]
    assert [item["outcome"] for item in items] == ["unknown", "refused", "taken", "refused"]
    assert "possible now" in items[3]["says"]
    assert door.world.row(lead)["state"] == "RECYCLED"


def test_what_somebody_wrote_is_not_kept_with_the_refusal(door: Door) -> None:
    with_rosa(door.world, external=("hubspot", "1246965"))
    answer = door.hubspot(change("dock_doors", "call Ana at home"))
    assert "call Ana at home" in answer.json()["items"][0]["says"]
    assert all("Ana" not in says for _, says in door.received())


def test_our_own_writing_in_hubspot_is_no_news(door: Door) -> None:
    lead = with_rosa(door.world, external=("hubspot", "1246965"))
    answer = door.hubspot(change("hs_lead_status", "CONNECTED", changeSource="INTEGRATION"))
    assert answer.json()["items"] == [{"outcome": "ignored"}]
    assert door.world.row(lead)["state"] == "HANDED_OFF"


def test_an_opt_out_in_hubspot_counts_here(door: Door) -> None:
    lead = door.world.enrol(external=("hubspot", "1246965"))
    door.hubspot(change("hs_email_optout", "true"))
    assert door.world.row(lead)["has_opted_out"]


def test_a_mail_providers_bounces_and_complaints(door: Door) -> None:
    hard, soft, annoyed = (door.world.enrol(f"{name}@site.example") for name in ("hard", "soft", "annoyed"))
    events = [
        {"id": "1", "type": "bounced", "status": "5.1.1", "address": "hard@site.example"},
        {"id": "2", "type": "bounced", "status": "4.2.2", "address": "soft@site.example"},
        {"id": "3", "type": "complained", "address": "annoyed@site.example"},
    ]
    body = json.dumps({"events": events}).encode()
    answer = door.client.post("/hooks/mail", content=body, headers=signed([STANDARD], "m-1", machine_now(), body))
    assert [item["outcome"] for item in answer.json()["items"]] == ["taken", "ignored", "taken"]
    assert [door.world.row(lead)["has_bounced"] for lead in (hard, soft, annoyed)] == [True, False, False]
    assert [door.world.row(lead)["has_opted_out"] for lead in (hard, soft, annoyed)] == [False, False, True]
    assert [wake.verb for wake in door.wakes] == ["bounced", "opted_out"]


@pytest.mark.parametrize(("secret", "age"), [("another app's", 0), (CLIENT_SECRET, 400), (CLIENT_SECRET, -400)])
def test_a_bad_or_old_signature_changes_nothing(door: Door, secret: str, age: float) -> None:
    lead = with_rosa(door.world, external=("hubspot", "1246965"))
    answer = door.hubspot(change("hs_lead_status", "CONNECTED"), secret=secret, age=age)
    assert answer.status_code == 401
    assert answer.json()["type"] == "urn:nurture:unauthorized"
    assert CLIENT_SECRET not in answer.text
    assert door.world.row(lead)["state"] == "HANDED_OFF"
    assert door.received() == []


def test_no_signature_and_no_such_hook(door: Door) -> None:
    assert door.client.post("/hooks/hubspot", json=[]).status_code == 401
    assert door.client.post("/hooks/salesforce", json={}).status_code == 401
    for path in ("/hooks/nobody", "/hooks/..%2f..%2fsecret", "/hooks/" + "x" * 100):
        assert door.client.post(path, json={}).status_code in (404, 422)
    assert door.client.get("/hooks/hubspot").status_code == 405


def test_a_flow_of_salesforce_recycles_with_its_reason(door: Door) -> None:
    """The body is the flow's own; this is the sample request of the shipped mapping."""
    lead = with_rosa(door.world)
    answer = door.salesforce(
        {
            "event": "1c4ae3cc-5d4b-4a3e-8a3e-1",
            "lead": {
                "Id": "00Q5e000001AbCdEAK",
                "Nurture_Id__c": str(lead),
                "Email": "ana@site.example",
                "Status": "Closed - Not Converted",
                "Reason__c": "bad timing",
                "Resume_On__c": "2027-06-30",
                "Note__c": None,
                "Dock_Doors__c": 22.0,
            },
        }
    )
    assert answer.status_code == 200, answer.text
    assert answer.json() == {"outcome": "taken", "lead": str(lead)}
    row = door.world.row(lead)
    assert (row["state"], row["return_reason"]) == ("RECYCLED", "bad_timing")
    (facts,) = door.world.rows(t.lead_facts, lead)
    assert facts["known"]["company.dock_doors"]["value"] == 22
    with door.world.archive.reading() as tx:
        assert by_external(tx, "salesforce", "00Q5e000001AbCdEAK") == lead


def test_a_sender_of_one_hears_what_is_wrong_and_may_send_it_again(door: Door) -> None:
    lead = with_rosa(door.world)
    body: dict[str, Any] = {"event": "e-1", "lead": {"Email": "ANA@site.example", "Status": "Closed - Not Converted"}}
    body["lead"] |= {"Reason__c": "Bad timing", "Note__c": "Ask again in spring, she said."}
    refused = door.salesforce(body)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:nurture:refused")
    assert "resume_on" in refused.json()["detail"]
    assert door.world.row(lead)["state"] == "HANDED_OFF"
    body["lead"]["Resume_On__c"] = "2027-05-01"
    assert door.salesforce(body).json()["outcome"] == "taken"
    assert door.salesforce(body).json()["outcome"] == "repeated"
    assert door.world.row(lead)["state"] == "RECYCLED"
    late = door.salesforce({"event": "e-2", "lead": {"Email": "ana@site.example", "Status": "Working - Contacted"}})
    assert late.status_code == 409
    unknown = door.salesforce(
        {"event": "e-3", "lead": {"Email": "nobody@else.example", "Status": "x", "Dock_Doors__c": 1}}
    )
    assert (unknown.status_code, unknown.json()["type"]) == (404, "urn:nurture:unknown")


def test_somebody_new_is_enrolled_where_the_file_says_so(door: Door) -> None:
    item = {"id": "o-1", "kind": "demo", "at": "2027-01-04T08:00:00+01:00", "doors": 12}
    item |= {"customer": {"id": 77, "mail": "zoe@new.example", "name": "Zoë"}}
    answer = door.shop(json.dumps({"events": [item, item]}).encode())
    assert [each["outcome"] for each in answer.json()["items"]] == ["taken", "repeated"]
    with door.world.archive.reading() as tx:
        lead = by_external(tx, "shop", "77")
        assert lead is not None
        (event,) = tx.execute(select(t.events).where(t.events.c.lead_id == lead)).mappings().all()
    assert (event["name"], event["source"], event["at"].isoformat()) == (
        "demo_request",
        "hook:shop",
        "2027-01-04T07:00:00+00:00",
    )


def test_a_wrong_amount_is_refused_with_a_sentence(door: Door) -> None:
    with_rosa(door.world)
    for number, deal in enumerate(({"total": "much", "currency": "USD"}, {"total": 5}, {}, {"total": float("1e300")})):
        item = {"id": f"w-{number}", "kind": "won", "deal": deal, "customer": {"mail": "ana@site.example"}}
        (found,) = door.shop(json.dumps({"events": [item]}).encode()).json()["items"]
        assert found["outcome"] == "refused", found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"text"',
        b"[]]",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"events": {"a": ' * 5000,
        b'{"events": [1, null, []]}',
        b'{"events": [{"id": ""}]}',
        b'{"events": [{"id": "a\\u0000b"}]}',
        b'{"events": [{"id": "\\ud800"}]}',
        b'{"events": [{"id": {"id": 1}}]}',
        b'{"events": [' + b",".join([b'{"id": 1}'] * 501) + b"]}",
        b'{"events": [{"id": "1", "kind": "demo", "at": "yesterday", "customer": {"mail": "a@b.example"}}]}',
    ],
)
def test_bodies_that_are_none(door: Door, body: bytes) -> None:
    answer = door.shop(body)
    assert answer.status_code == 422, answer.text
    assert door.received() == []


def test_a_body_that_is_too_large(door: Door) -> None:
    assert door.shop(b'{"events": "' + b"x" * 1_000_001 + b'"}').status_code == 413


def test_an_empty_list_is_nothing(door: Door) -> None:
    assert door.shop(b'{"events": []}').json() == {"items": []}


def test_without_its_secret_a_hook_is_closed(door: Door, tmp_path: Path) -> None:
    (tmp_path / "secrets" / "salesforce").unlink()
    answer = door.salesforce({"event": "1", "lead": {}})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:nurture:not-ready")


def test_the_two_sides_of_the_api(door: Door) -> None:
    """Endpoints, webhooks and what came in are for operations; they hold no names."""
    with_rosa(door.world, external=("hubspot", "1246965"))
    door.hubspot(change("hs_lead_status", "CONNECTED"))
    with door.world.archive.begin() as tx:
        keys = {role: api_keys.create(tx, role, role, None)[1] for role in ("ops", "marketing")}
    ops = {"Authorization": f"Bearer {keys['ops']}"}
    (taken,) = door.client.get("/api/received?hook=hubspot", headers=ops).json()["items"]
    assert taken["outcome"] == "taken"
    names = {one["endpoint"] for one in door.client.get("/api/endpoints", headers=ops).json()["items"]}
    assert {"hubspot", "salesforce", "warehouse"} <= names
    assert door.client.get("/api/webhooks?status=dead", headers=ops).json() == {"items": [], "next": None}
    assert door.client.post("/api/webhooks/nonsense/resend", headers=ops).status_code == 404
    assert door.client.post("/api/endpoints/nobody/enable", headers=ops).status_code == 404
    assert door.client.post("/api/endpoints/hubspot/enable", headers=ops).json()["was_off"] is False
    marketing = {"Authorization": f"Bearer {keys['marketing']}"}
    assert door.client.get("/api/received", headers=marketing).status_code == 403


def test_the_same_delivery_at_once_is_done_once(door: Door) -> None:
    lead = with_rosa(door.world, external=("hubspot", "1246965"))
    told = Told(
        "hubspot",
        "hubspot",
        "one",
        external="1246965",
        decisions=[Decision("attempt", {"outcome": "no_answer", "channel": "phone"})],
    )
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda _: receiving.take(door.world.archive, told).what, range(8)))
    assert sorted(outcomes) == ["repeated"] * 7 + ["taken"]
    assert count(door.world, t.attempts, lead) == 1
