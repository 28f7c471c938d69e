"""From files to a release, and every way in which files go wrong."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from authoring.load import FilesError, compile_release, load, read_folder, release_hash
from authoring.problems import Problem
from domain.decide import decide
from domain.samples import facts_of
from domain.steps import Verb
from tests.unit.authoring.small import DEFINITION, FILES, PROFILE, QUESTION, TRACK, edited

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def only(files: dict[str, str]) -> Problem:
    found = load(files).problems
    assert len(found) == 1, [problem.sentence for problem in found]
    return found[0]


def test_good_files_become_a_release_without_a_word() -> None:
    loaded = load(FILES)
    assert loaded.problems == ()
    release = compile_release(FILES)
    assert release.hash == release_hash(FILES)
    assert list(release.tracks["kegs"].touches) == ["question", "read", "ring"]
    assert release.tracks["kegs"].touches["read"].assets == ("story",)
    assert release.tracks["kegs"].touches["question"].subject == '{{ lead.first_name or "Hello" }}, late or warm?'
    assert release.approved == frozenset()
    assert set(release.profiles) == {"taps"}


def test_the_shipped_files_are_a_release_and_every_sample_has_a_next_step() -> None:
    release = compile_release(read_folder(ROOT))
    signed = replace(release, approved=frozenset(release.tracks))
    steps = {name: decide(facts_of(sample, signed, NOW), signed, NOW) for name, sample in signed.samples.items()}
    assert len(steps) >= 30
    assert steps["told-us-everything"].verb is Verb.ROUTE
    assert steps["hand-raiser-in-profile"].verb is Verb.ROUTE
    assert steps["hand-raiser-fit-unknown"].verb is Verb.ASK
    assert steps["timing-unknown"].verb is Verb.DELIVER
    assert steps["rival"].verb is Verb.ENDED
    assert steps["everything-empty"].verb is Verb.REST


# Each: path, what was written, what is written instead, where that is found, what is said.
MISTAKES = [
    (DEFINITION, "title: Ready", "titel: Ready", 1, 1, "no setting titel here; did you mean title?"),
    (DEFINITION, "review: every 6 months", "review:\n  a: b", 3, 1, "settings; write a text"),
    (DEFINITION, "sales: tom", "sales: tim", 2, 35, "no person tim in lead_defs/people.yaml. There are ines, tom."),
    (DEFINITION, "grade.fit in", "grade.fitt in", 7, 11, "did you mean grade.fit?"),
    (DEFINITION, "fact: pain", "fact: pian", 10, 11, "no field fact.pian; did you mean fact.pain?"),
    (DEFINITION, "fact.months <= 3", "fact.months <= three", 13, 26, "no field three"),
    (DEFINITION, "problem, soon]", "problem, son]", 15, 31, "no criterion or field son; did you mean soon?"),
    (DEFINITION, "1 and fits", "1 and fitz", 16, 56, "no criterion or field fitz; did you mean fits?"),
    (DEFINITION, '"beer"', '"bier"', 18, 27, 'never "bier"; did you mean beer?'),
    (DEFINITION, "ready definition", "ready definiton", 20, 36, "no rule definiton"),
    (DEFINITION, "ask soon", "ask son", 21, 35, "no criterion son"),
    (DEFINITION, "ask soon", "asks soon", 21, 31, "write ready <rule>, ask <criterion> or not ready"),
    (DEFINITION, "lead: complete", "lead: complet", 20, 12, "no sample complet"),
    (PROFILE, "100 if company.taps", "100 if company.tabs", 4, 16, "no field company.tabs"),
    (PROFILE, "100 if", "many if", 4, 9, "Write points as: 40 if company.dock_doors >= 6"),
    (PROFILE, "100 if", "101 if", 3, 1, "at most 100"),
    (PROFILE, "lists.rivals", "lists.rival", 2, 28, "no list lists.rival; did you mean lists.rivals?"),
    (PROFILE, "proof: [story]", "proof: [storey]", 6, 65, "no asset storey"),
    (PROFILE, "pains: [warm]", "pains: [worm]", 6, 50, "did you mean warm?"),
    ("lead_defs/fields.yaml", "{type: date}", "{type: day}", 11, 22, "Write text, number, choice, flag, date."),
    ("lead_defs/fields.yaml", "fact.since:", "fakt.since:", 11, 3, "is no field name"),
    ("lead_defs/events.yaml", "points: 10", "pionts: 10", 3, 25, "did you mean points?"),
    ("lead_defs/people.yaml", "ines@brew.example", "ines", 2, 72, "no mail address"),
    ("lead_defs/recycling.yaml", "cool_down: 90 days", "cool_down: 90 dyas", 4, 27, "no length of time"),
    ("lead_defs/recycling.yaml", "stage: late", "stage: latte", 4, 43, "no stage latte in any track"),
    ("lead_defs/recycling.yaml", "wake_up: [reply]", "wake_up: [rply]", 4, 59, "no event rply"),
    ("lead_defs/recycling.yaml", "  bad_timing: {", "  bed_timing: {", 4, 3, "no reason bed_timing"),
    ("lead_defs/routing.yaml", "manager: tom", "manager: toom", 1, 10, "no person toom"),
    ("lead_defs/routing.yaml", "team: sales", "team: sale", 4, 42, "no team sale"),
    ("lead_defs/routing.yaml", "to: round_robin, team: sales", "to: owner", 4, 5, "last rule must hold"),
    ("lead_defs/service-levels.yaml", "[hand_raiser]", "[hand_riser]", 7, 7, "no rule hand_riser"),
    ("lead_defs/service-levels.yaml", "opportunity: 7 days", "opportunity:", 5, 13, "Nothing is written here"),
    ("content/defaults.yaml", ", postal_address: 1 Malt Lane", "", 1, 1, "postal_address of company is missing"),
    ("content/defaults.yaml", "1 Malt Lane", '""', 1, 23, "Every mail must carry"),
    ("content/defaults.yaml", "sender: ines", "sender: inez", 2, 9, "no person inez"),
    ("content/defaults.yaml", "demo_request: judge", "demo_requst: judge", 8, 9, "no event demo_requst"),
    ("content/defaults.yaml", "late: 5 days", "latte: 5 days", 6, 22, "no stage latte"),
    ("content/samples.yaml", "taps: 8}\n    inq", "taps: eight}\n    inq", 4, 21, "“eight” is none"),
    ("content/samples.yaml", "fact: {pain: late, m", "fact: {pane: late, m", 6, 12, "did you mean fact.pain?"),
    ("content/samples.yaml", "months: 2", 'months: "2,000"', 6, 32, "write digits only"),
    ("content/samples.yaml", "2026-01-31", "2026-02-31", 7, 46, "not in the calendar"),
    ("content/samples.yaml", "email: bo@inn.example", "name: Bo", 8, 22, "no field lead.name"),
    (TRACK, "owner: ines", "owner: inse", 2, 8, "no person inse"),
    (TRACK, "budget: 900 USD", "budget: lots", 6, 9, "write for example 9000 USD"),
    (TRACK, "title: Kegs on time", "title: Kegs on time\nid: kegs", 2, 1, "id is not written here"),
    (TRACK, "early: [question", "early: [qestion", 9, 11, "no file content/tracks/kegs/qestion.md"),
    (TRACK, "touches: [ring]", "touches: [ring, read]", 11, 21, "already named"),
    (TRACK, "owner: ines", "owner: ines\nthen: kegz", 3, 7, "no track kegz in content/tracks; did you mean kegs?"),
    (TRACK, "next_when: known", "next_wen: known", 12, 5, "did you mean next_when?"),
    (QUESTION, "learn: pain", "learn: pian", 3, 8, "no field pian"),
    (QUESTION, "when: not known(fact.pain)", "when: not known(fact.pian)", 4, 17, "no field fact.pian"),
    (QUESTION, "answer:pain=late", "answer:pain=lat", 8, 17, "it can be late, warm"),
    (QUESTION, "answer:pain)", "answer:pian)", 10, 17, "no field pian"),
    (QUESTION, "learn: pain", "lern: pain", 3, 1, "did you mean learn?"),
    (QUESTION, "learn: pain", "expires: 31.3.2027", 3, 10, "like 2027-03-31"),
    ("content/tracks/kegs/read.md", "asset:story", "asset:storey", 4, 17, "no asset storey"),
    ("content/tracks/kegs/ring.md", "channel: call", "channel: fax", 2, 10, "Write email, call, task."),
]  # fmt: skip


@pytest.mark.parametrize(("path", "old", "new", "line", "column", "words"), MISTAKES)
def test_a_mistake_is_named_where_it_stands(path: str, old: str, new: str, line: int, column: int, words: str) -> None:
    found = [problem for problem in load(edited(path, old, new)).problems if words in problem.sentence]
    assert [(p.path, p.line, p.column, p.severity) for p in found] == [(path, line, column, "error")]
    with pytest.raises(FilesError):
        compile_release(edited(path, old, new))


def test_one_mistake_gives_one_problem() -> None:
    said = {new: [p.sentence for p in load(edited(path, old, new)).errors] for path, old, new, *_ in MISTAKES}
    # Where a name is changed that others use, they are right to complain too.
    renamed = {"fakt.since:", "  bed_timing: {", "name: Bo", "fact.months <= three"}
    assert {new: problems for new, problems in said.items() if len(problems) != 1 and new not in renamed} == {}


def test_all_problems_of_all_files_come_at_once() -> None:
    files = dict(FILES)
    for path, old, new in (
        (DEFINITION, "fact: pain", "fact: pian"),
        (TRACK, "owner: ines", "owner: inse"),
        (QUESTION, "answer:pain=late", "answer:pain=lat"),
        ("lead_defs/routing.yaml", "manager: tom", "manager: tom\nmanager: tom"),
    ):
        files[path] = files[path].replace(old, new)
    with pytest.raises(FilesError) as error:
        compile_release(files)
    assert [problem.path for problem in error.value.problems] == sorted(
        [DEFINITION, TRACK, QUESTION, "lead_defs/routing.yaml"]
    )
    assert error.value.status == 422


def test_a_broken_file_is_not_blamed_on_those_that_read_it() -> None:
    for path in ("lead_defs/fields.yaml", "lead_defs/events.yaml", "lead_defs/people.yaml", QUESTION, DEFINITION):
        problem = only({**FILES, path: "a: [never closed"})
        assert problem.path == path


def test_a_track_without_its_form_lacks_one_thing() -> None:
    form = "goal: 40 sales_accepted by 2027-03-31\nmessage: Kegs can be on time.\n"
    problem = only(edited(TRACK, form, ""))
    assert "lacks its campaign form: goal, message" in problem.sentence


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_missing_file_is_an_error_or_not_needed(path: str) -> None:
    loaded = load({name: text for name, text in FILES.items() if name != path})
    assert loaded.release is None or path == PROFILE
    assert all("Traceback" not in problem.sentence for problem in loaded.problems)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lead_defs/fealds.yaml", "did you mean lead_defs/fields.yaml?"),
        ("content/tracks/kegs/Über uns.md", "is no id"),
        ("content/tracks/KEGS/track.yaml", "is no id"),
        ("content/tracks/kegs/deep/er.md", "Nothing reads this file"),
        ("content/tracks/track.yaml", "Nothing reads this file"),
        ("../content/defaults.yaml", "Nothing reads this file"),
        ("", "Nothing reads this file"),
    ],
)
def test_a_file_that_nothing_reads_is_an_error(path: str, words: str) -> None:
    assert words in only({**FILES, path: "a: b"}).sentence


def test_a_read_me_is_nobodys_business() -> None:
    assert load({**FILES, "content/tracks/README.md": "# Hello"}).problems == ()


def test_a_touch_nobody_names_is_a_warning() -> None:
    loaded = load({**FILES, "content/tracks/kegs/extra.md": FILES["content/tracks/kegs/read.md"]})
    assert [(p.path, p.severity) for p in loaded.problems] == [("content/tracks/kegs/extra.md", "warning")]
    assert loaded.release is not None


def test_a_touch_of_two_tracks_is_an_error() -> None:
    again = {path.replace("kegs", "malt"): text for path, text in FILES.items() if "kegs" in path}
    sentences = [p.sentence for p in load({**FILES, **again}).problems]
    assert sentences == [f"The track kegs has a touch {t} too; rename this one." for t in ("question", "read", "ring")]


def test_the_hash_is_of_paths_and_texts_however_lines_end() -> None:
    assert release_hash(FILES) == release_hash(dict(reversed(FILES.items())))
    assert release_hash(FILES) == release_hash({p: "\ufeff" + t.replace("\n", "\r\n") for p, t in FILES.items()})
    assert release_hash(FILES) != release_hash(edited(TRACK, "Pubs", "pubs"))
    assert release_hash({"a": "bc"}) != release_hash({"ab": "c"})


def test_compiling_in_many_threads_gives_equal_releases() -> None:
    with ThreadPoolExecutor(8) as pool:
        releases = list(pool.map(lambda _: compile_release(FILES), range(16)))
    sample = releases[0].samples["complete"]
    steps = {
        decide(facts_of(sample, release, NOW), replace(release, approved=frozenset({"kegs"})), NOW).id
        for release in releases
    }
    assert len(steps) == 1
    assert len({release.hash for release in releases}) == 1


def test_a_signature_is_asked_again_only_for_what_it_signs() -> None:
    before = compile_release(FILES).form_hashes
    assert set(before) == {"definition", "track:kegs"}

    def changed(path: str, old: str, new: str) -> set[str]:
        after = compile_release(edited(path, old, new)).form_hashes
        return {subject for subject in before if before[subject] != after[subject]}

    assert changed(TRACK, "audience: Pubs", "audience: Bars") == {"track:kegs"}
    assert changed(TRACK, "title: Kegs on time", "title: Kegs") == set()
    assert changed(TRACK, "early: [question, read]", "early: [read, question]") == set()
    assert changed(TRACK, "owner: ines", "owner: ines\nsender: tom") == {"track:kegs"}
    assert changed(DEFINITION, "<= 3", "<= 4") == {"definition"}
    assert changed(DEFINITION, "every 6 months", "every year") == set()
    assert changed(DEFINITION, "  - {lead: thirsty, expect: not ready}\n", "") == set()
    rules = FILES[DEFINITION].split("ready_when:\n")[1].split("hold_back")[0]
    first, second = rules.splitlines()
    assert changed(DEFINITION, rules, f"{second}\n{first}\n") == {"definition"}
    assert changed(DEFINITION, "title: Ready for sales\n", "# hello\ntitle: Ready for sales\n") == set()


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def test_a_folder_is_read_sorted_and_whole(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "content/README.md": "x", "content/picture.png": "x", "content/.a.yaml": "x"})
    read = read_folder(tmp_path)
    assert read == FILES
    assert list(read) == sorted(FILES)


def test_a_hidden_folder_above_does_not_hide_the_files(tmp_path: Path) -> None:
    write(tmp_path / ".home", FILES)
    assert read_folder(tmp_path / ".home") == FILES


def test_what_cannot_be_read_is_a_problem_with_its_cure(tmp_path: Path) -> None:
    write(tmp_path / "in", {"lead_defs/a.yaml": "a: b"})
    write(tmp_path, {"outside.yaml": "secret: x"})
    (tmp_path / "in/lead_defs/latin.yaml").write_bytes("a: Ä".encode("latin-1"))
    (tmp_path / "in/lead_defs/huge.yaml").write_bytes(b"#" * 1_000_001)
    (tmp_path / "in/lead_defs/out.yaml").symlink_to(tmp_path / "outside.yaml")
    (tmp_path / "in/lead_defs/gone.yaml").symlink_to(tmp_path / "in/nowhere.yaml")
    (tmp_path / "in/lead_defs/loop.yaml").symlink_to(tmp_path / "in/lead_defs/loop.yaml")
    os.mkfifo(tmp_path / "in/lead_defs/pipe.yaml")
    with pytest.raises(FilesError) as error:
        read_folder(tmp_path / "in")
    said = {problem.path.split("/")[-1]: problem.sentence for problem in error.value.problems}
    assert set(said) == {"latin.yaml", "huge.yaml", "out.yaml", "gone.yaml", "loop.yaml", "pipe.yaml"}
    assert "leads out of the folder" in said["out.yaml"]
    assert "UTF-8" in said["latin.yaml"]


def test_an_empty_folder_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FilesError, match="lead_defs and content"):
        read_folder(tmp_path)
