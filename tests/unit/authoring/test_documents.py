"""Files as authors write them, and as they get them wrong."""

from __future__ import annotations

import pytest

from authoring.documents import DocumentError, Place, decode, parse, parse_touch
from authoring.problems import Problem, render, suggest


def refused(text: str, *, is_touch: bool = False) -> list[tuple[int, int, str]]:
    with pytest.raises(DocumentError) as error:
        (parse_touch if is_touch else parse)("a.yaml", text)
    return [(problem.line, problem.column, problem.sentence) for problem in error.value.problems]


def test_only_plain_constants_and_numbers_are_typed() -> None:
    text = """country: NO
at: 12:30
on: 2027-03-31
yes_too: yes
n: 7
x: -2.5
t: true
f: false
nothing: null
empty:
zip: 02134
phone: +4912345
version: "1.0"
big: 12345678901234567890123
inf: .inf
no: 1
2: two
"""
    assert parse("a.yaml", text).data == {
        "country": "NO", "at": "12:30", "on": "2027-03-31", "yes_too": "yes", "n": 7, "x": -2.5, "t": True,
        "f": False, "nothing": None, "empty": None, "zip": "02134", "phone": "+4912345", "version": "1.0",
        "big": "12345678901234567890123", "inf": ".inf", "no": 1, "2": "two",
    }  # fmt: skip


def test_the_track_of_the_documentation_is_read_with_its_places() -> None:
    text = 'title: "Our trucks wait"\nstages:\n  awareness: [checklist, cost]\n  interest: {aim: x}\n'
    document = parse("t/track.yaml", text)
    assert document.where(("stages", "awareness", 1)) == Place("t/track.yaml", 3, 26)
    assert document.where(("stages", "awareness", "list[str]", 1)) == Place("t/track.yaml", 3, 26)
    assert document.where(("stages", "interest", "aim")) == Place("t/track.yaml", 4, 19)
    assert document.where(("stages", "interest"), at_key=True) == Place("t/track.yaml", 4, 3)
    assert document.where(("stages", "interest", "[key]")) == Place("t/track.yaml", 4, 3)
    assert document.where(("stages", "missing")) == Place("t/track.yaml", 2, 1)
    assert document.where(("missing",)) == Place("t/track.yaml", 1, 1)
    assert document.line_text(2) == "stages:"
    assert document.line_text(99) == ""


@pytest.mark.parametrize(
    ("text", "word", "line", "column"),
    [
        ("when: a and wrong", "wrong", 1, 13),
        ('when: "a and wrong"', "wrong", 1, 14),
        ("when: 'it''s wrong'", "wrong", 1, 14),
        ("when: >-\n  a and\n  wrong", "wrong", 3, 3),
        ("when: |\n  a and\n  b wrong\n", "wrong", 3, 5),
        ("when: a\n  and wrong", "wrong", 2, 7),
    ],
)
def test_a_place_inside_a_text_is_found_in_every_style(text: str, word: str, line: int, column: int) -> None:
    document = parse("a.yaml", text)
    assert isinstance(document.data, dict)
    value = document.data["when"]
    assert isinstance(value, str)
    assert document.where(("when",), value.index(word)) == Place("a.yaml", line, column)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", 3, 1, "already written in line 1"),
        ("a: &x 1\n", 1, 4, "names a value"),
        ("a: 1\nb: *x\n", 2, 4, "points elsewhere"),
        ("a: !!int 1\n", 1, 4, "starts with !"),
        ("a: !python/object:os.system 1\n", 1, 4, "starts with !"),
        ("%YAML 1.1\n---\na: 1\n", 1, 1, "start with %"),
        ("a: 1\n---\nb: 2\n", 2, 1, "second document"),
        ("a:\n\tb: 1\n", 2, 1, "use spaces"),
        ("a: 1\nb: \x00\n", 2, 4, "U+0000"),
        ("a: 1\n<<: {b: 2}\n", 2, 1, "merged"),
        ("? [a, b]\n: 1\n", 1, 3, "key must be"),
        ("a: {{ x }}\n", 1, 5, "key must be"),
        ("say: From here: to there\n", 1, 15, "colon followed by a space"),
        ('say: "never closed\nb: 1\n', 1, 6, "never closed"),
        ("say: `code`\n", 1, 6, "cannot begin"),
        ("say: @you\n", 1, 6, "cannot begin"),
        ("a: [b, c\nd: 1\n", 2, 2, "own line"),
        ("a: {say: sites, which wait, know}\n", 1, 17, "own line"),
        ("a: [the price: high, b]\n", 1, 5, "own line"),
        ("a: 1\n  b: 2\n", 2, 4, "colon followed"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "line up"),
        ("a: 1\njust words\nb: 2\n", 2, 1, "colon is missing"),
        ("a: " + "[" * 21 + "]" * 21, 1, 24, "20 deep"),
        ("a: " + "[" * 5000, 1, 24, "20 deep"),
        ("x" * 1_000_001, 1, 1, "1 MB"),
    ],
)
def test_refused_with_the_place_and_the_cure(text: str, line: int, column: int, says: str) -> None:
    (at_line, at_column, sentence), *_ = refused(text)
    assert says in sentence
    assert (at_line, at_column) == (line, column)


