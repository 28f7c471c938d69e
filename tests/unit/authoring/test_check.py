"""What `nurture check` says about files that could be a release, and how long it takes to say it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from authoring.check import check, report
from authoring.documents import Data, Document, Loc, parse
from authoring.load import read_folder
from authoring.problems import Problem
from commands.templates import checker
from tests.unit.authoring.small import DEFINITION, FILES, PROFILE, QUESTION, TRACK, edited

ROOT = Path(__file__).resolve().parents[3]
TODAY = date(2026, 11, 23)
FEW = "A lead who says nothing gets 3 touches; plan 8 to 12: question 24 Nov, read 01 Dec, ring 08 Dec."


def said(files: dict[str, str], today: date = TODAY) -> list[tuple[str, int, int, str, str]]:
    found = check(files, today)
    return [(p.path, p.line, p.column, p.severity, p.sentence) for p in found if not p.sentence.startswith(FEW[:30])]


def places(data: Data, loc: Loc = ()) -> Iterator[Loc]:
    yield loc
    for step, inner in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        yield from places(inner, (*loc, step))


def replaced(data: Any, loc: tuple[Any, ...], value: object) -> Any:  # Any: what any file can hold
    if not loc:
        return value
    copied: Any = dict(data) if isinstance(data, dict) else list(data)
    copied[loc[0]] = replaced(data[loc[0]], loc[1:], value)
    return copied


def test_the_shipped_files_have_nothing_wrong() -> None:
    files = read_folder(ROOT)
    assert report(check(files, TODAY), files) == ""


def test_errors_hide_warnings_and_examples() -> None:
    assert {p.severity for p in check(edited(TRACK, "owner: ines", "owner: inse"), TODAY)} == {"error"}


def test_a_quiet_lead_gets_enough_and_not_too_much() -> None:
    assert [(p.line, p.severity, p.sentence) for p in check(FILES, TODAY)] == [(8, "warning", FEW)]


@pytest.mark.parametrize(
    ("expect", "actual"),
    [
        ("ready hand_raiser", "it is ready definition (fits met, problem met, soon met)"),
        ("ask soon", "it is ready definition (fits met, problem met, soon met)"),
        ("not ready", "it is ready definition (fits met, problem met, soon met)"),
    ],
)
def test_an_example_that_fails_says_what_it_is_instead(expect: str, actual: str) -> None:
    ((path, line, column, severity, sentence),) = said(edited(DEFINITION, "ready definition", expect))
    assert (path, line, column, severity) == (DEFINITION, 20, 30, "error")
    assert f"complete: expected {expect}, but {actual}" in sentence


def test_who_is_kept_out_or_held_back_is_neither_ready_nor_asked() -> None:
    taps, rival_domain = "inn.example}, company: {taps: 8}", "inn.example}, company: {domain: hops.example}"
    rival = edited("content/samples.yaml", taps, rival_domain)
    assert [s[-1] for s in said(rival)] == [
        "no-timing: expected ask soon, but it is not ready, kept out by never: rival"
        " (fits unknown, problem met, soon unknown). Change the definition, the sample or what is expected."
    ]  # fmt: skip
    guest = edited("content/samples.yaml", "inquiry: {topic: kegs}", "inquiry: {topic: beer}")
    assert "it is not ready, held back by guest (fits met" in " ".join(s[-1] for s in said(guest))


def test_a_fact_nobody_told_us_is_to_be_asked_not_denied() -> None:
    unknown = edited("content/samples.yaml", "fact: {pain: late, months: 2}", "fact: {months: 2}")
    files = unknown | {DEFINITION: FILES[DEFINITION].replace("ready definition", "ask problem")}
    assert [place for place in said(files) if place[3] == "error"] == []


@pytest.mark.parametrize(
    ("path", "old", "new", "line", "column", "sentence"),
    [
        (DEFINITION, "when: fact.months <= 3", "when: inquiry.topic == \"kegs\"", 11, 3, "Nobody ever asks for soon"),
        (PROFILE, "size: 100 if", "size: 60 if", 3, 1, "Nobody can reach a grade better than B"),
        (QUESTION, "late or warm?", "is it late, or is it warm when it comes at last, or both?", 2, 10, "This subj"),
        (QUESTION, "learn: pain", "expires: 2026-11-22", 3, 10, "2026-11-22 is over: nobody gets this"),
        (TRACK, "2027-03-31", "2026-03-31", 3, 7, "2026-03-31 is over; set a new goal"),
        ("content/tracks/kegs/ring.md", "channel: call\n", "subject: Hi\n", 8, 1, "No touch of this track is made by"),
    ],
)  # fmt: skip
def test_what_is_worth_a_second_look(path: str, old: str, new: str, line: int, column: int, sentence: str) -> None:
    files = edited(path, old, new)
    found = [place for place in said(files) if sentence in place[-1]]
    where = TRACK if "No touch" in sentence else path
    assert [place[:4] for place in found] == [(where, line, column, "warning")]


def test_a_warning_is_of_the_day_of_the_check() -> None:
    files = edited(QUESTION, "learn: pain", "expires: 2026-11-22")
    assert said(files, date(2026, 11, 22)) == []


def test_templates_are_checked_by_whoever_can() -> None:
    seen = []

    def templates(touch: Document) -> list[Problem]:
        seen.append(touch.path)
        return [Problem(touch.path, 2, 10, "There is no lead.frist_name.")]

    found = check(edited(TRACK, "owner: ines", "owner: inse"), TODAY, templates)
    assert len(seen) == 3
    assert QUESTION in seen
    assert len([p for p in found if "frist" in p.sentence]) == 3


def test_a_problem_is_shown_with_its_line() -> None:
    files = edited(DEFINITION, "grade.fit in", "grade.fitt in")
    assert report(check(files, TODAY), files) == (
        "lead_defs/sales-ready.yaml:7:11: There is no field grade.fitt; did you mean grade.fit?\n"
        '        when: grade.fitt in ["A", "B"]\n'
        "              ^^^^^^^^^^"
    )


def test_two_hundred_touches_and_sixty_examples() -> None:
    files, folder = read_folder(ROOT), "content/tracks/dock-waiting/"
    touches = [path for path in files if path.startswith(folder) and re.search(r"/[\w-]+\.md$", path)]
    own = {path.removeprefix(folder)[:-3]: files[path] for path in touches}
    track = files[f"{folder}track.yaml"].partition("\nexamples:\n")[0]  # their leads come on the copies now
    files[f"{folder}track.yaml"] = track
    for number in range(19):
        named = track
        for name, text in own.items():
            named = re.sub(rf"\b{name}\b", f"{name}-{number}", named)
            files[f"content/tracks/t{number}/{name}-{number}.md"] = f"{text}\nOne more line, the {number}th.\n"
        files[f"content/tracks/t{number}/track.yaml"] = f"priority: {number + 1}\n{named}"
    definition = files[DEFINITION]
    files[DEFINITION] = definition + definition.partition("examples:\n")[2] * 6
    assert sum(path.endswith(".md") for path in files) >= 190
    assert check(files, TODAY, checker(files)) == []


ODD: list[object] = [
    None,
    7,
    -1.5,
    True,
    [],
    {},
    "",
    "x",
    [1],
    [None],
    {"a": "b"},
    [["a"]],
    "40 if",
    "{{ x }}",
    "0 days",
]
PLACES = [
    (path, loc) for path, text in FILES.items() if path.endswith(".yaml") for loc in places(parse(path, text).data)
]


@given(st.sampled_from(PLACES), st.sampled_from(ODD))
def test_whatever_stands_in_a_file_is_read_or_refused_with_a_sentence(place: tuple[str, Loc], odd: object) -> None:
    path, loc = place
    text = json.dumps(replaced(parse(path, FILES[path]).data, loc, odd))
    for problem in check({**FILES, path: text}, TODAY):
        assert problem.sentence.endswith((".", "?", ".)"))
        assert problem.line >= 1
        assert problem.column >= 1


@given(st.sampled_from(sorted(FILES)), st.integers(0, 400), st.sampled_from(list(":{}[]-\"' \n&*!#|")))
def test_a_slip_of_the_finger_never_ends_in_a_crash(path: str, at: int, slip: str) -> None:
    check({**FILES, path: FILES[path][:at] + slip + FILES[path][at + 1 :]}, TODAY)
