"""Track keys and variants as an author writes them, rightly and wrongly."""

from __future__ import annotations

from datetime import date

import pytest

from authoring.check import check
from authoring.load import compile_release, load
from commands.templates import checker
from tests.unit.authoring.small import FILES, QUESTION, TRACK, edited

READ, READ_B = "content/tracks/kegs/read.md", "content/tracks/kegs/read.b.md"
RING = "content/tracks/kegs/ring.md"
DEFAULTS, RECYCLING = "content/defaults.yaml", "lead_defs/recycling.yaml"
TODAY = date(2026, 11, 23)


def _variants(b: str | None = "---\nsubject: A warm story\n---\n", written: str = "{a: 70, b: 30}") -> dict[str, str]:
    files = edited(READ, "---\nsubject", f"---\nvariants: {written}\nsubject")
    return files if b is None else {**files, READ_B: b}


def _errors(files: dict[str, str]) -> list[str]:
    found = check(files, TODAY, checker(files))
    return [f"{p.path.split('/')[-1]}:{p.line}: {p.sentence}" for p in found if p.severity == "error"]


def test_a_variant_says_what_differs_and_the_rest_is_as_in_the_touch() -> None:
    assert _errors(_variants()) == []
    found = compile_release(_variants()).find_touch("read")
    assert found is not None
    touch = found[1]
    a, b = touch.version("a"), touch.version("b")
    assert (a.subject, b.subject) == ("A cold story", "A warm story")
    assert (a.body, a.assets) == (b.body, b.assets)
    assert (a.variant, b.variant, b.id) == ("a", "b", "read")
    assert touch.version(None) is touch


def test_a_variant_with_a_body_of_its_own_has_its_own_pieces() -> None:
    found = compile_release(_variants("---\n---\nNothing to read here.\n")).find_touch("read")
    assert found is not None
    assert (found[1].version("b").subject, found[1].version("b").assets) == ("A cold story", ())
    assert found[1].version("a").assets == ("story",)


