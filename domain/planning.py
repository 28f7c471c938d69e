"""What a release would change for a lead on the way: the next step under the old one beside that under the new one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from domain import keys, lifecycle, touches
from domain.context import Context
from domain.decide import decide
from domain.lead import IN_SALES, USED, Facts, State
from domain.release import Release
from domain.steps import Verb
from domain.track import Touch

ALIKE = 0.8
"""Share of the words two texts have in common, in order, from which on one is the other under a new name."""
TOUCHING = (Verb.DELIVER, Verb.OPEN_TASK)
COPY = frozenset({"subject", "title", "preheader", "body", "why", "versions"})
"""What of a touch its reader sees, and no decision reads."""


class Change(StrEnum):
    """The gravest that is true of a lead, in this order."""

    CIRCLE = "circle"  # the new rules lead in a circle: this lead would stand still
    AGAIN = "again"  # a touch it had would come again under a new name
    READY = "ready"  # to sales now
    NOT_READY = "not_ready"  # was about to go to sales, and would not
    LEFT_OUT = "left_out"  # a `never` rule holds now
    EXHAUSTED = "exhausted"  # nothing is left to give
    OTHER_TRACK = "other_track"
    OTHER_STAGE = "other_stage"
    OTHER_TOUCH = "other_touch"
    OTHER_STEP = "other_step"  # another clock, reminder or rest
    OTHER_TIME = "other_time"
    OTHER_WORDS = "other_words"  # the same touch, written otherwise
    SAME = "same"


WAKES = frozenset(Change) - {Change.SAME, Change.OTHER_WORDS}
"""Where the step that stands is wrong; new words are read when they are sent."""


@dataclass(frozen=True)
class Outlook:
    """Where a lead stands after what nobody triggers, and what comes next."""

    state: str
    track: str | None
    stage: str | None
    verb: str
    step: str
    touch: str | None
    due_at: datetime
    reason: str
    has_circle: bool = False


@dataclass(frozen=True)
class Pair:
    """Two releases, and what is the same for every lead."""

    old: Release
    new: Release
    delivered: Mapping[str, str] = field(default_factory=dict)
    """Touch to text, of touches that were given once and that `new` does not have."""

    @cached_property
    def renamed(self) -> Mapping[str, frozenset[str]]:
        """Touch of the new release to the gone ones whose text it has."""
        before_now, now = dict(given_by(self.old)), dict(given_by(self.new))
        gone = {id: text(touch) for id, touch in before_now.items() if id not in now} | dict(self.delivered)
        found = {}
        for id, touch in now.items():
            is_new = id not in before_now
            before = {g for g, words in gone.items() if words == text(touch) or (is_new and alike(words, text(touch)))}
            if before:
                found[id] = frozenset(before)
        return found

    @cached_property
    def reworded(self) -> frozenset[str]:
        """Touches whose text differs."""
        pairs = ((id, touch, self.old.find_touch(id)) for id, touch in given_by(self.new))
        return frozenset(id for id, touch, before in pairs if before and texts(before[1]) != texts(touch))

    def is_reworded(self, id: str | None, lead_id: UUID) -> bool:
        """Whether this lead would read other words, in its own variant."""
        if id is None or id not in self.reworded:
            return False
        before, after = self.old.find_touch(id), self.new.find_touch(id)
        if before is None or after is None:
            return False
        return text(before[1].version_for(lead_id)) != text(after[1].version_for(lead_id))

    def differs_in_copy_only(self, paths: Set[str]) -> bool:
        """Whether every lead gets the same step at the same time: only texts of these files differ."""
        return all(self._is_copy(path) for path in paths) and self.old.approved == self.new.approved

    def _is_copy(self, path: str) -> bool:
        id = path.rpartition("/")[2].partition(".")[0]  # of a variant's file too
        before, after = self.old.find_touch(id), self.new.find_touch(id)
        is_touch = path.startswith("content/tracks/") and path.endswith(".md")
        return path == "content/samples.yaml" or bool(
            is_touch and before and after and before[0].id == after[0].id and _rules(before[1]) == _rules(after[1])
        )


def outlook(facts: Facts, release: Release, now: datetime) -> Outlook:
    lead = facts.lead
    try:
        step = decide(facts, release, now)
    except AssertionError:
        nothing = (Verb.REST.value, "circle", None, now, "the rules lead in a circle", True)
        return Outlook(lead.state.value, lead.track, lead.stage, *nothing)
    for move in step.moves:
        lead = lifecycle.apply(lead, move, now)
    touch = step.id.split(":")[1] if step.verb in TOUCHING else None
    where = (lead.state.value, lead.track, lead.stage)
    return Outlook(*where, step.verb.value, step.id, touch, step.due_at, step.reason)


def compare(facts: Facts, old: Outlook, new: Outlook, pair: Pair, now: datetime) -> Change:
    return next(change for change, is_true in _judged(facts, old, new, pair, now) if is_true)


def _judged(facts: Facts, old: Outlook, new: Outlook, pair: Pair, now: datetime) -> Iterator[tuple[Change, bool]]:
    was_touched, is_touched = (each.verb in TOUCHING for each in (old, new))
    yield Change.CIRCLE, new.has_circle and not old.has_circle
    yield Change.AGAIN, bool(repeats(facts, new, pair, now))
    yield Change.READY, _with_sales(new) and not _with_sales(old)
    yield Change.NOT_READY, _with_sales(old) and not _with_sales(new)
    yield Change.LEFT_OUT, new.state != old.state and new.state == State.DISQUALIFIED
    yield Change.EXHAUSTED, was_touched and (new.verb == Verb.REST or new.state == State.DORMANT)
    yield Change.OTHER_TRACK, new.track != old.track
    yield Change.OTHER_STAGE, new.stage != old.stage
    yield Change.OTHER_TOUCH, new.touch != old.touch and (was_touched or is_touched)
    yield Change.OTHER_TIME, _without_time(new) == _without_time(old) and new.due_at != old.due_at
    yield Change.OTHER_STEP, new.step != old.step or new.state != old.state
    yield Change.OTHER_WORDS, pair.is_reworded(new.touch, facts.lead.id)
    yield Change.SAME, True


def _without_time(one: Outlook) -> tuple[str, str, str]:
    """A rest or a reminder carries its own instant in its id."""
    return one.state, one.verb, "" if one.verb in (Verb.REST, Verb.RESUME) else one.step


def repeats(facts: Facts, new: Outlook, pair: Pair, now: datetime) -> list[tuple[str, str]]:
    """(what it had, its new name) of touches that may still come on the lead's track."""
    track = pair.new.tracks.get(new.track or "")
    if not pair.renamed or track is None or new.state != State.NURTURING:
        return []
    had = {delivery.touch for delivery in facts.ledger if delivery.status in USED}
    again = sorted(
        (before, id) for id in pair.renamed.keys() & track.touches.keys() for before in pair.renamed[id] & had
    )
    ctx = Context(facts, pair.new, now) if again else None
    return [(before, id) for before, id in again if ctx and touches.may_come(ctx, track.touches[id])]


