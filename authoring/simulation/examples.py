"""The examples of tracks and of the definition, lived through; each that comes out otherwise is an error."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from authoring.documents import Document, Loc
from authoring.problems import Problem, did_you_mean
from authoring.references import DEFINITION
from authoring.sentences import at, value_at
from authoring.simulation.expecting import READY, is_met, timeline, what_happened
from authoring.simulation.playing import ActError, Played, all_signed, play
from domain.context import Context
from domain.definition import Expectation
from domain.example import HANDOFF, Act, Example, Expected
from domain.lead import State
from domain.release import Release
from domain.track import Track


def run_examples(release: Release, documents: Mapping[str, Document]) -> Iterator[Problem]:
    """Every example of every track, and those of the definition in which something happens."""
    signed = all_signed(release)
    for track in release.tracks.values():
        document = documents[f"content/tracks/{track.id}/track.yaml"]
        for number, example in enumerate(track.examples):
            wrong = list(_unknown_names(release, track, example, document, ("examples", number)))
            yield from wrong or _run(signed, example, document, ("examples", number))
    for number, expectation in enumerate(release.definition.examples):
        if expectation.do:
            yield from _judge(signed, expectation, documents[DEFINITION], ("examples", number))


def _run(release: Release, example: Example, document: Document, loc: Loc) -> Iterator[Problem]:
    days = [each.when for each in example.expect if each.when]
    is_dated = len(days) == len(example.expect)
    try:
        played = play(release, example.lead, example.from_, example.do, days if is_dated else ())
    except ActError as error:
        yield _impossible(example.do, error, document, loc)
        return
    yield from _never(example.lead, example.do, played, document, loc)
    is_list = isinstance(value_at(document, (*loc, "expect")), list)
    for number, expected in enumerate(example.expect):
        if not is_met(expected, played):
            place = (*loc, "expect", number) if is_list else (*loc, "expect")
            yield at(document, place, _sentence(example, expected, played))


def _sentence(example: Example, expected: Expected, played: Played) -> str:
    shown = "\n".join(timeline(played, tuple(example.expect)))
    name = f"{example.lead} ({example.say})" if example.say else example.lead
    happened = what_happened(expected, played)
    return f"{name}: expected {expected.text}, but: {happened}. What happened to this lead:\n{shown}"


def _impossible(acts: Sequence[Act], error: ActError, document: Document, loc: Loc) -> Problem:
    sentence = f"At {acts[error.number].at.text} this cannot be done: {error.sentence}."
    return at(document, (*loc, "do", error.number), sentence)


def _never(lead: str, acts: Sequence[Act], played: Played, document: Document, loc: Loc) -> Iterator[Problem]:
    """What nobody got round to would otherwise prove nothing, quietly."""
    for number in played.never:
        moment = acts[number].at
        why = f"there was no {moment.after} to wait for" if moment.after else "the example is over before"
        sentence = f"{lead}: {moment.text} never comes, {why}. What happened to this lead:\n"
        yield at(document, (*loc, "do", number, "at"), sentence + "\n".join(timeline(played, ())))


def _judge(release: Release, example: Expectation, document: Document, loc: Loc) -> Iterator[Problem]:
    """The definition's examples are judged right after the last thing that happened."""
    try:
        played = play(release, example.lead, example.from_, example.do, is_short=True)
    except ActError as error:
        yield _impossible(example.do, error, document, loc)
        return
    yield from _never(example.lead, example.do, played, document, loc)
    became = [e.reason for e in played.entries if e.to_state == READY]
    what, _, name = example.expect.partition(" ")
    asks = [c.id for c in Context(played.facts, release, played.now).verdict.asks]
    is_right = name in became if what == "ready" else not became and (what == "not" or name in asks)
    if not is_right:
        found = f"ready {became[0]}" if became else f"ask {' and '.join(asks)}" if asks else "not ready"
        shown = "\n".join(timeline(played, ()))
        sentence = f"{example.lead}: expected {example.expect} after all this, but it is {found}:\n{shown}"
        yield at(document, (*loc, "expect"), sentence)


def _unknown_names(release: Release, track: Track, example: Example, document: Document, loc: Loc) -> Iterator[Problem]:
    """An example that speaks of what does not exist would fail, or hold, for the wrong reason."""
    names = {
        "touch": [name for each in release.tracks.values() for name in each.touches],
        "stage": [name for each in release.tracks.values() for name in each.stages],
        "track": list(release.tracks),
        "ready": list(release.definition.ready_when),
        "state": [state.value for state in State],
    }
    names["no touch"] = names["touch"]
    for expected in example.expect:
        known = names.get(expected.what)
        name = (expected.name or "").upper() if expected.what == "state" else expected.name
        if known is not None and name not in known:
            thing = expected.what.removeprefix("no ").replace("ready", "rule of ready_when:")
            yield at(document, (*loc, "expect"), f"There is no {thing} {name}{did_you_mean(str(name), known)}")
    for number, act in enumerate(example.do):
        if act.at.after and act.at.after not in (*names["touch"], HANDOFF):
            sentence = f"There is no touch {act.at.after}{did_you_mean(act.at.after, names['touch'])}"
            yield at(document, (*loc, "do", number, "at"), sentence)
