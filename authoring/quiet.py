"""What a lead gets who says nothing: every touch of a track with its day, from the same `decide` as everything else."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain import lifecycle
from domain.decide import decide
from domain.keys import NAMESPACE
from domain.lead import Delivery, Facts, Lead, State, Status
from domain.readiness import judge
from domain.release import Release
from domain.samples import facts_of
from domain.steps import Step, Verb
from domain.track import Touch, Track
from domain.view import LeadView

QUIET = "quiet"
LONGEST = timedelta(days=3 * 365)
MOST_STEPS = 500
GIVEN = (Verb.DELIVER, Verb.OPEN_TASK)


@dataclass(frozen=True)
class Given:
    touch: str
    stage: str
    due_at: datetime
    is_human: bool


@dataclass(frozen=True)
class QuietPath:
    """`rests_in` is the stage that such a lead never leaves, if there is one."""

    track: str
    given: tuple[Given, ...]
    rests_in: str | None = None

    @property
    def days(self) -> int:
        return (self.given[-1].due_at - self.given[0].due_at).days if self.given else 0

    def __str__(self) -> str:
        return ", ".join(f"{each.touch} {each.due_at:%d %b}" for each in self.given)


def quiet_path(release: Release, track: Track, begins_at: datetime) -> QuietPath:
    """Who is enrolled at `begins_at` (aware UTC) and never reacts; of human touches, nobody reaches them.

    The lead is the first sample that behaves so and that the track would take, else one of whom nothing is known.
    """
    # Signed or not, what is written is walked; no other track takes this lead over.
    track = track.model_copy(update={"hold_out": 0.0})
    alone = replace(release, approved=frozenset({track.id}), tracks={track.id: track})
    facts, now, given = _begun(alone, track, begins_at), begins_at, list[Given]()
    for _ in range(MOST_STEPS):
        step = decide(facts, alone, now)
        facts = replace(facts, lead=_moved(facts.lead, step, now))
        if facts.lead.state is not State.NURTURING:
            return QuietPath(track.id, tuple(given))
        now = max(step.due_at, now)
        if step.verb in GIVEN:
            touch = track.touches[step.id.split(":")[1]]
            given.append(Given(touch.id, _stage_of(track, touch.id), now, touch.is_human))
            facts = replace(facts, ledger=(*facts.ledger, _delivered(facts, touch, now, release)))
        elif now > begins_at + LONGEST:
            break
    return QuietPath(track.id, tuple(given), rests_in=facts.lead.stage)


def _moved(lead: Lead, step: Step, now: datetime) -> Lead:
    for move in step.moves:
        lead = lifecycle.apply(lead, move, now)
    return lead


def _begun(release: Release, track: Track, now: datetime) -> Facts:
    quiet = (facts_of(sample, release, now) for sample in release.samples.values() if sample.behaves == QUIET)
    facts = next((each for each in quiet if _is_taken(each, release, track, now)), None)
    if facts is None:
        id = uuid.uuid5(NAMESPACE, f"quiet/{track.id}")
        facts = Facts(Lead(id, State.NEW, now, now, time_zone=release.defaults.time_zone))
    place: dict[str, object] = {"track": track.id, "stage": track.first_stage, "stage_entered_at": now}
    if track.purpose == "customer":
        place["won_at"] = now
    return replace(facts, lead=replace(facts.lead, state=State.NURTURING, **place))  # type: ignore[arg-type]  # by name


def _is_taken(facts: Facts, release: Release, track: Track, now: datetime) -> bool:
    view = LeadView(facts, release, now)
    return bool(track.enrol and track.enrol.holds(view)) and not judge(view, release).ready


def _delivered(facts: Facts, touch: Touch, now: datetime, release: Release) -> Delivery:
    due = touch.due or release.defaults.human_touch.due
    ended_at = now + due.length if touch.is_human else now
    id = uuid.uuid5(NAMESPACE, f"quiet/{facts.lead.id}/{touch.id}/{len(facts.ledger)}")
    nth = 1 + sum(d.touch == touch.id for d in facts.ledger)
    return Delivery(id, touch.id, nth, facts.lead.cycle, touch.channel, Status.SENT, now, ended_at, assets=touch.assets)


def _stage_of(track: Track, touch: str) -> str:
    return next((name for name, stage in track.stages.items() if touch in stage.touches), "")