def text(touch: Touch) -> str:
    """What its reader gets; storage/sending.py keeps the hash of it beside every delivery."""
    return f"{touch.subject or touch.title}\n{touch.body}"


def texts(touch: Touch) -> dict[str, str]:
    """Of each variant; of a touch without any, its own."""
    return {name: text(version) for name, version in touch.versions.items()} or {"": text(touch)}


def text_hash(touch: Touch) -> str:
    return keys.content_hash(text(touch))


def alike(one: str, other: str) -> bool:
    matcher = SequenceMatcher(None, one.split(), other.split(), autojunk=False)
    return matcher.real_quick_ratio() >= ALIKE and matcher.quick_ratio() >= ALIKE and matcher.ratio() >= ALIKE


def _with_sales(one: Outlook) -> bool:
    return one.state in IN_SALES


def _rules(touch: Touch) -> dict[str, object]:
    rules = {name: getattr(touch, name) for name in Touch.model_fields if name not in COPY}
    pieces = {name: version.assets for name, version in touch.versions.items()}
    return rules | {"when": touch.when.text if touch.when else None, "pieces": pieces}


def given_by(release: Release) -> Iterator[tuple[str, Touch]]:
    """The touches that some stage names, or a reserve; a file that nothing names is given to nobody."""
    for track in release.tracks.values():
        for id in [*(id for stage in track.stages.values() for id in stage.touches), *track.reserve]:
            if touch := track.touches.get(id):
                yield id, touch