def test_several_problems_are_told_at_once() -> None:
    assert [line for line, _, _ in refused("a: 1\na: 2\nb: &x 3\nc: *x\nd: !t 4\n")] == [2, 3, 4, 5]


def test_an_inline_null_is_no_prose() -> None:
    assert parse("a.yaml", "a: {b: null, c: }").data == {"a": {"b": None, "c": None}}


def test_mark_and_line_ends_of_windows_are_accepted() -> None:
    text = decode("a.yaml", b"\xef\xbb\xbfa: 1\r\nb:\r\n  - x\r\n")
    document = parse("a.yaml", text)
    assert document.data == {"a": 1, "b": ["x"]}
    assert document.where(("b", 0)) == Place("a.yaml", 3, 5)
    assert document.line_text(3) == "  - x"
    assert parse("a.yaml", "\ufeffa: 1").where(("a",)).column == 4
    assert parse("a.yaml", "").data is None


def test_what_is_not_utf_8_is_refused_where_it_starts() -> None:
    with pytest.raises(DocumentError) as error:
        decode("a.yaml", b"a: 1\nb: M\xfcller\n")
    assert [(p.line, p.column) for p in error.value.problems] == [(2, 5)]
    with pytest.raises(DocumentError, match="1 MB"):
        decode("a.yaml", b"x" * 1_000_001)


TOUCH = """---
subject: {{ lead.first_name or "Hello" }}, it's what one hour costs: guess
why: They can put a number on it  # a comment
"quoted": "{{ x }}"
list: [a, b]
also: Hello {{ lead.first_name }}: you  # said we
learn: pain
---
Most sites know.

- {{ x }}
"""


def test_a_touch_may_leave_its_templates_unquoted() -> None:
    document = parse_touch("t.md", TOUCH)
    assert document.data == {
        "subject": '{{ lead.first_name or "Hello" }}, it\'s what one hour costs: guess',
        "why": "They can put a number on it",
        "quoted": "{{ x }}",
        "list": ["a", "b"],
        "also": "Hello {{ lead.first_name }}: you",
        "learn": "pain",
        "body": "Most sites know.\n\n- {{ x }}\n",
    }
    assert document.body_line == 9
    body = str(document.data["body"])
    assert document.where(("subject",)) == Place("t.md", 2, 10)
    subject = str(document.data["subject"])
    assert document.where(("subject",), subject.index("first_name")) == Place("t.md", 2, 18)
    assert document.where(("subject",), subject.index("guess")) == Place("t.md", 2, 70)
    assert document.where(("body",)) == Place("t.md", 9, 1)
    assert document.where(("body",), body.index("x }}")) == Place("t.md", 11, 6)
    assert document.where(("learn",)).line == 7


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("subject: x\n", 1, "starts with a line ---"),
        ("---\nsubject: x\n", 1, "never closed"),
        ("---\n- a\n---\n", 2, "Settings are lines"),
        ("---\na: 1\nbody: x\n---\n", 3, "below the second"),
        ("---\na: 1\na: 2\n---\n", 3, "already written in line 2"),
        ("---\na: 1\nb: From: x\n---\n", 3, "colon"),
    ],
)
def test_a_touch_is_refused_in_the_lines_of_its_file(text: str, line: int, says: str) -> None:
    (at_line, _, sentence), *_ = refused(text, is_touch=True)
    assert says in sentence
    assert at_line == line


def test_a_touch_without_settings_or_body_is_left_to_its_model() -> None:
    assert parse_touch("t.md", "---\n---").data == {"body": ""}


def test_a_problem_is_shown_with_its_line_and_carets() -> None:
    shown = render(Problem("a.yaml", 3, 5, "Say this.", length=4), "a:  wrong")
    assert shown == "a.yaml:3:5: Say this.\n    a:  wrong\n        ^^^^"
    assert render(Problem("a.yaml", 1, 1, "Hm.", "warning"), "") == "a.yaml:1:1: warning: Hm."
    long = render(Problem("a.yaml", 1, 500, "Hm."), "x" * 499 + "!" + "x" * 500).split("\n")
    assert len(long[1]) <= 104
    assert long[1][long[2].index("^")] == "!"


def test_the_nearest_name_is_suggested_and_nothing_far() -> None:
    fields = ["company.dock_doors", "company.country", "fact.pain", "inquiry.topic"]
    assert suggest("company.dock_door", fields) == "company.dock_doors"
    assert suggest("lead.country", fields) == "company.country"
    assert suggest("fact.pian", fields) == "fact.pain"
    assert suggest("company.zzz", fields) is None
    assert suggest("x", []) is None
