"""What other systems get, from the transition to their server, on both databases: signed, once more when it fails,
kept when it never arrives, and nothing lost when a worker dies in between."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from domain.errors import MissingError, RefusedError
from domain.said import Said
from hooks.signing import verify_standard
from storage import notices, reading, repairing, webhooks
from storage import tables as t
from storage.archive import machine_now
from tests.unit.hooks.outgoing import SECRET, Relay, files_with
from tests.unit.hooks.receiver import Receiver, Reply, receiving
from tests.world import World

READY = {"fact.pain": "detention", "fact.evaluate_within_months": 2}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def relay(world: World, receiver: Receiver, tmp_path: Path) -> Relay:
    world.publish(files_with(receiver, "warehouse"))
    return Relay(world, tmp_path / "secrets", {"warehouse": SECRET})


def offered(world: World) -> UUID:
    """A lead with a salesperson who has not answered yet."""
    lead = world.enrol(values=READY)
    world.live_for(lead, hours=1)
    assert world.row(lead)["state"] == "HANDED_OFF"
    return lead


def test_every_transition_arrives_once_signed_and_without_names(world: World, relay: Relay, receiver: Receiver) -> None:
    lead = offered(world)
    world.say(lead, "recycle", reason="no_budget")
    relay.run()
    relay.run()
    told = {got.json["data"]["number"]: got.json for got in receiver.got}
    types = [told[number]["type"] for number in sorted(told)]
    assert types == ["lead.inquired", "lead.ready", "handoff.offered", "handoff.recycled"]
    assert len(receiver.got) == 4
    for got in receiver.got:
        verify_standard([SECRET], got.headers, got.body, machine_now())
        assert got.json["data"]["lead"] == str(lead)
        assert b"Ana" not in got.body
        assert b"ana@" not in got.body
    recycled = told[max(told)]["data"]
    assert (recycled["from"], recycled["to"], recycled["reason"]) == ("HANDED_OFF", "RECYCLED", "no_budget")
    assert {row["status"] for row in relay.rows()} == {"sent"}


def test_only_what_an_endpoint_wants(world: World, receiver: Receiver, tmp_path: Path) -> None:
    files = files_with(
        receiver, warehouse=f"say: x\nsend: webhook\nurl: {receiver.url}/in\nevents: [handoff.offered]\n"
    )
    world.publish(files)
    relay = Relay(world, tmp_path / "secrets", {"warehouse": SECRET})
    offered(world)
    relay.run()
    assert [got.json["type"] for got in receiver.got] == ["handoff.offered"]
    assert receiver.got[0].path == "/in"


def test_a_failing_receiver_is_tried_again_under_the_same_id(world: World, relay: Relay, receiver: Receiver) -> None:
    receiver.replies = [Reply(503, headers={"Retry-After": "3600"}), Reply(200)]
    world.live_for(world.enrol(), minutes=1)
    relay.run()
    (first,) = [row for row in relay.rows() if row["code"] == "503"]
    assert (first["status"], first["tries"]) == ("waiting", 1)
    assert (first["next_try_at"] - machine_now()).total_seconds() > 3500  # as the receiver asked, not after 5 s
    number = len(receiver.got)
    relay.run()
    assert len(receiver.got) == number
    relay.hurry()
    relay.run()
    row = next(row for row in relay.rows() if row["id"] == first["id"])
    assert (row["status"], row["tries"]) == ("sent", 2)
    ids = [got.headers["webhook-id"] for got in receiver.got]
    assert ids.count(str(first["id"])) == 2


def test_dead_after_the_last_try_and_sent_again_by_hand(world: World, relay: Relay, receiver: Receiver) -> None:
    receiver.replies = [Reply(500)]
    world.live_for(world.enrol(), minutes=1)
    tries = len(webhooks.RETRY) + 1
    for _ in range(tries):
        relay.hurry()
        relay.run()
    assert {(row["status"], row["tries"], row["code"]) for row in relay.rows()} == {("dead", tries, "500")}
    receiver.replies = [Reply(200)]
    relay.run()
    with world.archive.begin() as tx:
        found, _ = webhooks.listed(tx, "dead", "warehouse", None, 10)
        webhooks.resend(tx, found[0]["id"])
        with pytest.raises(RefusedError, match="on its way"):
            webhooks.resend(tx, found[0]["id"])
        with pytest.raises(MissingError):
            webhooks.resend(tx, UUID(int=0))
        assert webhooks.resend_dead(tx, "warehouse") == len(found) - 1
    relay.run()
    assert {row["status"] for row in relay.rows()} == {"sent"}


def test_the_last_answer_is_kept_without_persons_until_it_arrives(
    world: World, relay: Relay, receiver: Receiver
) -> None:
    said = '{"message": "Property “dock_doors” of ana@site.example,\\n+1 (312) 555-0142, does not exist"}'
    receiver.replies = [Reply(400, said.encode() + b" " * 5000 + b"x" * 5000)]
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    relay.run()
    for row in relay.rows():
        assert row["code"] == "400"
        assert "Property “dock_doors” of …" in row["says"]
        assert "does not exist" in row["says"]
        assert not {"ana", "312", "555"} & set(re.split(r"\W", row["says"]))
        assert len(row["says"]) <= 300
    receiver.replies = [Reply(200, b"thanks")]
    relay.hurry()
    relay.run()
    assert {(row["status"], row["says"]) for row in relay.rows()} == {("sent", None)}
    with world.archive.begin() as tx:
        tx.execute(update(t.webhooks).values(status="dead", says="Ana is no property"))
        repairing.erase(tx, world.archive, lead, Said("erase", "OPS", "olga", ticket="DSR-12"))
    assert {row["says"] for row in relay.rows(lead)} == {None}


def test_an_answer_that_comes_after_the_erasing_is_not_kept(world: World, relay: Relay) -> None:
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    (first, *_) = webhooks.claim_due(world.archive)
    with world.archive.begin() as tx:
        repairing.erase(tx, world.archive, lead, Said("erase", "OPS", "olga", ticket="DSR-12"))
    assert webhooks.record(world.archive, first, "400", False, says="Ana is no property") == "waiting"
    assert {row["says"] for row in relay.rows(lead)} == {None}


def test_an_answer_of_one_endless_word_holds_nothing_up() -> None:
    began = time.process_time()
    assert webhooks.PERSONAL.sub("…", "x" * 100_000) == "x" * 100_000
    assert time.process_time() - began < 2  # it was twenty seconds, in which the worker did nothing else
    assert webhooks.PERSONAL.sub("…", '{"to":"ana@b.example"} <bo@c.example>') == '{"to":"…"} <…>'


def test_gone_puts_the_endpoint_off_until_somebody_enables_it(world: World, relay: Relay, receiver: Receiver) -> None:
    receiver.replies = [Reply(410)]
    world.live_for(world.enrol(), minutes=1)
    relay.run()
    number = len(receiver.got)
    assert {row["status"] for row in relay.rows()} == {"dead"}
    world.live_for(world.enrol("b@site.example"), minutes=1)
    relay.run()
    assert len(receiver.got) == number
    with world.archive.begin() as tx:
        (place,) = [e for e in webhooks.endpoints(tx, world.archive.live(tx)) if e["endpoint"] == "warehouse"]
        assert (place["is_on"], place["waiting"] > 0, place["dead"]) == (False, True, number)
        assert webhooks.enable(tx, "warehouse")
        assert not webhooks.enable(tx, "warehouse")
    receiver.replies = [Reply(200)]
    relay.run()
    assert len(receiver.got) > number


def test_a_worker_that_dies_with_it_loses_nothing(world: World, relay: Relay, receiver: Receiver) -> None:
    """It had claimed them; when its claim has run out another worker sends them."""
    world.live_for(world.enrol(), minutes=1)
    claimed = webhooks.claim_due(world.archive)
    assert claimed
    assert webhooks.claim_due(world.archive) == []
    relay.run()
    assert receiver.got == []
    relay.hurry()
    relay.run()
    assert {got.headers["webhook-id"] for got in receiver.got} == {str(webhook.id) for webhook in claimed}


def test_what_was_rolled_back_was_never_announced(world: World, relay: Relay) -> None:
    lead = offered(world)
    before = len(relay.rows(lead))
    with pytest.raises(RefusedError):
        world.say(lead, "won", who="rosa")
    assert len(relay.rows(lead)) == before


def test_a_busy_endpoint_is_left_alone_and_others_are_not(world: World, receiver: Receiver, tmp_path: Path) -> None:
    text = f"say: x\nsend: webhook\nurl: {receiver.url}/{{}}\nevents: ['*']\n"
    world.publish(files_with(receiver, one=text.format("one"), two=text.format("two")))
    world.live_for(world.enrol(), minutes=1)
    assert {found.endpoint for found in webhooks.claim_due(world.archive, {"one"})} == {"two"}


def test_many_go_out_in_one_go(world: World, relay: Relay, receiver: Receiver) -> None:
    for number in range(webhooks.BATCH + 5):
        world.look(world.enrol(f"p{number}@site{number}.example"))
    relay.run()
    assert len(receiver.got) >= webhooks.BATCH + 5
    assert {row["status"] for row in relay.rows()} == {"sent"}


def test_without_a_secret_it_waits(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, "warehouse"))
    relay = Relay(world, tmp_path / "secrets", {})
    world.live_for(world.enrol(), minutes=1)
    relay.run()
    assert receiver.got == []
    assert {(row["status"], row["code"]) for row in relay.rows()} == {("waiting", "not-ready")}


def test_an_endpoint_whose_file_is_gone(world: World, relay: Relay, receiver: Receiver) -> None:
    world.live_for(world.enrol(), minutes=1)
    world.publish(files_with(receiver))
    world.publish({path: text for path, text in files_with(receiver).items() if "warehouse" not in path})
    relay.run()
    assert receiver.got == []
    assert {(row["status"], row["code"]) for row in relay.rows()} == {("dropped", "endpoint gone")}


SLACK = "say: Sales\nsend: slack\nteams: [sales]\nnotices: [offered]\n"
TEAMS = "say: Everybody\nsend: teams\n"


def test_a_notice_reaches_the_channels_of_the_person(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, slack=SLACK, teams=TEAMS))
    secrets = {"slack": f"{receiver.url}/services/T/B/x", "teams": f"{receiver.url}/workflows/1?sig=a%2Fb"}
    relay = Relay(world, tmp_path / "secrets", secrets)
    lead = offered(world)
    relay.run()
    relay.run()
    by_path = {got.path: got.json for got in receiver.got}
    assert by_path.keys() == {"/services/T/B/x", "/workflows/1?sig=a%2Fb"}
    assert len(receiver.got) == 2
    said = str(by_path["/services/T/B/x"])
    assert "A sales-ready lead for you: Ana" in said
    assert "https://nurture.example/handoffs/" in said
    assert "ana@site.example" not in said
    assert by_path["/workflows/1?sig=a%2Fb"]["attachments"][0]["content"]["type"] == "AdaptiveCard"
    assert {row["lead_id"] for row in relay.rows()} == {lead}


def test_a_notice_that_was_taken_back_is_not_posted(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, teams=TEAMS))
    relay = Relay(world, tmp_path / "secrets", {"teams": receiver.url})
    lead = world.enrol()
    world.live_for(lead, minutes=1)
    with world.archive.begin() as tx:
        notices.tell(tx, "tom", "on_desk", lead, world.clock.at)
    webhooks.post_notices(world.archive)
    with world.archive.begin() as tx:
        tx.execute(delete(t.notices))
    relay.run()
    assert receiver.got == []
    assert [(row["status"], row["code"]) for row in relay.rows()] == [("dropped", "taken back")]


def test_hubspot_gets_its_contact_by_address(world: World, receiver: Receiver, tmp_path: Path) -> None:
    """https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/batch/post-crm-v3-objects-contacts-batch-upsert"""
    world.publish(files_with(receiver, "hubspot"))
    relay = Relay(world, tmp_path / "secrets", {"hubspot": "pat-eu1-token"})
    receiver.replies = [Reply(200, b'{"status": "COMPLETE", "results": [{"id": "501", "new": true}]}')]
    lead = offered(world)
    relay.run()
    got = receiver.got[-1]
    assert (got.method, got.path) == ("POST", "/crm/v3/objects/contacts/batch/upsert")
    assert got.headers["authorization"] == "Bearer pat-eu1-token"
    (sent,) = got.json["inputs"]
    assert (sent["id"], sent["idProperty"]) == ("ana@site.example", "email")
    properties = sent["properties"]
    assert properties == {
        "email": "ana@site.example",
        "firstname": "Ana",
        "website": "site.example",
        "country": "US",
        "lifecyclestage": "marketingqualifiedlead",
    }  # last name and telephone are unknown: they are left out, not wiped out there
    with world.archive.reading() as tx:
        assert reading.by_external(tx, "hubspot", "501") == lead


def test_salesforce_gets_its_lead_by_our_id_with_a_fresh_token(
    world: World, receiver: Receiver, tmp_path: Path
) -> None:
    """Upsert by external id, and a new token when the old one has run out."""
    world.publish(files_with(receiver, "salesforce"))
    relay = Relay(world, tmp_path / "secrets", {"salesforce": "3MVG9key:s3cr&t="})
    token, made = Reply(200, b'{"access_token": "00D!first"}'), Reply(201, b'{"id": "00Q5e01", "success": true}')
    receiver.replies = [token, Reply(401), Reply(200, b'{"access_token": "00D!second"}'), made]
    text = files_with(receiver, "salesforce")["lead_defs/endpoints/salesforce.yaml"]
    text = text.replace("events: [lead.ready,", "events: [")
    world.publish(files_with(receiver, salesforce=text))
    lead = offered(world)
    world.say(lead, "accept", who=world.row(lead)["owner"])
    relay.run()
    asked, refused, again, wrote = receiver.got
    assert asked.path == again.path == "/services/oauth2/token"
    assert asked.body == b"grant_type=client_credentials&client_id=3MVG9key&client_secret=s3cr%26t%3D"
    assert refused.headers["authorization"] == "Bearer 00D!first"
    assert (wrote.method, wrote.path) == ("PATCH", f"/services/data/v62.0/sobjects/Lead/Nurture_Id__c/{lead}")
    assert wrote.headers["authorization"] == "Bearer 00D!second"
    assert wrote.json == {
        "Email": "ana@site.example",
        "FirstName": "Ana",
        "LastName": "unknown",
        "Company": "site.example",
        "Country": "US",
        "HasOptedOutOfEmail": False,
        "Status": "Open - Not Contacted",
    }
    with world.archive.reading() as tx:
        assert reading.by_external(tx, "salesforce", "00Q5e01") == lead


def test_a_late_record_says_what_is_known_now(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, "hubspot"))
    relay = Relay(world, tmp_path / "secrets", {"hubspot": "token"})
    lead = offered(world)
    world.say(lead, "accept", who=world.row(lead)["owner"])
    relay.run()
    stages = {got.json["inputs"][0]["properties"]["lifecyclestage"] for got in receiver.got}
    assert stages == {"salesqualifiedlead"}


def test_nothing_about_an_erased_person_goes_out(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, "hubspot", "warehouse"))
    relay = Relay(world, tmp_path / "secrets", {"hubspot": "token", "warehouse": SECRET})
    lead = offered(world)
    with world.archive.begin() as tx:
        repairing.erase(tx, world.archive, lead, Said("erase", "OPS", "olga", ticket="T-1"))
    relay.run()
    assert {got.path for got in receiver.got} == {"/nurture"}
    assert "lead.erased" in {got.json["type"] for got in receiver.got}
    assert {row["code"] for row in relay.rows() if row["endpoint"] == "hubspot"} == {"nobody left"}


def test_an_answer_without_an_id_changes_nothing(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, "hubspot"))
    relay = Relay(world, tmp_path / "secrets", {"hubspot": "token"})
    receiver.replies = [Reply(200, b"<html>"), Reply(200, b'{"results": []}'), Reply(200, b'{"results": [{"id": {}}]}')]
    lead = offered(world)
    relay.run()
    with world.archive.reading() as tx:
        assert reading.beside(tx, lead)["external"] == []
    assert {row["status"] for row in relay.rows()} == {"sent"}


def test_old_ones_that_arrived_are_tidied_away(world: World, relay: Relay, receiver: Receiver) -> None:
    world.live_for(world.enrol(), minutes=1)
    relay.run()
    webhooks.tidy(world.archive)
    assert relay.rows()
    with world.archive.begin() as tx:
        tx.execute(update(t.webhooks).values(ended_at=machine_now() - webhooks.KEPT * 2))
    webhooks.tidy(world.archive)
    assert relay.rows() == []


def test_two_workers_never_take_the_same(world: World, relay: Relay) -> None:
    for number in range(6):
        world.look(world.enrol(f"p{number}@site{number}.example"))
    waiting = len(relay.rows())
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: webhooks.claim_due(world.archive), range(8)))
    claimed = [webhook.id for batch in batches for webhook in batch]
    assert len(claimed) == len(set(claimed)) == waiting


def test_a_notice_is_posted_once_however_many_look(world: World, receiver: Receiver, tmp_path: Path) -> None:
    world.publish(files_with(receiver, teams=TEAMS))
    relay = Relay(world, tmp_path / "secrets", {"teams": receiver.url})
    offered(world)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: webhooks.post_notices(world.archive), range(8)))
    assert len(relay.rows()) == 1


def undo(world: World, lead: UUID, who: str) -> None:
    with world.archive.begin() as tx:
        repairing.undo(tx, world.archive, lead, Said("undo", "REP", who, note_length=9), "the wrong lead")


def test_who_was_told_of_it_hears_that_it_was_taken_back(world: World, receiver: Receiver, tmp_path: Path) -> None:
    text = f"say: x\nsend: webhook\nurl: {receiver.url}/in\nevents: [%s]\n"
    endpoints = {
        "returns": text % "handoff.recycled",
        "offers": text % "handoff.offered",
        "undone": text % "lead.undone",
    }
    world.publish(files_with(receiver, **endpoints))
    relay = Relay(world, tmp_path / "secrets", dict.fromkeys(endpoints, SECRET))
    lead = offered(world)
    with world.archive.begin() as tx:
        tx.execute(delete(t.notices))
    world.clock.at += timedelta(minutes=5)
    rep = world.row(lead)["owner"]
    world.say(lead, "recycle", reason="no_budget")
    relay.run()
    world.clock.at += timedelta(minutes=5)
    undo(world, lead, rep)
    relay.run()
    relay.run()
    told = [(row["endpoint"], row["event"]) for row in relay.rows(lead) if row["status"] == "sent"]
    assert sorted(told) == [
        ("offers", "handoff.offered"),
        ("returns", "handoff.recycled"),
        ("returns", "lead.undone"),
        ("undone", "lead.undone"),
    ]
    recycled = next(got.json["data"] for got in receiver.got if got.json["type"] == "handoff.recycled")
    undone = [got.json["data"] for got in receiver.got if got.json["type"] == "lead.undone"]
    assert {(one["to"], one["details"]["undoes"]) for one in undone} == {("HANDED_OFF", recycled["number"])}
    assert all(one["number"] > recycled["number"] for one in undone)


@pytest.mark.parametrize("is_posted", [True, False])
def test_a_channel_that_was_shown_a_notice_is_shown_that_it_holds_no_more(
    world: World, receiver: Receiver, tmp_path: Path, is_posted: bool
) -> None:
    world.publish(files_with(receiver, chat="say: x\nsend: slack\nnotices: [offered, reassigned]\n"))
    relay = Relay(world, tmp_path / "secrets", {"chat": f"{receiver.url}/chat"})
    lead = offered(world)
    relay.run()
    with world.archive.begin() as tx:
        tx.execute(update(t.notices).values(sent_at=world.clock.at))
    world.clock.at += timedelta(minutes=5)
    rep = world.row(lead)["owner"]
    other = "marc" if rep == "rosa" else "rosa"
    world.say(lead, "reassign", "MGR", who="tom", rep=other, note_length=9)
    shown = len(receiver.got)
    if is_posted:
        relay.run()
        assert len(receiver.got) == shown + 1
    with world.archive.begin() as tx:
        said = Said("undo", "MGR", "tom", note_length=9)
        repairing.undo(tx, world.archive, lead, said, "the wrong one")
    relay.run()
    relay.run()
    later = [got.body.decode() for got in receiver.got[shown:]]
    assert len(later) == (2 if is_posted else 0)
    assert not is_posted or "Taken back" in later[-1]
    with world.archive.reading() as tx:
        assert [one for one in notices.unsent(world.archive, lead) if one.kind == "taken_back"] == []


def test_undone_twice_is_told_twice_and_each_once(world: World, receiver: Receiver, tmp_path: Path) -> None:
    returns = f"say: x\nsend: webhook\nurl: {receiver.url}/in\nevents: [handoff.recycled]\n"
    world.publish(files_with(receiver, returns=returns))
    relay = Relay(world, tmp_path / "secrets", {"returns": SECRET})
    lead = offered(world)
    rep = world.row(lead)["owner"]
    for _ in range(2):
        world.clock.at += timedelta(minutes=5)
        with world.archive.begin() as tx:
            tx.execute(delete(t.notices))
        world.say(lead, "recycle", reason="no_budget")
        world.clock.at += timedelta(minutes=1)
        undo(world, lead, rep)
    relay.run()
    told = sorted(got.json["data"]["number"] for got in receiver.got)
    types = {got.json["data"]["number"]: got.json["type"] for got in receiver.got}
    assert [types[number] for number in told] == ["handoff.recycled", "lead.undone"] * 2
