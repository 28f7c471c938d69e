"""Variants and hold-outs through the real archive: who gets what, what stays recorded, what the reports say."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from uuid import UUID

from api.clicks import Clicks, Seen
from api.metrics import Metrics
from domain.letters import Letter
from mail.templates import compile_mail
from storage import comparing
from storage import tables as t
from tests.unit.api.house import BROWSER
from tests.world import World, shipped_files

FOLDER = "content/tracks/dock-waiting"
CHECKLIST = f"{FOLDER}/checklist.md"
VARIANT = "---\nsubject: The other subject\n---\n"


def _with_variants(b: str = VARIANT, shares: str = "{a: 50, b: 50}") -> dict[str, str]:
    files = shipped_files()
    written = files[CHECKLIST].replace("---\n", f"---\nvariants: {shares}\n", 1)
    return {**files, CHECKLIST: written, f"{FOLDER}/checklist.b.md": b}


def _enrolled(world: World, count: int) -> list[UUID]:
    return [world.enrol(f"lead{n}@site{n}.example") for n in range(count)]


def _first_mails(world: World, leads: list[UUID]) -> dict[UUID, Letter]:
    world.clock.at = max(world.look(lead).due_at for lead in leads)
    for lead in leads:
        world.live(lead, world.clock.at)
    return dict(zip(leads, world.sent, strict=True))


def test_each_lead_gets_its_variant_and_the_ledger_says_which(world: World) -> None:
    world.publish(_with_variants())
    leads = _enrolled(world, 16)
    letters = _first_mails(world, leads)
    given = {}
    for lead, letter in letters.items():
        (row,) = world.rows(t.ledger, lead)
        given[lead] = row["variant"]
        assert letter.subject == (
            "The other subject" if row["variant"] == "b" else "Twelve reasons a truck waits. Which are yours?"
        )
        assert "Three checks for tomorrow morning" in letter.body  # what b leaves out is as in a
    assert set(given.values()) == {"a", "b"}
    with world.archive.reading() as tx:
        release = world.archive.live(tx)
        counts = {one.variant: one.engaged.n for one in comparing.variants(tx)}
    assert counts == dict(Counter(given.values()))
    found = release.find_touch("checklist")
    assert found is not None
    assert {lead: found[1].version_for(lead).variant for lead in leads} == given


def test_a_variant_with_another_text_has_its_own_links_and_pieces(world: World) -> None:
    other = (
        "---\nsubject: Door map\n---\nDraw it: [the sheet](asset:door-map)\n\n[More](https://harborline.example/more)\n"
    )
    world.publish(_with_variants(other, "{a: 0, b: 100}"))
    lead = world.enrol()
    world.live_for(lead, days=3)
    (row,) = world.rows(t.ledger, lead)
    assert (row["variant"], row["assets"]) == ("b", ["door-map"])
    with world.archive.reading() as tx:
        found = world.archive.release(tx, row["release"]).find_touch("checklist")
    assert found is not None
    sent = compile_mail(world.sent[0].subject, world.sent[0].body)
    assert [link.target for link in sent.links] == ["door-map", "https://harborline.example/more"]
    assert found[1].version(row["variant"]).body == world.sent[0].body
    world.clock.at += timedelta(hours=1)
    clicks, second = Clicks(world.archive, lambda wakes: None, Metrics()), Seen("c", row["id"], 2, "GET", BROWSER, "n")
    assert clicks.record(second).result().url == "https://harborline.example/more"
    world.live_for(lead, days=60)
    assert "door-map" not in {r["touch"] for r in world.rows(t.ledger, lead)}  # they have had that piece


def test_who_engaged_with_a_variant_is_counted_once(world: World) -> None:
    world.publish(_with_variants(shares="{a: 100, b: 0}"))
    leads = _enrolled(world, 3)
    _first_mails(world, leads)
    (row,) = world.rows(t.ledger, leads[0])
    for number in range(2):
        world.event(leads[0], "click", f"c{number}", ledger_id=row["id"])
    with world.archive.reading() as tx:
        (tried,) = comparing.variants(tx)
        assert comparing.variants(tx, "door-map") == []
    assert (tried.touch, tried.variant, tried.engaged.hits, tried.engaged.n) == ("checklist", "a", 1, 3)


def test_the_hold_out_is_recorded_and_its_lift_can_be_told(world: World) -> None:
    files = shipped_files()
    track = f"{FOLDER}/track.yaml"
    world.publish({**files, track: files[track].replace("stages:", "hold_out: 50%\nstages:", 1)})
    leads = _enrolled(world, 24)
    began = world.clock.at
    for lead in leads:
        world.live(lead, began + timedelta(days=3))
    held = [lead for lead in leads if world.row(lead)["is_held_out"]]
    assert 0 < len(held) < len(leads)
    for lead in leads:
        assert len(world.rows(t.ledger, lead)) == (0 if lead in held else 1)
    for n, lead in enumerate((held[0], next(lead for lead in leads if lead not in held))):
        world.event(lead, "answer", f"p{n}", learned={"pain": "detention", "evaluate_within_months": 2})
        world.live_for(lead, minutes=1)
        assert world.row(lead)["state"] == "HANDED_OFF"
    with world.archive.reading() as tx:
        given, out = comparing.hold_outs(tx, world.clock.at)["dock-waiting"]
        assert comparing.hold_outs(tx, began - timedelta(days=1)) == {}
    assert (given.ready.n, given.ready.hits) == (len(leads) - len(held), 1)
    assert (out.ready.n, out.ready.hits) == (len(held), 1)
