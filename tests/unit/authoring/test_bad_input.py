"""Files as nobody should write them: each refused or warned of at its place, with what to do instead."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from threading import Event, Thread
from uuid import UUID

import pytest

from authoring.check import check, examined
from authoring.documents import LARGEST
from authoring.load import FilesError, read_folder
from authoring.problems import Problem
from authoring.warnings_samples import OpenLeads
from commands.templates import checker
from domain.lead import Facts, Known, Lead, Seen, Source, State
from tests.unit.authoring.small import DEFINITION, FILES, QUESTION, TRACK, edited

TODAY = date(2026, 11, 23)
RING = "content/tracks/kegs/ring.md"
READ = "content/tracks/kegs/read.md"
CHANGES = "changes while it is read"
BOMB = "a: &a [x, x]\n" + "".join(
    f"{c}: &{c} [*{p}, *{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True)
)


def said(files: dict[str, str]) -> list[Problem]:
    return check(files, TODAY, checker(files))


def body(text: str, path: str = QUESTION) -> dict[str, str]:
    head = FILES[path].split("---\n")[1]
    return {**FILES, path: f"---\n{head}---\n{text}\n"}


REFUSED = [
    ("{% for x in lead.first_name %}a{% endfor %}", 1, "cannot use a loop"),
    ("Hello {{ 'x' * 99999999 }}", 7, "cannot use this"),
    ("Hello {{ lead.__class__ }}", 10, "no field lead.__class__"),
    ("Hello {{ range(99999999) }}", 7, "cannot use a call"),
    ("Hello {{ see the attachment }} there", 7, "Between {{ and }} stands one value"),
    ("{{ lead.first_name or 'you' }}, {{ see it }}", 33, "Between {{ and }} stands one value"),
    ("Hello {{ lead.first_name or “there” }}", 7, "Between {{ and }} stands one value"),
    ("{% if fact.pain %}a", 1, "{% endif %}"),
    ("[a](javascript:alert(1))", 5, "javascript:alert(1) does not"),
    ("[a](JaVaScRiPt:alert)", 5, "does not"),
    ("[a](data:text/html;base64,PHNjcmlwdD4=)", 5, "does not"),
    ("[a](http://brew.example)", 5, "https:// instead of http://"),
    ("![a](http://brew.example/a.png)", 1, "fixed address that begins with https://"),
    ("[a](https://brew.example/{{ lead.first_name }})", 3, "cannot hold a value"),
    ("{{ laed.first_name or 'you' }}", 4, "did you mean lead.first_name?"),
]


@pytest.mark.parametrize("path", [QUESTION, RING])
@pytest.mark.parametrize(("text", "column", "words"), REFUSED)
def test_a_template_or_link_that_no_mail_and_no_script_may_have(text: str, column: int, words: str, path: str) -> None:
    files = body(text, path)
    line = files[path].split("\n").index(text) + 1
    found = [(p.path, p.line, p.column, p.severity) for p in said(files) if words in p.sentence]
    assert found == [(path, line, column, "error")]


def test_one_template_hides_no_other() -> None:
    text = "{{ laed.x }} {{ lead.frist_name or 'a' }}\n\n[a](javascript:b) [b](http://c.example)\n\n{{ see it }}"
    lines = [p.line for p in said(body(text)) if p.severity == "error"]
    assert lines == [6, 6, 8, 10]


def test_a_touch_without_a_body_has_its_subject_checked_all_the_same() -> None:
    files = {**FILES, QUESTION: "---\nsubject: {{ lead.frist_name or 'you' }}\n---\n"}
    assert [(p.line, p.column) for p in said(files) if "did you mean lead.first_name?" in p.sentence] == [(2, 13)]


def test_a_first_stage_has_none_before_it() -> None:
    files = edited(
        TRACK, "  early: [question, read]", "  early: {touches: [question, read], back_when: known(fact.pain)}"
    )
    (found,) = [p for p in said(files) if "no stage before the first" in p.sentence]
    assert (found.path, found.line, found.column, found.severity) == (TRACK, 9, 38, "warning")


def test_a_mistake_elsewhere_hides_no_variable() -> None:
    files = body("{{ lead.frist_name or 'a' }}") | {TRACK: "owner: [never closed"}
    assert {p.path for p in said(files)} == {QUESTION, TRACK}
    assert any("did you mean lead.first_name?" in p.sentence for p in said(files))


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("<script>alert(1)</script>", 1),
        ("Hello <img src=x onerror=alert(1)>", 7),
        ("a <!-- hidden --> b", 3),
        ("<svg/onload=alert(1)>", 1),
    ],
)
def test_markup_is_nothing_but_words_and_warned_of(text: str, column: int) -> None:
    found = [p for p in said(body(text)) if "Tags do nothing here" in p.sentence]
    assert [(p.line, p.column, p.severity) for p in found][:1] == [(6, column, "warning")]


@pytest.mark.parametrize(
    ("text", "column"),
    [("Hi {first_name}, late?", 4), ("Hi *|FNAME|*", 4), ("%FIRST_NAME%, hello", 1), ("Hi [[lead.name]]", 4)],
)
def test_what_other_programs_fill_in_is_warned_of(text: str, column: int) -> None:
    found = [p for p in said(body(text)) if "would be printed as it stands" in p.sentence]
    assert [(p.line, p.column, p.severity) for p in found] == [(6, column, "warning")]
    (found_in_subject,) = [
        p for p in said(edited(READ, "A cold story", f"A cold {text[:30]}")) if "would be printed" in p.sentence
    ]
    assert (found_in_subject.path, found_in_subject.line) == (READ, 2)


def test_braces_that_are_ours_or_mean_nothing_are_fine() -> None:
    text = "{{ lead.first_name or 'you' }} {% if fact.pain %}`{x}`{% endif %} {3 + 4}! 50% of 20% and {}"
    assert not [p for p in said(body(text)) if "printed as it stands" in p.sentence]


@pytest.mark.parametrize("char", ["\u202e", "\u200b", "\ufeff", "\x07", "\u2028"])
def test_what_cannot_be_seen_is_refused_where_it_stands(char: str) -> None:
    """A text that reads otherwise than it is written, such as one turned round by U+202E."""
    (found,) = [p for p in said(body(f"Write to {char}us")) if "invisible" in p.sentence]
    assert (found.path, found.line, found.column, found.severity) == (QUESTION, 6, 10, "error")


def test_a_goal_on_a_day_that_there_is_not() -> None:
    (found,) = [p for p in said(edited(TRACK, "by 2027-03-31", "by 2027-02-31")) if p.severity == "error"]
    assert "here is no day 2027-02-31" in found.sentence


def test_what_only_looks_like_markup_is_fine() -> None:
    text = "`<b>`, 3 < 4, <https://brew.example>, <ines@brew.example>, a <3 b"
    assert not [p for p in said(body(text)) if "Tags" in p.sentence]


@pytest.mark.parametrize(
    ("path", "text", "line", "column", "words"),
    [
        ("lead_defs/people.yaml", BOMB, 1, 4, "nothing can; delete it"),
        ("lead_defs/people.yaml", "people: " + "[" * 5000, 1, 29, "nested more than 20 deep"),
        ("lead_defs/people.yaml", "people:\n\tines: {name: I}", 2, 1, "use spaces"),
        (TRACK, FILES[TRACK].replace('"kegs"', "“kegs”"), 7, 25, "curly quotes"),
        (TRACK, FILES[TRACK].replace("Kegs can be on time.", "{Kegs, which come}"), 4, 11, "put this on its own line"),
        (QUESTION, FILES[QUESTION] + "\x07", 11, 1, "invisible character U+0007"),
    ],
)
def test_yaml_that_is_none_of_ours(path: str, text: str, line: int, column: int, words: str) -> None:
    found = [p for p in said({**FILES, path: text}) if words in p.sentence]
    assert [(p.path, p.line, p.column, p.severity) for p in found][:1] == [(path, line, column, "error")]


def test_curly_quotes_around_a_text_would_be_printed() -> None:
    (found,) = [p for p in said(edited(READ, "A cold story", "“A cold story”")) if "curly" in p.sentence]
    assert (found.path, found.line, found.column, found.severity) == (READ, 2, 10, "warning")


def test_a_mark_at_the_beginning_and_windows_line_ends_move_nothing() -> None:
    wrong = body("{{ lead.frist_name or 'a' }}")
    windows = {path: "\ufeff" + text.replace("\n", "\r\n") for path, text in wrong.items()}
    assert said(windows) == said(wrong)


def test_a_lead_with_markup_in_its_name_is_a_lead() -> None:
    files = edited("content/samples.yaml", "first_name: Ada", 'first_name: "<script>alert(1)</script>"')
    assert not [p for p in said(files) if p.severity == "error"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("    touches: [ring]\n    next_when: known(fact.months)", "    touches: [ring]\n    used_up: rest", 10),
        ("  early: [question, read]", "  early: {touches: [question, read], used_up: rest}", 9),
    ],
)
def test_a_stage_that_nobody_ever_leaves(old: str, new: str, line: int) -> None:
    found = [p for p in said(edited(TRACK, old, new)) if "never leaves it" in p.sentence]
    assert [(p.path, p.line, p.severity) for p in found] == [(TRACK, line, "warning")]


def test_a_stage_that_is_left_in_the_end_is_fine() -> None:
    rests = "  early: {touches: [question, read], used_up: rest, longest: 60 days}"
    assert not [p for p in said(edited(TRACK, "  early: [question, read]", rests)) if "never leaves" in p.sentence]


@pytest.mark.parametrize(("back_when", "times"), [("fact.months <= 3", 1), ("fact.months > 3", 0)])
def test_stages_that_hand_a_lead_to_and_fro(back_when: str, times: int) -> None:
    early = "  early: {touches: [question, read], next_when: known(fact.months)}"
    files = edited(TRACK, "  early: [question, read]", early)
    files[TRACK] = files[TRACK].replace(
        "    next_when: known(fact.months)\n", f"    longest: 9 days\n    back_when: {back_when}\n"
    )
    found = [p for p in said(files) if "come back" in p.sentence]
    assert [p.line for p in found] == [files[TRACK].split("\n").index(f"    back_when: {back_when}") + 1] * times


def test_a_condition_that_holds_for_no_sample() -> None:
    found = [p for p in said(edited(DEFINITION, "fact.months <= 3", "fact.months <= 0")) if "No sample" in p.sentence]
    assert [(p.path, p.line, p.column) for p in found] == [(DEFINITION, 13, 11), (DEFINITION, 15, 15)]


def test_what_an_open_lead_told_before_a_field_became_something_else_is_unknown() -> None:
    now = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    told = {
        "fact.months": Known("before the summer", now, Source.FORM, "event:1"),
        "fact.gone": Known(3, now, Source.FORM, "event:1"),
    }
    lead = Lead(id=UUID(int=1), state=State.NURTURING, created_at=now, state_entered_at=now)
    leads = OpenLeads(900, now, [Facts(lead, told, {"no_such_event": Seen({now.date(): 1}, now, "event:2")})])
    files = edited(DEFINITION, "fact.months <= 3", "fact.months <= 0")
    found = [p.sentence for p in examined(files, TODAY, open_leads=leads).problems if "makes this true" in p.sentence]
    assert found[0].startswith("None of 1 open lead (of 900) and 4 samples makes this true; correct it")


def test_two_tracks_for_one_sample() -> None:
    renamed = {"question": "q2", "read": "read2", "ring": "ring2"}
    again = {f"content/tracks/malt/{new}.md": FILES[f"content/tracks/kegs/{old}.md"] for old, new in renamed.items()}
    again["content/tracks/malt/track.yaml"] = (
        FILES[TRACK].replace("[question, read]", "[q2, read2]").replace("[ring]", "[ring2]")
    )
    found = [p for p in said(FILES | again) if "would both take" in p.sentence]
    assert [(p.path, p.line, p.severity) for p in found] == [("content/tracks/malt/track.yaml", 7, "warning")]
    assert found[0].sentence.startswith("kegs and malt would both take complete, and kegs does, by its name")
    decided = again["content/tracks/malt/track.yaml"] + "priority: 5\n"
    assert not [p for p in said(FILES | again | {"content/tracks/malt/track.yaml": decided}) if "both" in p.sentence]


def test_a_field_that_nothing_uses() -> None:
    files = edited("lead_defs/fields.yaml", "lists:", "  fact.moon: {type: text}\nlists:")
    found = [p for p in said(files) if "Nothing uses fact.moon" in p.sentence]
    assert [(p.path, p.line, p.column, p.severity) for p in found] == [("lead_defs/fields.yaml", 13, 3, "warning")]


def test_a_mail_that_asks_for_two_things() -> None:
    files = body("[Late](answer:pain=late) [Warm](answer:fact.pain=warm) [Read](https://brew.example/story)")
    (found,) = [p for p in said(files) if "asks for" in p.sentence]
    assert (found.path, found.line) == (QUESTION, 2)
    assert "2 things (fact.pain, https://brew.example/story)" in found.sentence


@pytest.mark.parametrize("where", ["above", "beside"])
def test_a_warning_is_accepted_with_a_reason(where: str) -> None:
    comment = "# accepted: three are enough for a pub"
    line = f"{comment}\nstages:" if where == "above" else f"stages:  {comment}"
    assert [p for p in said(edited(TRACK, "stages:", line)) if "A lead who says nothing" in p.sentence] == []


def test_a_warning_is_not_accepted_without_one() -> None:
    assert [p for p in said(edited(TRACK, "stages:", "stages:  # accepted:")) if "A lead who says" in p.sentence]


def test_an_error_is_accepted_by_nothing() -> None:
    files = edited(TRACK, "owner: ines", "owner: inse  # accepted: she comes in May")
    assert [p.severity for p in said(files)] == ["error"]


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def refused(root: Path) -> dict[str, str]:
    with pytest.raises(FilesError) as error:
        read_folder(root)
    return {problem.path: problem.sentence for problem in error.value.problems}


def test_a_hundred_megabytes_are_not_even_read(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    with (tmp_path / TRACK).open("ab") as file:
        file.truncate(100_000_000)
    assert refused(tmp_path) == {TRACK: "This file is larger than 1 MB; split it, and keep pictures apart."}
    assert LARGEST == 1_000_000


def test_a_picture_that_is_called_a_touch(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    (tmp_path / READ).write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    assert "This is no text" in refused(tmp_path)[READ]


def test_a_folder_from_elsewhere(tmp_path: Path) -> None:
    write(tmp_path / "in", FILES)
    write(tmp_path / "out", {"track.yaml": FILES[TRACK]})
    (tmp_path / "in/content/tracks/more").symlink_to(tmp_path / "out")
    assert "not followed; put the folder itself here" in refused(tmp_path / "in")["content/tracks/more"]


@contextmanager
def somebody_at(work: Callable[[], None]) -> Iterator[None]:
    """Does it again and again meanwhile, at least once before."""
    is_over, has_begun = Event(), Event()

    def again() -> None:
        while not is_over.is_set():
            work()
            has_begun.set()

    worker = Thread(target=again)
    worker.start()
    has_begun.wait(10)
    try:
        yield
    finally:
        is_over.set()
        worker.join()


def tried(root: Path) -> tuple[str | None, str]:
    """The text of one touch, or why it was not read."""
    try:
        return read_folder(root)[READ], ""
    except FilesError as error:
        return None, error.problems[0].sentence


def test_a_file_that_is_replaced_is_read_whole(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    texts = [FILES[READ] + f"{letter * 400_000}\n" for letter in "ab"]
    turns = cycle(texts)

    def replace_it() -> None:
        (tmp_path / "fresh").write_text(next(turns))
        (tmp_path / "fresh").replace(tmp_path / READ)

    with somebody_at(replace_it):
        seen = [tried(tmp_path) for _ in range(30)]
    assert all(text in texts or CHANGES in sentence for text, sentence in seen)


def test_a_file_that_is_being_written_is_refused(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    path = tmp_path / READ

    def write_more() -> None:
        with path.open("ab", buffering=0) as file:
            for _ in range(1000):
                file.write(b"x")
            file.truncate(0)

    with somebody_at(write_more):
        given_up_at = time.monotonic() + 30
        while CHANGES not in (sentence := tried(tmp_path)[1]):
            assert time.monotonic() < given_up_at, f"never noticed; last: {sentence}"
