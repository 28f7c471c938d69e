"""The same touch in another language, and pictures beside it: what is read, and what is refused or warned of."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import date
from pathlib import Path

import pytest

from authoring.check import check, report
from authoring.load import FilesError, compile_release, load, read_folder, release_hash
from authoring.pictures import LARGEST
from tests.unit.authoring.small import FILES, QUESTION

GERMAN = "content/tracks/kegs/question.de.md"
PICTURE = "content/tracks/kegs/keg.png"
READ = "content/tracks/kegs/read.md"
PNG = b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 60).decode()
WORDS = """\
---
subject: {{ lead.first_name or "Hallo" }}, spät oder warm?
---
Was nun?

- [Spät](answer:pain=late)
- [Warm](answer:fact.pain=warm)
- [Anderes](answer:pain)
"""


def told(files: dict[str, str]) -> list[str]:
    return [f"{p.path}:{p.line}:{p.column}: {p.severity}: {p.sentence}" for p in load(files).problems]


def shows(name: str) -> dict[str, str]:
    return {**FILES, READ: FILES[READ] + f"\n![A cold keg]({name})\n"}


def test_a_lead_reads_its_language_or_the_base_file() -> None:
    files = {**FILES, GERMAN: WORDS}
    assert told(files) == []
    touch = compile_release(files).tracks["kegs"].touches["question"]
    for wanted in ("de", "DE", "de-AT", "de_at", " de "):
        said = touch.in_language(wanted)
        assert said.language == "de"
        assert said.body.startswith("Was nun?")
        assert said.when is touch.when
    for other in ("fr", "", None, "d", "../de", "deu"):
        assert touch.in_language(other) is touch


def test_the_nearest_of_two_is_taken() -> None:
    austrian = WORDS.replace("Was nun?", "Wos is?")
    touch = compile_release({**FILES, GERMAN: WORDS, GERMAN.replace(".de.", ".de-at."): austrian}).tracks["kegs"]
    assert touch.touches["question"].in_language("de-AT").body.startswith("Wos is?")
    assert touch.touches["question"].in_language("de-CH").body.startswith("Was nun?")


def test_a_variant_may_be_called_like_a_language_and_need_not_say_everything() -> None:
    shares = FILES[QUESTION].replace("---\n", "---\nvariants: {en: 50, de: 50}\n", 1)
    french = WORDS.replace("Was nun?", "Et alors ?")
    files = {**FILES, QUESTION: shares, GERMAN: "---\n---\nAnd now?\n", GERMAN.replace(".de.", ".fr."): french}
    assert told(files) == []
    touch = compile_release(files).tracks["kegs"].touches["question"]
    assert set(touch.languages) == {"fr"}
    assert touch.in_language("de") is touch
    assert touch.version("de").body.startswith("And now?")
    assert touch.version("de").in_language("fr").body.startswith("Et alors ?")
    named_first = {**files, QUESTION: shares.replace("en: 50, de: 50", "de: 50, b: 50"), GERMAN: WORDS}
    named_first[GERMAN.replace(".de.", ".b.")] = "---\n---\nAnd now?\n"
    assert compile_release(named_first).tracks["kegs"].touches["question"].in_language("de").body.startswith("Was nun?")


def test_a_base_file_that_cannot_be_read_is_one_problem() -> None:
    (problem,) = told({**FILES, QUESTION: "---\nsubject: [\n---\n", GERMAN: WORDS})
    assert problem.startswith(f"{QUESTION}:")


def test_a_translation_is_no_touch_of_its_own() -> None:
    assert list(compile_release({**FILES, GERMAN: WORDS}).tracks["kegs"].touches) == ["question", "read", "ring"]


NO_SUCH = GERMAN.replace("question", "questoin")
VALUES = "warning: The values differ from the base file: lead.first_name only there; company.taps only here"

# Each: the file, what is written in it instead of what, what is said about it.
MISTAKES = [
    (GERMAN, "subject:", "subjekt:", f"{GERMAN}:2:1: error: There is no setting subjekt here"),
    (GERMAN, "\n---\nWas", "\nwhen: known(fact.pain)\n---\nWas", "error: There is no setting when here"),
    (GERMAN, 'subject: {{ lead.first_name or "Hallo" }}, spät oder warm?', "", "The base file has a subject; write it"),
    (GERMAN, "\n---\nWas", "\ntitle: Frage\n---\nWas", "error: The base file has no title"),
    (GERMAN, "pain=warm", "pain=warn", "warn"),
    (GERMAN, "- [Anderes](answer:pain)\n", "", "warning: The links differ from the base file: answer:pain only there"),
    (GERMAN, "lead.first_name", "company.taps", VALUES),
    (NO_SUCH, "", "", "error: There is no questoin.md, which this file says otherwise"),
    (
        GERMAN.replace(".de.", ".german."),
        "",
        "",
        "“german” is no language, and question.md names no variant german: name another language's file like"
        " question.de.md",
    ),
    (GERMAN.replace(".de.", ".german!."), "", "", "“german!” is no id; name files"),
    (GERMAN.replace(".de.", ".de.at."), "", "", "“de.at” is no id; name files"),
    (QUESTION, "learn: pain", "learn: pain\nlanguages: {}", "error: languages is not written here"),
    (QUESTION, "learn: pain", "learn: pain\nlanguage: de", "error: language is not written here"),
]


@pytest.mark.parametrize(("path", "old", "new", "says"), MISTAKES, ids=[says[:60] for *_, says in MISTAKES])
def test_what_is_wrong_with_a_translation(path: str, old: str, new: str, says: str) -> None:
    files = {**FILES, path: (FILES.get(path) or WORDS).replace(old, new)}
    assert any(says in line for line in told(files)), told(files)


def test_a_question_in_another_language_must_translate_options_there_are() -> None:
    path = "lead_defs/fields.yaml"
    old = "options: {late: It comes late, warm: It comes warm}"
    for options, is_fine in (("late: Zu spät", True), ("cold: Zu kalt", False)):
        more = f"{old}\n    languages: {{de: {{ask: Was nun?, options: {{{options}}}}}}}"
        found = load({**FILES, path: FILES[path].replace(old, more)})
        assert (found.release is not None) is is_fine, found.problems
        if found.release:
            asked = found.release.fields["fact.pain"].in_language("de-AT")
            assert asked.ask == "Was nun?"
            assert asked.options == {"late": "Zu spät", "warm": "It comes warm"}


def test_a_picture_is_part_of_the_release() -> None:
    files = {**shows("keg.png"), PICTURE: PNG}
    assert told(files) == []
    release = compile_release(files)
    assert release.pictures_of(release.tracks["kegs"]) == {"keg.png": PNG}
    other = b64encode(b"\x89PNG\r\n\x1a\n" + b"\1" * 60).decode()
    assert release_hash(files) != release_hash({**files, PICTURE: other})


def test_a_picture_is_read_from_the_folder_as_it_is(tmp_path: Path) -> None:
    for path, text in shows("keg.png").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    (tmp_path / PICTURE).write_bytes(b64decode(PNG))
    assert read_folder(tmp_path)[PICTURE] == PNG
    (tmp_path / PICTURE).unlink()
    (tmp_path / PICTURE).symlink_to("/etc/hostname")
    with pytest.raises(FilesError, match="leads out of the folder"):
        read_folder(tmp_path)


def test_pictures_that_are_missing_or_wrong() -> None:
    beside = {PICTURE: PNG}
    (missing,) = told({**shows("kegs.png"), **beside})
    assert missing == f"{READ}:6:15: error: There is no picture kegs.png beside this touch; did you mean keg.png?"
    assert (
        "This is no PNG picture" in told({**shows("keg.png"), PICTURE: b64encode(b"<svg onload=alert(1)>").decode()})[0]
    )
    assert "This is no PNG picture" in told({**shows("keg.png"), PICTURE: "no base64 at all!"})[0]
    large = b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * LARGEST).decode()
    assert "This picture has 300 kB; make it smaller" in told({**shows("keg.png"), PICTURE: large})[0]
    assert "cannot be named in a mail" in told({**FILES, PICTURE.replace("keg", "Keg Photo"): PNG})[0]
    assert "Nothing reads this file" in told({**FILES, PICTURE.replace("png", "svg"): "<svg/>"})[0]


def test_too_many_pictures_in_one_mail() -> None:
    names = [f"keg{number}.png" for number in range(4)]
    content = b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * (LARGEST - 100)).decode()
    body = "".join(f"\n![A keg]({name})\n" for name in [names[0], *names])
    files = {**FILES, READ: FILES[READ] + body, **{PICTURE.replace("keg.png", name): content for name in names}}
    (problem,) = told(files)
    assert f"{READ}:12:10: error: The pictures up to here have 899 kB together; 800 kB at most." == problem


def test_a_wrong_picture_is_told_without_its_content() -> None:
    files = {**shows("keg.png"), PICTURE: b64encode(b"GIF89a" * 20).decode()}
    shown = report(check(files, date(2027, 1, 4)), files)
    assert shown.count("\n") == 0
    assert shown.startswith(f"{PICTURE}:1:1: This is no PNG picture")
