"""nurture webhook: endpoints, list, dead, resend, enable, test, received, secret."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from commands.opening import opened, settings_for
from domain.steps import Order
from storage import tables as t
from storage.deciding import act
from tests.unit.commands.conftest import Desk
from tests.unit.hooks.receiver import Receiver, Reply, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def warehouse(desk: Desk, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The example switched on, its address the receiver's, and loopback allowed."""
    monkeypatch.setenv("NURTURE_HOOK_NETWORKS", '["127.0.0.0/8"]')
    path = desk.files / "lead_defs/endpoints/warehouse.yaml"
    text = path.read_text().replace("on: false", "on: true")
    path.write_text(text.replace("https://warehouse.harborline.example", receiver.url))
    desk.sign_and_publish()
    return desk


def test_an_endpoint_is_tried(warehouse: Desk, receiver: Receiver) -> None:
    missing = warehouse.type("webhook", "test", "warehouse")
    assert (missing.code, missing.err) == (
        1,
        "nurture: the secret warehouse is missing; write it with: nurture webhook secret warehouse\n",
    )
    made = warehouse.type("webhook", "secret", "warehouse", "--new")
    assert made.out.startswith("whsec_")
    receiver.replies = [Reply(200, b"hello"), Reply(500, b"broken")]
    assert warehouse.type("webhook", "test", "warehouse").out == "200 hello\n"
    failed = warehouse.type("webhook", "test", "warehouse")
    assert (failed.code, failed.out) == (1, "500 broken\n")
    assert [got.json["type"] for got in receiver.got] == ["test", "test"]


def test_a_record_is_never_tried_and_a_name_must_be_one(warehouse: Desk) -> None:
    assert "a test would leave one there" in warehouse.type("webhook", "test", "hubspot").err
    nobody = warehouse.type("webhook", "test", "warehous")
    assert "there are desk-teams, hubspot, sales-slack, salesforce, warehouse" in nobody.err


def test_what_waits_what_is_dead_and_once_more(warehouse: Desk) -> None:
    assert "there is none" in warehouse.type("webhook", "list").err
    lead = warehouse.enrol("ana@site.example")
    with opened(settings_for(warehouse.data)) as archive:
        act(archive, Order(lead, 0, ""))
    rows = warehouse.type("webhook", "list", "--json").json
    assert {row["status"] for row in rows} == {"waiting"}
    with opened(settings_for(warehouse.data)) as archive, archive.begin() as tx:
        tx.execute(update(t.webhooks).values(status="dead", code="500", tries=10))
    assert rows[0]["id"] in warehouse.type("webhook", "dead").out
    (place,) = [e for e in warehouse.type("webhook", "endpoints", "--json").json if e["endpoint"] == "warehouse"]
    assert (place["is_on"], place["dead"]) == (True, len(rows))
    assert warehouse.type("webhook", "resend", rows[0]["id"]).err == "1 on the way again\n"
    assert warehouse.type("webhook", "resend", "--all-dead", "warehouse").err == f"{len(rows) - 1} on the way again\n"
    assert warehouse.type("webhook", "dead", "--json").json == []
    assert "on its way already" in warehouse.type("webhook", "resend", rows[0]["id"]).err
    for words in (["resend"], ["resend", "nonsense"], ["resend", rows[0]["id"], "--all-dead", "warehouse"]):
        assert warehouse.type("webhook", *words).code == 1
    assert warehouse.type("webhook", "list", "--status", "lost").code == 1


def test_enable(warehouse: Desk) -> None:
    assert warehouse.type("webhook", "enable", "warehouse").err == "warehouse was not off\n"
    with opened(settings_for(warehouse.data)) as archive, archive.begin() as tx:
        tx.execute(t.endpoints_off.insert().values(endpoint="warehouse", at=archive.clock.now(), code="410"))
    assert warehouse.type("webhook", "enable", "warehouse").err == "warehouse is on again\n"
    assert warehouse.type("webhook", "enable", "nobody").code == 1


def test_a_secret_is_piped_in(warehouse: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("https://hooks.slack.com/services/T/B/x\n"))
    said = warehouse.type("webhook", "secret", "sales-slack")
    assert (said.code, said.out) == (0, "")
    path = Path(warehouse.data) / "secrets" / "sales-slack"
    assert path.read_text() == "https://hooks.slack.com/services/T/B/x\n"
    assert "hooks.slack.com" not in said.err
    assert warehouse.type("webhook", "received", "--json").json == []
