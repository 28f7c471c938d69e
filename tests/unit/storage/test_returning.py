"""What a salesperson is told before they give a lead back is what then happens."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from uuid import UUID

from domain import returning
from domain.context import Context
from storage import facts
from storage import tables as t
from tests.world import World, shipped_files

A_MOMENT = timedelta(seconds=1)


def all_reasons() -> dict[str, str]:
    """The shipped files with every reason switched on, none that asks for more than we say here, and salespeople who
    have time for all of it on one day."""
    files = dict(shipped_files())
    lines = files["lead_defs/reasons.yaml"].splitlines()
    kept = [line for line in lines if line.strip() != "on: false" and not line.strip().startswith("needs:")]
    busy = files["lead_defs/routing.yaml"].replace("attempts_per_hour: 8,", "attempts_per_hour: 80,")
    return files | {"lead_defs/reasons.yaml": "\n".join(kept) + "\n", "lead_defs/routing.yaml": busy}


def tried(world: World, reason: str) -> UUID:
    ready = {"fact.pain": "detention", "fact.evaluate_within_months": 2}
    lead = world.enrol(f"{reason.replace('_', '-')}@{reason.replace('_', '-')}.example", values=ready)
    world.live_for(lead, minutes=1)
    world.say(lead, "attempt", outcome="connected", channel="phone")
    return lead


def foretold(world: World, lead: UUID, reason: str) -> returning.Outlook:
    with world.archive.reading() as tx:
        found, _ = facts.load(tx, lead, lock=False)
        return returning.outlook(Context(found, world.archive.live(tx), world.clock.at), reason)


def test_for_every_reason_what_is_foretold_happens(tmp_path: Path) -> None:
    world = World.make(tmp_path, all_reasons(), is_for_show=True)
    with world.archive.reading() as tx:
        reasons = list(world.archive.live(tx).recycling.reasons)
    returned = []
    for reason in reasons:
        lead = tried(world, reason)
        returned.append((lead, reason, foretold(world, lead, reason)))
        world.say(lead, "recycle", reason=reason, note_length=50)
    assert {one.rests for _, _, one in returned} == {None, "nothing_sent"}
    for lead, reason, told in sorted(returned, key=lambda one: one[2].until or world.clock.at):
        world.live(lead, (told.until or world.clock.at) + A_MOMENT)
        moves = {row["transition"]: row for row in world.rows(t.log, lead) if row["transition"]}
        if told.rests:
            assert world.row(lead)["state"] == "DORMANT", reason
            assert "T33" not in moves, reason
            continue
        back = moves["T33"]
        assert (back["at"], back["data"]["track"], back["data"]["stage"]) == (told.until, told.track, told.stage), (
            reason
        )
        assert back["data"]["entry_because"] == told.stage_why, reason


def test_who_has_come_back_too_often_is_told_to_rest(tmp_path: Path) -> None:
    world = World.make(tmp_path, is_for_show=True)
    lead = tried(world, "other")
    with world.archive.begin() as tx:
        often = [(world.clock.at - timedelta(days=day)).isoformat() for day in (300, 200, 100)]
        tx.execute(t.leads.update().where(t.leads.c.id == lead).values(recycled_at=often))
    told = foretold(world, lead, "bad_timing")
    assert (told.rests, told.until, told.track, told.to) == ("too_often", None, None, None)
    world.say(lead, "recycle", reason="bad_timing", resume_on=world.clock.at + timedelta(days=200))
    world.live_for(lead, minutes=1)
    assert world.row(lead)["state"] == "DORMANT"
