"""The JSON schemas of our files: what an editor underlines is what `check` refuses, as far as one file can tell."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import cli
from authoring.check import check
from authoring.documents import parse, parse_touch
from authoring.explained import EXPLAINED
from authoring.load import read_folder
from authoring.schema_files import FILES, models_in, schema_files, spoken, written_fields
from domain.phrases import Hours, parse_hours, parse_span
from tests.unit.authoring import small

ROOT = Path(__file__).resolve().parents[3]
SHIPPED = read_folder(ROOT)
SCHEMAS: dict[str, Any] = {name.partition(".")[0]: json.loads(text) for name, text in schema_files().items()}
TYPES: dict[str, Any] = {
    "string": str,
    "object": dict,
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}
Json = Any  # Any: JSON


def complaints(value: Json, schema: Json, root: Json, at: str = "") -> Iterator[str]:
    """As much of JSON Schema as ours use; what is not known here fails the test that uses it."""
    known = {"$schema", "$defs", "$ref", "type", "properties", "required", "additionalProperties", "patternProperties"}
    known |= {"enum", "const", "pattern", "items", "anyOf", "default", "description", "minItems", "format"}
    known |= {"minLength", "maxLength", "propertyNames"}
    assert schema.keys() <= known | {"minimum", "maximum", "exclusiveMinimum"}, schema.keys() - known
    if "$ref" in schema:
        yield from complaints(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, at)
    if "anyOf" in schema and all(list(complaints(value, option, root, at)) for option in schema["anyOf"]):
        yield f"{at} is none of those possible"
    kind = TYPES.get(schema.get("type", ""), object)
    if not isinstance(value, kind) or (isinstance(value, bool) and kind not in (bool, object)):
        yield f"{at} is no {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}"
    if "pattern" in schema and not re.search(schema["pattern"], str(value)):
        yield f"{at} does not look like {schema['pattern']}"
    if isinstance(value, int | float) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        yield f"{at} is out of bounds"
    if isinstance(value, int | float) and value <= schema.get("exclusiveMinimum", value - 1):
        yield f"{at} is not above {schema['exclusiveMinimum']}"
    if isinstance(value, str) and not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{at} is too short or too long"
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield from complaints(each, schema.get("items", {}), root, f"{at}/{number}")
    if isinstance(value, dict):
        yield from in_mapping(value, schema, root, at)


def in_mapping(value: Json, schema: Json, root: Json, at: str) -> Iterator[str]:
    yield from (f"{at} lacks {name}" for name in schema.get("required", ()) if name not in value)
    for name, each in value.items():
        yield from complaints(name, schema.get("propertyNames", {}), root, f"{at}/{name}")
        patterns = (inner for pattern, inner in schema.get("patternProperties", {}).items() if re.search(pattern, name))
        inner = schema.get("properties", {}).get(name) or next(patterns, schema.get("additionalProperties", {}))
        if inner is False:
            yield f"{at} has no {name}"
        elif isinstance(inner, dict):
            yield from complaints(each, inner, root, f"{at}/{name}")


def wrong_in(path: str, text: str) -> list[str]:
    name = next(name for name, (_, pattern) in FILES.items() if fnmatchcase(path, pattern))
    data = (parse_touch if path.endswith(".md") else parse)(path, text).data
    assert isinstance(data, dict)
    data.pop("body", None)
    return list(complaints(data, SCHEMAS[name], SCHEMAS[name]))


def test_the_schemas_are_those_of_the_models() -> None:
    written = {path.name: path.read_text() for path in (ROOT / "authoring/schemas").iterdir()}
    assert written == schema_files(), "run: nurture schemas --out authoring/schemas"


@pytest.mark.parametrize("path", sorted(SHIPPED))
def test_the_shipped_files_fit(path: str) -> None:
    assert wrong_in(path, SHIPPED[path]) == []


WRONG = [
    (small.TRACK, "owner: ines", "onwer: ines"),
    (small.TRACK, "900 USD", "lots"),
    (small.TRACK, "40 sales_accepted by 2027-03-31", "40 by March"),
    (small.TRACK, "    touches: [ring]", "    touchs: [ring]"),
    (small.TRACK, "early: [question, read]", "early: question"),
    (small.QUESTION, "learn: pain", "lern: pain"),
    (small.QUESTION, "learn: pain", "channel: fax"),
    (small.QUESTION, "learn: pain", "wait: 3 dyas"),
    (small.QUESTION, "learn: pain", "outcomes: {talked: enraged}"),
    (small.QUESTION, "learn: pain", "repeatable: often"),
    (small.DEFINITION, "    fact: pain\n", ""),
    (small.DEFINITION, "every 6 months", "now and then"),
    (small.DEFINITION, "ready definition", "redy definition"),
    (small.PROFILE, "100 if", "many if"),
    ("lead_defs/fields.yaml", "fact.since: {type: date}", "fakt.since: {type: date}"),
    ("lead_defs/service-levels.yaml", "4 business hours, normal: 1", "4 office hours, normal: 1"),
    ("lead_defs/recycling.yaml", "3 in 24 months", "3"),
    ("content/defaults.yaml", "2 per 7 days", "2 a week"),
    ("content/defaults.yaml", "Tue-Thu 08:30-11:30", "mornings"),
    ("content/assets.yaml", "https://brew.example/story", "http://brew.example/story"),
]


@pytest.mark.parametrize(("path", "old", "new"), WRONG)
def test_an_editor_underlines_what_check_refuses(path: str, old: str, new: str) -> None:
    files = small.edited(path, old, new)
    assert wrong_in(path, small.FILES[path]) == []
    assert wrong_in(path, files[path])
    assert any(p.severity == "error" and p.path == path for p in check(files, date(2026, 11, 23)))


def test_every_key_is_explained() -> None:
    every = {each for model, _ in FILES.values() for each in models_in(model)}
    keys = {
        (
            next(
                (base for base in (m.__name__ for m in each.__mro__) if key in EXPLAINED.get(base, {})), each.__name__
            ),
            key,
        )
        for each in every
        for key in written_fields(each)
    }
    explained = {(model, key) for model, each in EXPLAINED.items() for key in each}
    assert keys - explained == set(), "explain these in authoring/explained.py"
    assert explained - keys == set(), "these are gone; take them out of authoring/explained.py"
    assert all(sentence.endswith(".") for each in EXPLAINED.values() for sentence in each.values())


@pytest.mark.parametrize("phrase", ["7 days", "1 day", "4 business hours", "2 business days", "90 minutes", "36 hours"])
def test_a_default_is_shown_as_it_would_be_written(phrase: str) -> None:
    assert spoken(parse_span(phrase)) == phrase


def test_the_defaults_of_other_kinds() -> None:
    hours: Hours = parse_hours("Mon-Fri 09:00-17:00")
    assert spoken(hours) == "Mon-Fri 09:00-17:00"
    assert spoken(timedelta(days=180)) == "180 days"
    assert (spoken(False), spoken(""), spoken(None), spoken({})) == (False, None, None, None)


def test_an_editor_is_told_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["schemas"]) == 0
    settings = json.loads((tmp_path / ".vscode/settings.json").read_text())
    for schema in settings["yaml.schemas"]:
        assert (tmp_path / schema).is_file()
    assert settings["yaml.schemas"]["./.vscode/nurture/track.schema.json"] == "content/tracks/*/track.yaml"


def test_settings_of_ones_own_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode/settings.json").write_text("{}")
    assert cli.run(["schemas", "--out", "s"]) == 0
    assert (tmp_path / ".vscode/settings.json").read_text() == "{}"
    assert "./s/track.schema.json" in json.loads(capsys.readouterr().out)["yaml.schemas"]
