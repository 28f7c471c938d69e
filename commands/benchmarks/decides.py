"""Decisions a second on one core, beside the evaluation of what they read: the conditions on a shared activation."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from authoring.conditions import CompiledCondition
from authoring.load import compile_release, read_folder
from commands.benchmarks.figures import Figure, Tell, paired
from domain.conditions import Condition
from domain.decide import decide
from domain.definition import Askable
from domain.lead import Delivery, Facts, Known, Seen, Source, State, Status, Value
from domain.release import Release
from domain.samples import facts_of
from domain.steps import Verb
from domain.track import Track
from domain.view import LeadView, RuleView

NOW = datetime(2027, 3, 9, 15, 0, tzinfo=UTC)
GIVEN = 4
VALUES: dict[str, Value] = {
    "company.industry": "3pl",
    "company.dock_doors": 14.0,
    "company.country": "US",
    "lead.country": "US",
    "lead.title": "Operations Director",
    "inquiry.topic": "detention",
    "fact.pain": "detention",
    "fact.contact_role": "recommends",
}
"""Eight facts that leave open when they will compare: the lead stays in nurture."""
EVENTS = ("click", "answer", "story_view", "download")


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    seconds, rounds = (0.5, 3) if is_quick else (2.0, 5)
    release = compile_release(read_folder(root))
    release = replace(release, approved=frozenset(release.tracks))
    facts = midway(release)
    step = decide(facts, release, NOW)
    if step.verb not in (Verb.DELIVER, Verb.OPEN_TASK) or step.moves:
        raise RuntimeError(f"a lead in the middle of the track should get its next touch, not {step.verb}")
    asked = list(conditions(release, facts))

    async def floor() -> float:
        return _rate(lambda: evaluate(asked, facts, release), seconds)

    async def ours() -> float:
        return _rate(lambda: decide(facts, release, NOW), seconds)

    pairs = await paired(rounds, floor, ours, tell)
    figure = Figure(
        "decide",
        "decisions on the shipped track, a lead in the middle of it, one core",
        "/s",
        pairs,
        target=0.5,
        n=round(min(pair.ours for pair in pairs) * seconds),
        floor_is=f"its {len(asked)} conditions alone on one shared activation",
        beside={"conditions": len(asked)},
    )
    return [figure]


def midway(release: Release) -> Facts:
    """Four touches given, eight facts known, a few things done; not yet ready, the next touch due."""
    sample = facts_of(next(iter(release.samples.values())), release, NOW)
    track = release.main_track
    stage, given = _stage_after(track, GIVEN)
    entered_at = NOW - timedelta(days=40)
    lead = replace(
        sample.lead,
        state=State.NURTURING,
        track=track.id,
        stage=stage,
        created_at=entered_at,
        state_entered_at=entered_at,
        stage_entered_at=entered_at + timedelta(days=20),
    )
    known = {
        name: Known(value, entered_at, Source.FORM, f"event:{n}") for n, (name, value) in enumerate(VALUES.items())
    }
    days = [NOW - timedelta(days=5 * (n + 1)) for n in range(GIVEN)]
    seen = {name: Seen({at.date(): 1 for at in days}, days[0], f"event:{name}") for name in EVENTS}
    return Facts(lead, known, seen, tuple(_delivery(track, name, at) for name, at in zip(given, days, strict=True)))


def _stage_after(track: Track, count: int) -> tuple[str, list[str]]:
    """The stage in which a lead is that had so many touches, and their names."""
    in_order = [(stage, touch) for stage, each in track.stages.items() for touch in each.touches]
    return in_order[count][0], [touch for _, touch in in_order[:count]]


def _delivery(track: Track, name: str, at: datetime) -> Delivery:
    touch = track.touches[name]
    return Delivery(uuid4(), name, 1, 1, touch.channel, Status.SENT, at, at, assets=tuple(touch.assets))


def conditions(release: Release, facts: Facts) -> Iterator[Condition]:
    """What a decision about this lead has to ask: definition, fit, and the touches and exit of its stage."""
    definition = release.definition
    yield from (_written(criterion.when) for criterion in definition.criteria.values())
    yield from (rule.when for rule in definition.ready_when.values())
    yield from definition.hold_back_when.values()
    for profile in (release.company_profile, release.profile(facts.lead)):
        yield from (entry.when for entry in profile.points.values())
    track = release.tracks[facts.lead.track or ""]
    stage = track.stages[facts.lead.stage or ""]
    yield from (each for each in (stage.next_when,) if each)
    yield from (when for name in stage.touches if (when := track.touches[name].when))


class Settled(LeadView):
    """A lead whose grade is known, so that asking for it evaluates nothing."""

    @property
    def grades(self) -> tuple[str, ...]:
        return ("A",)


def evaluate(asked: list[Condition], facts: Facts, release: Release) -> None:
    """Each condition once, on an activation filled anew: one over the facts, one over them and the criteria."""
    view = Settled(facts, release, NOW)
    rules = RuleView(view, dict.fromkeys(release.definition.criteria, True))
    rule_compilers = {id(_compiled(rule.when).compiler) for rule in release.definition.ready_when.values()}
    activations: dict[int, object] = {}
    for each in map(_compiled, asked):
        key = id(each.compiler)
        if key not in activations:
            activations[key] = each.compiler.activation(rules if key in rule_compilers else view, "A")
        each.expression.eval(activations[key]).value()


def _written(condition: Condition) -> Condition:
    return condition.written if isinstance(condition, Askable) else condition


def _compiled(condition: Condition) -> CompiledCondition:
    assert isinstance(condition, CompiledCondition)
    return condition


def _rate(work: Callable[[], object], seconds: float) -> float:
    """How often a second of this core's time."""
    count, started = 0, time.process_time()
    while (spent := time.process_time() - started) < seconds:
        work()
        count += 1
    return count / spent
