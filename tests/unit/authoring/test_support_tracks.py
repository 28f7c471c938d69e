"""What check and preview say of tracks that run in a salesperson's name."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from authoring.check import check
from authoring.load import compile_release
from authoring.preview import NOTHING_KNOWN, readers
from tests.unit.authoring.small import FILES, TRACK
from tests.unit.authoring.test_check import TODAY
from tests.world import shipped_release

FOLDER = "content/tracks/beside/"
SUPPORT = FOLDER + "track.yaml"
MAIL = FOLDER + "before.md"
DEFAULTS = "content/defaults.yaml"
RECYCLING = "lead_defs/recycling.yaml"
GOOD = {
    **FILES,
    "lead_defs/people.yaml": FILES["lead_defs/people.yaml"]
    + "  rosa: {name: Rosa Delgado, role: sales, team: sales, address: rosa@elsewhere.example}\n",
    SUPPORT: """\
title: Beside the salesperson
owner: ines
goal: 10 won by 2027-03-31
message: One useful thing.
audience: Leads with sales
budget: 900 USD
purpose: sales_support
quiet_time: 3 days
stages:
  working: [before]
""",
    MAIL: "---\nsubject: Before we talk\n---\nThree numbers.\n\n{{ sender.first_name }}\n",
}
CALL = "---\nchannel: call\ntitle: Ask\n---\nAsk.\n"


def warned(files: dict[str, str]) -> list[tuple[str, int, str]]:
    """What is said beside what is said of the good ones."""
    usual = {p.sentence for p in check(GOOD, TODAY)}
    found = check(files, TODAY)
    assert all(p.severity == "warning" for p in found), [p.sentence for p in found]
    return [(p.path, p.line, p.sentence) for p in found if p.sentence not in usual]


def test_nothing_is_wrong_with_a_good_one() -> None:
    assert [p for p in check(GOOD, TODAY) if p.path.startswith(FOLDER)] == []


@pytest.mark.parametrize(
    ("path", "old", "new", "line", "sentence"),
    [
        (SUPPORT, "  working:", "  workng:", 10, "ever in a stage workng; did you mean working? Sales support has"),
        (SUPPORT, "  working:", "  decision:", 10, "the stages working, qualified, opportunity, proposal"),
        (SUPPORT, "stages:", 'enrol: inquiry.topic == "kegs"\nstages:', 9, "enrol does nothing here"),
        (SUPPORT, "stages:", "then: kegs\nstages:", 9, "then does nothing here"),
        (SUPPORT, "stages:", "hold_out: 5%\nstages:", 9, "hold_out does nothing here"),
        (SUPPORT, "[before]", "{touches: [before], longest: 9 days}", 10, "longest does nothing here"),
        (SUPPORT, "2027-03-31", "2026-03-31", 3, "2026-03-31 is over"),
        (MAIL, "{{ sender.first_name }}", "Yours", 2, "end it with {{ sender.first_name }}"),
        (MAIL, "first_name }}", "phone }}", 2, "rosa has no phone:"),
        (DEFAULTS, "react:", "then: beside\nreact:", 8, "beside runs only while a salesperson has the lead"),
        (RECYCLING, "{cool_down: 60 days}", "{cool_down: 60 days, track: beside}", 5, "nobody goes on there"),
        (TRACK, "stages:", "quiet_time: 3 days\nstages:", 8, "quiet_time is for tracks with"),
    ],
)
def test_what_nobody_would_get(path: str, old: str, new: str, line: int, sentence: str) -> None:
    assert old in GOOD[path]
    found = warned({**GOOD, path: GOOD[path].replace(old, new)})
    assert any((p, n) == (path, line) and sentence in says for p, n, says in found), found


def test_what_a_salesperson_does_is_no_touch_of_it() -> None:
    assert any("sales support is mail" in says for _, _, says in warned({**GOOD, MAIL: CALL}))


def test_without_salespeople_there_is_nobody_to_sign() -> None:
    people = FILES["lead_defs/people.yaml"].replace("role: manager", "role: ops")
    found = check({**GOOD, "lead_defs/people.yaml": people}, TODAY)
    assert any("goes out in nobody's name" in p.sentence for p in found)


def test_a_preview_shows_it_in_a_salespersons_name() -> None:
    release = compile_release(GOOD)
    track = release.tracks["beside"]
    reader = readers(release, datetime(2027, 1, 4, tzinfo=UTC))[NOTHING_KNOWN]
    letter = reader.letter(track, track.touches["before"])
    assert (letter.sender_name, letter.reply_to) == ("Rosa Delgado", "rosa@elsewhere.example")
    assert letter.sender_address == "ines@brew.example"  # it leaves from where our mail leaves from


def test_who_writes_from_our_own_domain_is_seen_with_their_own_address() -> None:
    release = shipped_release()
    track = release.tracks["beside-sales"]
    reader = readers(release, datetime(2027, 1, 4, tzinfo=UTC))[NOTHING_KNOWN]
    letter = reader.letter(track, track.touches["three-numbers"])
    assert (letter.sender_address, letter.reply_to) == ("rosa@harborline.example", "rosa@harborline.example")
