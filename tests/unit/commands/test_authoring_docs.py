"""The pages for marketers do what they say: their commands are run, their pieces checked, the reference compared."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path

import pytest

import cli
from authoring.check import check
from authoring.condition_rewriting import FUNCTIONS as CALLS
from authoring.condition_rewriting import METHODS
from authoring.conditions import Compiler
from authoring.explained import FILTERS, FUNCTIONS, PHRASES
from authoring.load import read_folder
from authoring.problems import Problem
from commands.reference_page import PAGE, page
from commands.templates import checker
from domain import definition, phrases
from domain.conditions import FieldKind
from mail.expressions import environment

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs" / "authoring"
BLOCK = re.compile(r"<!-- (?P<marker>[^>]*?) -->\n```(?P<kind>\w*)\n(?P<text>.*?)```\n", re.DOTALL)
TOP_KEY = re.compile(r"(?m)^(?=[a-z_]+:)")
TODAY = date(2026, 11, 23)
TRACK, DEFINITION = "content/tracks/dock-waiting/track.yaml", "lead_defs/sales-ready.yaml"
HOMES = {"track": TRACK, "definition": DEFINITION, "profile": "lead_defs/profiles/harborline-dock.yaml"}


def blocks(name: str) -> list[tuple[str, str]]:
    """Marker and text, in the order of the page."""
    return [(found["marker"], found["text"]) for found in BLOCK.finditer((DOCS / name).read_text())]


def commands(block: str) -> Iterator[list[str]]:
    for line in block.replace("\\\n", " ").splitlines():
        yield from (shlex.split(part) for part in line.split(" && "))


def run(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    match words:
        case ["mkdir", folder]:
            Path(folder).mkdir()
        case ["cd", folder]:
            monkeypatch.chdir(folder)
        case ["nurture", *rest]:
            assert cli.run(rest) == 0, rest
        case _:
            raise AssertionError(f"the page has a command that no test can run: {words}")


def test_the_first_track_as_it_stands_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("NURTURE_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    track, mail = Path("content/tracks/welcome/track.yaml"), Path("content/tracks/welcome/which-one.md")
    for marker, text in blocks("first-track.md"):
        match marker.removeprefix("tested").removeprefix(": "):
            case "":
                for words in commands(text):
                    run(words, monkeypatch)
            case "accept":
                assert "8 to 12" in capsys.readouterr().out
                track.write_text(track.read_text().replace("stages:\n", text))
            case "mistakes":
                assert "nothing wrong" in capsys.readouterr().out.splitlines()[-3]
                wrong = mail.read_text().replace("lead.first", "lead.frist").replace("pain=time", "pian=time")
                mail.write_text(wrong)
                assert cli.run(["check"]) == 1
                assert capsys.readouterr().out.startswith(text)
            case path:
                assert Path(path).read_text() == text


def with_keys(text: str, piece: str) -> str:
    """The file with the top keys of the piece in place of its own."""
    new = [part.partition(":")[0] for part in TOP_KEY.split(piece) if part[:1].isalpha()]
    kept = [part for part in TOP_KEY.split(text) if part.partition(":")[0] not in new]
    return "".join(kept).rstrip("\n") + "\n" + piece


def problems_of(path: str, files: dict[str, str]) -> list[Problem]:
    found = check(files, TODAY, checker(files))
    return [problem for problem in found if problem.path == path or problem.severity == "error"]


@pytest.mark.parametrize(("marker", "text"), blocks("recipes.md"))
def test_a_recipe_is_right(marker: str, text: str) -> None:
    files, (kind, name) = dict(read_folder(ROOT)), marker.split(": ")
    files[TRACK] = with_keys(files[TRACK], "examples: []\n")  # lives through the track as it is without the recipe
    if kind == "touch":
        path = f"content/tracks/dock-waiting/{name}.md"
        files[path] = text
        files[TRACK] = files[TRACK].replace("decision: [", f"decision: [{name}, ")
    elif kind == "new-track":
        folder = f"content/tracks/{name}"
        path = f"{folder}/track.yaml"
        files[path] = with_keys(files[TRACK], text)
        for new, like in ((f"{name}.md", "checklist.md"), (f"{name}-call.md", "research-call.md")):
            files[f"{folder}/{new}"] = files[f"content/tracks/dock-waiting/{like}"]
    else:
        path = HOMES[kind]
        files[path] = with_keys(files[path], text)
    assert problems_of(path, files) == []


def test_every_piece_of_the_recipes_is_marked() -> None:
    text = (DOCS / "recipes.md").read_text()
    assert len(blocks("recipes.md")) == text.count("```markdown") + text.count("```yaml") - len(NO_FILES)
    assert all(piece in text for piece in NO_FILES)


NO_FILES = ("# yaml-language-server: $schema=", "- run: nurture check --format github")


def test_the_reference_is_that_of_the_models() -> None:
    assert PAGE.read_text() == page(), "run: python -m commands.reference_page"


def test_every_phrase_is_there_and_written_right() -> None:
    named = {name for name in vars(phrases) if name.endswith("Phrase")}
    assert set(PHRASES) == named | {"PointsPhrase"}
    for name, (_, examples) in PHRASES.items():
        patterns = [*found(getattr(phrases, name, None) or vars(definition)[name])]
        assert patterns
        for example in examples:
            assert any(re.search(pattern, example) for pattern in patterns), example


def found(annotated: object) -> Iterator[str]:
    for each in getattr(annotated, "__metadata__", ()):
        schema = getattr(each, "json_schema", {})
        yield from (option["pattern"] for option in (schema, *schema.get("anyOf", ())) if "pattern" in option)


@cache
def compiler() -> Compiler:
    fields = {"fact.pain": FieldKind("choice", ("a",)), "fact.renewal": FieldKind("date")}
    fields |= {"lead.title": FieldKind("text"), "company.domain": FieldKind("text")}
    return Compiler(fields, ["pricing_view"], {})


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_every_function_is_there_and_its_example_compiles(name: str) -> None:
    assert set(FUNCTIONS) == {*CALLS, *METHODS}
    example, _ = FUNCTIONS[name]
    assert name in example
    assert compiler().compile(example).text == example


def test_every_filter_is_there() -> None:
    assert set(FILTERS) == set(environment(is_html=False).filters)


@pytest.mark.parametrize("name", ["first-track.md", "afternoon.md", "recipes.md", "reference.md"])
def test_links_between_the_pages_lead_somewhere(name: str) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", (DOCS / name).read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)]*)\)", text):
        path, _, place = target.partition("#")
        page_text = (DOCS / (path or name)).read_text()
        headings = {
            re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in re.findall(r"(?m)^#+ (.*)$", page_text)
        }
        assert not place or place in headings, target