def test_a_variant_is_no_touch_of_its_own() -> None:
    release = compile_release(_variants())
    assert set(release.tracks["kegs"].touches) == {"question", "read", "ring"}
    assert not [p for p in check(_variants(), TODAY) if "nobody gets it" in p.sentence]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (_variants(None), "read.md:2: The file read.b.md is missing; write what b says otherwise."),
        (_variants("---\n---\n"), "read.b.md:1: This says nothing that read.md does not say."),
        (_variants(written="{a: 70, b: 40}"), "read.md:2: The shares of two or more variants add up to 100"),
        (_variants(written="{a: 100}"), "read.md:2: The shares of two or more variants add up to 100"),
        (_variants(written="{a: 150, b: -50}"), "read.md:2: "),
        (_variants(written="{a: fifty, b: 50}"), "read.md:2: "),
        (_variants("---\nsubject: B\nlearn: pain\n---\n"), "read.b.md:3: "),
        (_variants("---\nsubject: {{ lead.frist_name or 'you' }}\n---\n"), "read.b.md:2: There is no field"),
        (_variants("---\n---\n[This](asset:storry)\n"), "read.b.md:3: There is no asset storry"),
        (_variants("---\n---\nHello {{ lead.first_name }}\n"), "read.b.md:3: lead.first_name may be unknown"),
        (
            {
                **edited(RING, "channel: call", "channel: call\nvariants: {a: 50, b: 50}"),
                RING.replace(".md", ".b.md"): "---\ntitle: Ring {{ lead.frist_name or 'them' }}\n---\n",
            },
            "ring.b.md:2: There is no field lead.frist_name",
        ),
        (
            {**FILES, READ_B: "---\nsubject: B\n---\n"},
            "read.b.md:1: “b” is no language, and read.md names no variant b: ",
        ),
        ({**FILES, "content/tracks/kegs/gone.b.md": "---\n---\nB\n"}, "gone.b.md:1: There is no gone.md, "),
        ({**FILES, "content/tracks/kegs/read.B.md": "---\n---\nB\n"}, "read.B.md:1: “B” is no id"),
        ({**FILES, "content/tracks/kegs/read.b.c.md": "---\n---\nB\n"}, "read.b.c.md:1: “b.c” is no id"),
        ({**FILES, "content/tracks/kegs/.b.md": "---\n---\nB\n"}, ".b.md:1: “” is no id"),
        (edited(READ, "---\nsubject", "---\nversions: {a: {}}\nsubject"), "read.md:2: versions is not written here"),
        (edited(READ, "---\nsubject", "---\nvariant: b\nsubject"), "read.md:2: variant is not written here"),
        (edited(TRACK, "enrol:", "hold_out: 5\nenrol:"), "track.yaml:7: "),
        (edited(TRACK, "enrol:", "hold_out: 500%\nenrol:"), "track.yaml:7: “500%” is no share; write for example 5%"),
        (edited(TRACK, "enrol:", "purpose: stages\nenrol:"), "track.yaml:7: "),
        (edited(TRACK, "enrol:", "then: nowhere\nenrol:"), "track.yaml:7: There is no track nowhere"),
        (edited(TRACK, "enrol:", "in_flight: hold\nenrol:"), "track.yaml:7: "),
        (edited(TRACK, "enrol:", "reserve: [questoin]\nenrol:"), "track.yaml:7: There is no file"),
        (edited(TRACK, "enrol:", "reserve: [read]\nenrol:"), "track.yaml:7: read is already named"),
        (
            edited(TRACK, 'enrol: inquiry.topic == "kegs"\n', ""),
            "track.yaml:1: This track lacks its campaign form: enrol.",
        ),
        (edited(DEFAULTS, "sender:", "dormant_track: away\nsender:"), "defaults.yaml:2: There is no track away"),
        (edited(RECYCLING, "60 days", "60 days, resume_early: soon"), "recycling.yaml:5: “soon” is no length of time"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(files: dict[str, str], said: str) -> None:
    errors = _errors(files)
    assert [error for error in errors if error.startswith(said)], errors


def test_a_track_that_is_reached_otherwise_needs_no_enrol() -> None:
    files = edited(TRACK, 'enrol: inquiry.topic == "kegs"', "purpose: long_cycle")
    assert load(files).errors == ()
    assert compile_release(files).tracks["kegs"].enrol is None


@pytest.mark.parametrize("value", ["keep", "none", "kegs"])
def test_a_reason_may_keep_the_track_name_one_or_send_nothing(value: str) -> None:
    assert check(edited(RECYCLING, "60 days", f"60 days, track: {value}"), TODAY) == check(FILES, TODAY)


def test_a_track_that_nobody_has_written_is_a_warning_only() -> None:
    found = check(edited(RECYCLING, "60 days", "60 days, track: champions"), TODAY)
    assert [p.severity for p in found if "champions" in p.sentence] == ["warning"]


def test_back_when_of_the_first_stage_and_a_long_subject_of_a_variant_are_warned_of() -> None:
    files = edited(TRACK, "early: [question, read]", "early: {touches: [question, read], back_when: known(fact.pain)}")
    assert [p.sentence for p in check(files, TODAY) if "no stage before" in p.sentence]
    long = check(_variants(f"---\nsubject: {'long ' * 13}\n---\n"), TODAY)
    assert [p.path for p in long if "many phones" in p.sentence] == [READ_B]


def test_what_only_a_variant_mentions_is_used() -> None:
    fields = "lead_defs/fields.yaml"
    more = FILES[fields].replace("fields:\n", "fields:\n  company.size: {type: number}\n")
    for body, found in (("Hello", 1), ('{{ company.size or "Hello" }}', 0)):
        files = {**_variants(f"---\n---\n{body}\n"), fields: more}
        assert len([p for p in check(files, TODAY) if "Nothing uses company.size" in p.sentence]) == found


def test_a_touch_of_one_version_has_no_variant() -> None:
    found = compile_release(FILES).find_touch(QUESTION.split("/")[-1].removesuffix(".md"))
    assert found is not None
    assert (found[1].variant, found[1].versions) == (None, {})
