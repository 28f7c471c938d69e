"""Random lives through the real archive: whatever buyers, salespeople and the relay do, the contract holds."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from domain.calendar import Window, zone
from domain.context import Context
from domain.decide import decide
from domain.errors import NurtureError
from domain.lead import IN_SALES, SUPPORTED, State
from domain.letters import Outcome
from domain.lifecycle import ROWS
from domain.said import Deal, Said
from storage import learning, pauses, queue, repairing, reps, supporting
from storage import tables as t
from storage.facts import load
from storage.many_facts import load_many
from tests.postgres import Server
from tests.world import World, shipped_files, shipped_release

REASONS = ["no_budget", "needs_education", "bad_timing", "other", "wrong_contact"]
ACTS = st.one_of(
    st.tuples(st.just("wait"), st.floats(0.01, 40)),
    st.tuples(st.just("event"), st.sampled_from(["click", "pricing_view", "demo_request", "reply", "story_view"])),
    st.tuples(st.just("answer"), st.sampled_from([("pain", "detention"), ("evaluate_within_months", 2)])),
    st.tuples(st.just("answer"), st.sampled_from([("evaluate_within_months", 12), ("contact_role", "outsider")])),
    st.tuples(st.just("say"), st.sampled_from(["accept", "attempt", "attempt", "qualify", "recycle", "reject"])),
    st.tuples(st.just("say"), st.sampled_from(["disqualify", "reopen", "promote", "withdraw", "assign", "enrol"])),
    st.tuples(st.just("say"), st.sampled_from(["attempt", "qualify", "opportunity", "proposal", "won", "lost"])),
    st.tuples(st.just("say"), st.sampled_from(["reassign", "reassign", "attempt"])),
    st.tuples(st.just("ask"), st.sampled_from(["rosa", "marc"])),
    st.tuples(st.just("team"), st.sampled_from(["away", "leave", "back"])),
    st.tuples(st.just("task"), st.sampled_from(["talked", "no_answer", "later", "not_us"])),
    st.tuples(st.just("relay"), st.sampled_from(["sent", "sent", "deferred", "failed", "uncertain"])),
    st.tuples(st.just("crash"), st.just(0)),
    st.tuples(st.just("repair"), st.sampled_from(["undo", "undo", "merge", "retract", "correct"])),
    st.tuples(st.just("support"), st.sampled_from(["allow", "allow", "end"])),
    st.tuples(st.just("pause"), st.sampled_from(["everything", "track:dock-waiting", "company:site.example"])),
)
SITES = st.sampled_from(
    [
        {},
        {"fact.pain": "detention", "fact.evaluate_within_months": 2},
        {"company.dock_doors": 500, "company.country": "FR", "company.industry": "other"},
        {"lead.time_zone": "Asia/Kolkata", "lead.country": "IN"},
        {"inquiry.topic": "pricing"},
    ]
)


GIVEN = ("claimed", "sent", "uncertain")
QUEUED = {
    **shipped_files(),
    "lead_defs/routing.yaml": shipped_files()["lead_defs/routing.yaml"].replace("handoff: offer", "handoff: queue"),
}
"""The same agreement with a team that works from a queue."""
LIVES = st.lists(ACTS, min_size=3, max_size=30)
READY: dict[str, object] = {"fact.pain": "detention", "fact.evaluate_within_months": 2}
TALKED: list[tuple[str, object]] = [("say", "accept"), ("say", "attempt"), ("support", "allow"), ("wait", 1.0)]
SUPPORTED_LIVES: list[list[tuple[str, object]]] = [
    [*TALKED, ("wait", 15.0), ("say", "qualify"), ("say", "opportunity"), ("wait", 15.0), ("say", "proposal")],
    [*TALKED, ("event", "reply"), ("wait", 12.0), ("say", "attempt"), ("wait", 5.5), ("say", "attempt"), ("wait", 9.0)],
    [*TALKED, ("say", "reassign"), ("wait", 12.0), ("support", "allow"), ("wait", 12.0)],
    [*TALKED, ("wait", 4.0), ("support", "end"), ("wait", 9.0), ("say", "recycle"), ("wait", 40.0)],
    [*TALKED, ("relay", "deferred"), ("wait", 9.0), ("relay", "sent"), ("team", "leave"), ("wait", 9.0)],
]


@settings(max_examples=60)
@given(SITES, LIVES, st.booleans())
@example(READY, SUPPORTED_LIVES[0], False)
@example(READY, SUPPORTED_LIVES[1], False)
@example(READY, SUPPORTED_LIVES[2], False)
@example(READY, SUPPORTED_LIVES[3], False)
@example(READY, SUPPORTED_LIVES[4], False)
def test_every_life_keeps_the_contract(site: dict[str, object], acts: list[tuple[str, object]], queued: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _live(World.make(Path(folder), files=QUEUED if queued else None), site, acts)


@pytest.mark.postgresql
@settings(max_examples=8)
@given(SITES, LIVES, st.booleans())
def test_on_postgresql_too(
    server: Server, site: dict[str, object], acts: list[tuple[str, object]], queued: bool
) -> None:
    with server.archive() as url:
        _live(World.make(Path(), files=QUEUED if queued else None, url=url), site, acts)


def _live(world: World, site: dict[str, object], acts: list[tuple[str, object]]) -> None:
    try:
        lead = world.enrol(values=site)
        for number, (kind, what) in enumerate(acts):
            _do(world, lead, number, kind, what)
            _check_row(world, lead)
            if number % 6 == 5:
                _check_many(world, lead)
        _check_many(world, lead)
        _check_log(world, lead)
        _check_sends(world, lead)
        _check_repeatable(world, lead)
        _check_rebuilt(world, lead)
    finally:
        world.archive.engine.dispose()


def _do(world: World, lead: UUID, number: int, kind: str, what: object) -> None:
    world.live_for(lead, minutes=1)
    try:
        if kind == "wait":
            world.live_for(lead, days=float(str(what)))
        elif kind == "event":
            world.event(lead, str(what), f"e{number}")
        elif kind == "answer":
            assert isinstance(what, tuple)
            world.event(lead, "answer", f"a{number}", learned={what[0]: what[1]})
        elif kind == "task":
            if any(r["closed_at"] is None for r in world.rows(t.tasks, lead)):
                world.finish_task(lead, str(what))
        elif kind == "relay":
            world.answer = lambda letter: Outcome(str(what), "5.1.1" if what == "failed" else "")
        elif kind == "repair":
            _repair(world, lead, number, str(what))
        elif kind == "pause":
            with world.archive.begin() as tx:
                pauses.begin(tx, world.archive, str(what), world.clock.at + timedelta(days=9), "ines", "")
        elif kind == "support":
            _support(world, lead, str(what))
        elif kind == "crash":
            _crash(world, lead)
        elif kind == "ask":
            with world.archive.begin() as tx:
                queue.take_next(tx, world.archive, str(what))
        elif kind == "team":
            _team(world, number, str(what))
        else:
            _say(world, lead, number, str(what))
    except NurtureError:
        pass  # refused: the checks below see that nothing was half done


def _support(world: World, lead: UUID, what: str) -> None:
    owner = str(world.row(lead)["owner"])
    with world.archive.begin() as tx:
        if what == "allow":
            supporting.allow(tx, world.archive, lead, None, "REP", owner)
        else:
            supporting.end(tx, world.archive, lead, "REP", owner)


def _team(world: World, number: int, what: str) -> None:
    rep = ("rosa", "marc")[number % 2]
    with world.archive.begin() as tx:
        if what == "leave":
            reps.put(tx, world.archive, rep, {"is_active": False})
        elif what == "away":
            until = world.clock.at + timedelta(days=number + 1)
            reps.away(tx, world.archive, rep, until, ("untouched", "everything", "nothing")[number % 3])
        else:
            reps.put(tx, world.archive, rep, {"is_active": True, "away_until": None})


def _say(world: World, lead: UUID, number: int, command: str) -> None:
    actor = {"assign": "MGR", "reassign": "MGR", "withdraw": "MGR", "recycle": "REP"}.get(command, "REP")
    more: dict[str, Any] = {"note_length": 30}  # Any: fields of Said
    if command == "recycle":
        more |= {"reason": REASONS[number % len(REASONS)], "resume_on": world.clock.at + timedelta(days=90)}
        more |= {"criterion": "soon", "has": {"referral": True, "competitor": True}}
    elif command == "reject":
        more |= {"reason": ["misrouted", "definition_not_met"][number % 2], "criterion": "problem"}
    elif command in ("opportunity", "proposal", "won"):
        more |= {"deal": Deal(1000, "USD", date(2028, 1, 1), "commit")}
    elif command == "lost":
        more |= {"reason": ["price", "not_qualified_in_hindsight"][number % 2]}
    elif command == "disqualify":
        more |= {"reason": "competitor"}
    elif command == "qualify" and number % 3 == 0:
        more |= {"learned": {"fact.pain": "detention"}}  # too little, unless the rest was heard before
    elif command == "attempt":
        more |= {"outcome": ["no_answer", "connected"][number % 2], "channel": ["phone", "email"][number % 2]}
    elif command in ("promote", "reopen", "enrol"):
        actor = "MKT"
        more |= {"track": "dock-waiting"} if command == "enrol" else {}
    elif command == "assign":
        more |= {"rep": "rosa"}
    elif command == "reassign":
        more |= {"rep": ("rosa", "marc")[number % 2]}
    if actor == "REP" and (holder := _holder(world, lead)):
        more |= {"who": holder}
    world.say(lead, command, actor, **more)


def _repair(world: World, lead: UUID, number: int, what: str) -> None:
    archive, owner = world.archive, world.row(lead)["owner"]
    if what == "merge":
        other = world.enrol(f"twin{number}@site.example", values={"fact.pain": "idle_crew"})
        world.event(other, "pricing_view", f"twin{number}")
    with archive.begin() as tx:
        if what == "undo":
            repairing.undo(tx, archive, lead, Said("undo", "OPS" if number % 2 else "REP", owner or "ines"), None)
        elif what == "merge":
            repairing.merge(tx, archive, other, lead, Said("merge", "OPS", "olga"), None)
        elif what == "retract":
            repairing.retract(tx, archive, lead, "test", f"e{number - 1}", Said("retract", "OPS", "olga"), None)
        else:
            to = ["DORMANT", "NURTURING", "WORKING"][number % 3]
            said = Said("correct", "OPS", "olga", note_length=9, to=to, ticket="T", rep="rosa")
            repairing.correct(tx, archive, lead, said, "wrong", True)


def _check_rebuilt(world: World, lead: UUID) -> None:
    """What was counted step by step is what the whole past says."""
    step_by_step = dict(world.rows(t.lead_facts, lead)[0])
    with world.archive.begin() as tx:
        learning.rebuild(tx, lead, *map(UUID, world.row(lead)["merged_from"]))
    assert dict(world.rows(t.lead_facts, lead)[0]) == step_by_step


def _holder(world: World, lead: UUID) -> str | None:
    with world.archive.reading() as tx:
        facts, _ = load(tx, lead, lock=False)
        return Context(facts, world.archive.live(tx), world.clock.now()).holder


def _crash(world: World, lead: UUID) -> None:
    """A worker dies between claim and confirm, if a mail is due."""
    from domain.steps import Order, Verb

    step = world.look(lead)
    if step.verb is Verb.DELIVER:
        world.clock.at = max(world.clock.at, step.due_at)
        world.life.claim(Order(str(lead), step.seq, step.id), "dead")


def _check_row(world: World, lead: UUID) -> None:
    row = world.row(lead)
    is_in_sales = State(row["state"]) in IN_SALES
    assert is_in_sales == (row["owner"] is not None) == (row["clock_name"] is not None), dict(row)
    waits = State(row["state"]) is State.HANDED_OFF
    assert row["team"] is None or (waits and row["owner"] == "tom"), dict(row)
    offers = [offer for offer in world.rows(t.offers, lead) if offer["closed_at"] is None]
    assert len(offers) == (is_in_sales and row["state"] != "SALES_READY"), [dict(offer) for offer in offers]
    assert all(offer["rep"] == row["owner"] for offer in offers)
    places = world.rows(t.queue, lead)
    assert all(is_in_sales and (place["rep"] or place["team"] or not offers) for place in places)


def _check_many(world: World, lead: UUID) -> None:
    """Read among many, each lead is what it is read alone."""
    with world.archive.reading() as tx:
        ids = list(tx.execute(select(t.leads.c.id)).scalars())
        assert {facts.lead.id: facts for facts in load_many(tx, ids)} == {id: load(tx, id, lock=False)[0] for id in ids}


def _check_log(world: World, lead: UUID) -> None:
    state, accepted_in, left_at = "NEW", set(), None
    for row in world.rows(t.log, lead):
        if row["kind"] != "transition":
            continue
        assert row["from_state"] == state, row
        assert State(row["from_state"]) in ROWS[row["transition"]].sources
        assert row["actor"] in ROWS[row["transition"]].actors, dict(row)
        state = row["to_state"]
        if state == "ACCEPTED":
            accepted_in.add(row["cycle"])
        if state == "WORKING" and row["transition"] == "T40":
            accepted_in.add(row["cycle"])  # a correction stands for what was not recorded
        if state == "QUALIFIED":
            assert row["cycle"] in accepted_in
        if state == "SALES_READY" and row["from_state"] not in IN_SALES and row["reason"] != "override" and left_at:
            assert _newest_evidence(world, lead, row["at"]) > left_at
        if row["from_state"] in IN_SALES and state not in IN_SALES:
            left_at = row["at"]
        if row["transition"] == "T44":
            left_at = None  # as it was before; the lead's row knows
    assert state == world.row(lead)["state"]


def _newest_evidence(world: World, lead: UUID, until: object) -> object:
    events = [r["at"] for r in world.rows(t.events, lead) if r["at"] <= until]
    told = [r["at"] for r in world.rows(t.log, lead) if r["kind"] in ("disposition", "task") and r["at"] <= until]
    return max(events + told)


def _check_sends(world: World, lead: UUID) -> None:
    """Nobody gets a mail twice, in a closed window, above a cap, or while with sales - unless it helps the salesperson
    who let it."""
    letters = [letter.send_id for letter in world.sent]
    deferred = {r["id"] for r in world.rows(t.ledger, lead) if r["tries"] > 1}
    assert len([x for x in letters if x not in deferred]) == len({x for x in letters if x not in deferred})
    assets = [a for r in world.rows(t.ledger, lead) for a in r["assets"]]
    assert len(assets) == len(set(assets))
    release, row = shipped_release(), world.row(lead)
    window = Window(release.defaults.window, row["time_zone"], row["country"] or "US")
    mails = [r for r in world.rows(t.ledger, lead) if r["channel"] == "email"]
    used = sorted(r["claimed_at"] for r in mails)
    for at in used:
        assert window.is_open(at), at.astimezone(zone(row["time_zone"]))
    states = [(r["at"], r["to_state"]) for r in world.rows(t.log, lead) if r["kind"] == "transition"]
    for row in mails:
        held = [state for when, state in states if when <= row["claimed_at"]]
        if release.tracks[row["track"]].is_support:
            assert State(held[-1]) in SUPPORTED, (row["touch"], held)
            _check_allowed(world, lead, row)
        else:
            assert held[-1] in ("NURTURING",), (row["touch"], held)
    stages = [(r["cycle"], r["stage"]) for r in mails if release.tracks[r["track"]].is_support and r["status"] in GIVEN]
    assert len(stages) == len(set(stages)), "one mail a stage"


def _check_allowed(world: World, lead: UUID, row: Any) -> None:  # Any: a row of the ledger
    """By the one whose name is on it, who has had it since; and nobody has said anything for the quiet time."""
    before = [r for r in world.rows(t.log, lead) if r["at"] < row["claimed_at"]]
    told = [r for r in before if r["kind"] == "support"]
    assert told, "nobody allowed it"
    assert (told[-1]["data"]["mail"], told[-1]["actor_id"]) == ("allowed", row["sender"])
    since = [r for r in before if r["kind"] == "transition" and r["id"] > told[-1]["id"]]
    if not any(r["transition"] == "T44" for r in since):  # what is undone was as if it had not been
        assert all(State(r["to_state"]) in SUPPORTED and r["transition"] != "T43" for r in since), since
    if row["tries"] == 1:
        spoken = [r["at"] for r in world.rows(t.attempts, lead) if r["at"] < row["claimed_at"]]
        assert all(at + shipped_release().defaults.quiet_time <= row["claimed_at"] for at in spoken)


def _check_repeatable(world: World, lead: UUID) -> None:
    """The same facts, release and instant give the same step."""
    with world.archive.reading() as tx:
        facts, _ = load(tx, lead, lock=False)
        release = world.archive.live(tx)
    now = world.clock.now()
    assert decide(facts, release, now) == decide(facts, release, now)
