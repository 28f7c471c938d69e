"""new folder, track, touch, profile: as options and as an interview; what they leave passes check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import cli
from authoring.check import check
from authoring.documents import parse
from authoring.drafts import TouchDraft, scalar, starter_files, with_touch
from authoring.load import read_folder
from authoring.problems import Problem
from commands.templates import checker
from domain.errors import InvalidError
from tests.unit.authoring.small import FILES

TODAY = date(2026, 11, 23)
TRACK = {
    "--title": "Welcome: who we are",
    "--owner": "ana",
    "--goal": "20 sales_accepted by 2027-03-31",
    "--message": "You can stop doing it by hand",
    "--audience": "Heads of operations",
    "--budget": "500 USD",
    "--enrol": 'inquiry.topic == "guide"',
    "--stages": "awareness, decision",
}
TOUCH = {
    "--stage": "awareness",
    "--channel": "email",
    "--headline": '{{ lead.first_name or "Hello" }}, here is: the guide',
    "--why": "They get what they asked for",
    "--says": "Here is the guide.",
    "--learn": "pain",
}
PROFILE = {
    "--offering": "Second: offering",
    "--value": "Less work",
    "--points": "70 if company.people >= 10",
    "--persona": "boss",
    "--titles": "ceo*, owner*",
    "--message": "Save a day a week",
    "--question": "What did it cost?",
}


@dataclass
class House:
    root: Path
    capsys: pytest.CaptureFixture[str]

    def new(self, what: str, name: str, options: Mapping[str, str]) -> tuple[int, str]:
        words = [word for pair in options.items() for word in pair]
        self.capsys.readouterr()
        return cli.run(["new", what, name, *words, "--files", str(self.root)]), self.capsys.readouterr().err

    def answers(self, what: str, *answers: str) -> tuple[int, str]:
        """As somebody in a terminal."""
        words = ["new", what, "--files", str(self.root)]
        result = CliRunner().invoke(cli.build(), words, input="".join(f"{answer}\n" for answer in answers))
        return result.exit_code, result.output

    def said(self) -> list[Problem]:
        files = read_folder(self.root)
        return check(files, TODAY, checker(files))


@pytest.fixture
def house(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> House:
    assert cli.run(["new", "folder", str(tmp_path)]) == 0
    return House(tmp_path, capsys)


def test_an_empty_folder_begins_with_files_that_have_nothing_wrong(house: House) -> None:
    assert read_folder(house.root) == starter_files()
    assert house.said() == []


def test_nothing_that_is_there_is_written_over(house: House) -> None:
    (house.root / "content/samples.yaml").write_text("mine")
    assert cli.run(["new", "folder", str(house.root)]) == 1
    assert "is there already; nothing was written" in house.capsys.readouterr().err
    assert (house.root / "content/samples.yaml").read_text() == "mine"


def test_a_track_a_mail_a_call_and_a_profile(house: House) -> None:
    assert house.new("track", "welcome", TRACK)[0] == 0
    assert house.new("touch", "guide", TOUCH)[0] == 0
    assert (
        house.new("touch", "hello", {**TOUCH, "--channel": "call", "--headline": "Call them", "--stage": "decision"})[0]
        == 0
    )
    assert house.new("profile", "second", PROFILE)[0] == 0
    assert [p.sentence for p in house.said() if "8 to 12" not in p.sentence and "better than" not in p.sentence] == []
    track = (house.root / "content/tracks/welcome/track.yaml").read_text()
    assert track.endswith("stages:\n  awareness: [guide]\n  decision: [hello]\n")
    assert len(track.splitlines()) == 10
    mail = (house.root / "content/tracks/welcome/guide.md").read_text()
    assert "- [Mistakes that somebody has to put right](answer:pain=errors)\n" in mail
    call = (house.root / "content/tracks/welcome/hello.md").read_text()
    assert '**Ask, then be quiet:** "Which of these costs you most?"' in call


def test_an_interview_asks_again_until_it_is_right(house: House) -> None:
    code, said = house.answers(
        "track", "Our Welcome", "welcome", "Welcome", "many", "20 sales_accepted by 2027-03-31", "",
        "One sentence", "Everybody", "lots", "500 USD", "inquiry.topik == 3", 'inquiry.topic == "guide"', "",
    )  # fmt: skip
    assert code == 0, said
    assert "“Our Welcome” is no id" in said
    assert "“many” is no goal; write for example" in said
    assert "“lots” is no amount" in said
    assert "There is no field inquiry.topik; did you mean inquiry.topic?" in said
    track = parse("", (house.root / "content/tracks/welcome/track.yaml").read_text()).data
    assert isinstance(track, dict)
    assert track["stages"] == {"awareness": [], "interest": [], "consideration": [], "decision": []}
    assert track["message"] == "One sentence"


def test_an_interview_for_a_touch_offers_what_there_is(house: House) -> None:
    house.new("track", "welcome", TRACK)
    code, said = house.answers("touch", "", "first", "fax", "email", "A subject", "Why", "Hello.", "pian", "pain")
    assert code == 0, said
    assert "Stage (awareness, decision) [awareness]" in said
    assert "Write email, call, task" in said
    assert "there is no field pian; did you mean pain?" in said


def test_an_interview_for_a_profile_counts_the_points(house: House) -> None:
    code, said = house.answers(
        "profile", "second", "Second", "Less work", "70 if company.people >= 10", "40 if company.people >= 90",
        '30 if company.country == "US"', "", "boss", "", "Save a day", "",
    )  # fmt: skip
    assert code == 0, said
    assert "that makes 110 points together; at most 100" in said
    assert house.said() == []


@pytest.mark.parametrize(
    ("what", "options", "wrong", "words"),
    [
        ("track", TRACK, {"--owner": "inez"}, "--owner: there is no inez"),
        ("track", TRACK, {"--goal": "more"}, "--goal: “more” is no goal"),
        ("track", TRACK, {"--enrol": "fact.pian == 1"}, "did you mean fact.pain?"),
        ("track", TRACK, {"--stages": "One Two"}, "--stages: “One Two” is no id"),
        ("track", TRACK, {"--title": ""}, "--title: write something"),
        ("track", TRACK, {"--title": "a\nb: c"}, "write it in one line"),
        ("touch", TOUCH, {"--stage": "awarness"}, "did you mean awareness?"),
        ("touch", TOUCH, {"--says": "[x](javascript:alert)"}, "Links begin with https:"),
        ("touch", TOUCH, {"--headline": "{{ lead.frist_name }}"}, "did you mean lead.first_name?"),
        ("touch", TOUCH, {"--says": "Hello {{ company.name }}"}, "give a fallback"),
        ("profile", PROFILE, {"--points": "many"}, "write points as: 40 if company.people >= 20"),
        ("profile", PROFILE, {"--persona": "The Boss"}, "is no id"),
    ],
)
def test_a_wrong_option_writes_nothing(
    house: House, what: str, options: dict[str, str], wrong: dict[str, str], words: str
) -> None:
    if what == "touch":
        house.new("track", "welcome", TRACK)
    before = read_folder(house.root)
    code, said = house.new(what, "welcome-2", {**options, **wrong})
    assert (code, words in said) == (1, True), said
    assert read_folder(house.root) == before


@pytest.mark.parametrize("name", ["../welcome", "Wel come", "", "a/b", "x" * 65, "wélcome"])
def test_a_name_that_is_no_id(house: House, name: str) -> None:
    code, said = house.new("track", name, TRACK)
    assert (code, "is no id" in said) == (1, True)


def test_a_name_that_is_taken(house: House) -> None:
    for what, options in (("track", TRACK), ("touch", TOUCH), ("profile", PROFILE)):
        assert house.new(what, "taken", options)[0] == 0
        code, said = house.new(what, "taken", options)
        assert (code, f"there is a {what} taken already" in said) == (1, True)


def test_nobody_to_ask(house: House) -> None:
    assert house.answers("track")[0] == 1
    assert isinstance(
        CliRunner().invoke(cli.build(), ["new", "track", "--files", str(house.root)]).exception, InvalidError
    )


def test_nothing_is_added_to_files_that_are_broken(house: House) -> None:
    (house.root / "lead_defs/people.yaml").write_text("people: [never closed")
    code, said = house.new("track", "welcome", TRACK)
    assert code == 1
    assert "lead_defs/people.yaml:2:1:" in said


STYLES = [
    ("stages:\n  a: [one, two]  # as agreed\n  b: []\n", "a", "stages:\n  a: [one, two, new]  # as agreed\n  b: []\n"),
    ("stages:\n  a: [one, two]\n  b: []\n", "b", "stages:\n  a: [one, two]\n  b: [new]\n"),
    ("stages:\n  a:\n    - one\n    - two\n  b: []\n", "a",
     "stages:\n  a:\n    - one\n    - two\n    - new\n  b: []\n"),
    ("stages:\n  a: [one,\n      two]\n", "a", "stages:\n  a: [one,\n      two, new]\n"),
    ("stages:\n  a: {touches: [one], gap: 3 days}\n", "a", "stages:\n  a: {touches: [one, new], gap: 3 days}\n"),
    ("stages:\n  a:\n    touches:\n      - one\n    gap: 3 days\n", "a",
     "stages:\n  a:\n    touches:\n      - one\n      - new\n    gap: 3 days\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "stage", "after"), STYLES)
def test_a_touch_is_named_in_its_stage_however_that_is_written(text: str, stage: str, after: str) -> None:
    assert with_touch("track.yaml", text, stage, "new") == after
    windows = with_touch("track.yaml", text.replace("\n", "\r\n"), stage, "new")
    assert windows.replace("\r\n", "\n") == after


@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isprintable() and text.strip() == text))
def test_whatever_is_said_is_read_back(text: str) -> None:
    if "{{" not in text and "{%" not in text:
        assert parse("", f"key: {scalar(text)}").data == {"key": text}


@given(
    st.sampled_from(
        ["Hi {{ lead.first_name or 'you' }}", '{{ lead.first_name or "you" }}: it\'s # 1', 'a "b" {{ x.y }}']
    )
)
def test_a_subject_with_a_value_is_read_back(subject: str) -> None:
    from authoring.documents import parse_touch

    text = TouchDraft("email", subject, "Why", "Hello.").text({}, "Ours")
    data = parse_touch("x.md", text).data
    assert isinstance(data, dict)
    assert data["subject"] == subject


def test_the_starter_is_a_house_of_its_own() -> None:
    assert starter_files().keys() >= {
        path for path in FILES if path.startswith("lead_defs/") and "profiles" not in path
    }
