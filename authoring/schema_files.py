"""JSON schemas of our files, made from the models, so that an editor completes, explains and underlines.

What needs other files - whether a person, an event, a touch exists - only `nurture check` can say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from authoring.explained import explained
from authoring.models import MODELS
from authoring.sentences import NOT_WRITTEN
from domain.definition import Criterion, Profile
from domain.hooks import Endpoint, Hook
from domain.phrases import DAYS, Hours, Pace, Span
from domain.track import Stage, Touch, Track

Schema = dict[str, Any]  # Any: JSON
DIALECT: Final = "http://json-schema.org/draft-07/schema#"
FILES: Final[dict[str, tuple[type[BaseModel], str]]] = {
    **{path.split("/")[-1].removesuffix(".yaml"): (model, path) for path, model in MODELS.items()},
    "profile": (Profile, "lead_defs/profiles/*.yaml"),
    "track": (Track, "content/tracks/*/track.yaml"),
    "touch": (Touch, "content/tracks/*/*.md"),
    "endpoint": (Endpoint, "lead_defs/endpoints/*.yaml"),
    "hook": (Hook, "lead_defs/hooks/*.yaml"),
}
"""Name of a schema to its model, and the files it is for; of a touch it describes what stands between the ---."""


def schema_files() -> dict[str, str]:
    """File name to JSON."""
    return {
        f"{name}.schema.json": json.dumps(schema_of(model), indent=2, ensure_ascii=False) + "\n"
        for name, (model, _) in FILES.items()
    }


def editor_settings(folder: str) -> str:
    """For .vscode/settings.json, with the schemas in a folder as seen from the workspace."""
    files = {f"./{folder}/{name}.schema.json": path for name, (_, path) in FILES.items() if path.endswith(".yaml")}
    return json.dumps({"yaml.schemas": files}, indent=2) + "\n"


def schema_of(model: type[BaseModel]) -> Schema:
    schema: Schema = model.model_json_schema(by_alias=True)
    definitions: Schema = schema.pop("$defs", {})
    if "$ref" in schema:  # a model that holds itself
        schema = dict(definitions[model.__name__])
    for each in models_in(model):
        part = schema if each is model else definitions.get(each.__name__)
        if part is not None:
            _finish(each, part)
    if Stage.__name__ in definitions:
        names = {"type": "array", "items": {"type": "string"}, "description": explained(Stage, "touches")}
        definitions[Stage.__name__] = {"anyOf": [names, definitions[Stage.__name__]]}
    if used := _used(schema, definitions):
        schema = {"$defs": {name: definitions[name] for name in sorted(used)}, **schema}
    return {"$schema": DIALECT, **_plain(schema)}


def _used(schema: Schema, definitions: Schema) -> set[str]:
    found: set[str] = set()
    to_read = [schema]
    while to_read:
        names = set(re.findall(r'"#/\$defs/([^"]+)"', json.dumps(to_read.pop()))) - found
        found |= names
        to_read += [definitions[name] for name in names]
    return found


def models_in(model: type[BaseModel]) -> list[type[BaseModel]]:
    """The model and all it is made of, each once, in the order of reading."""
    found = [model]
    for each in found:  # grows while it is read
        for field in written_fields(each).values():
            found += [inner for inner in dict.fromkeys(_models(field.annotation)) if inner not in found]
    return found


def written_fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """The keys that somebody writes, by the name they are written with."""
    hidden = NOT_WRITTEN.get(model, frozenset())
    return {field.alias or name: field for name, field in model.model_fields.items() if name not in hidden}


def spoken(value: object) -> object:
    """A default as it would be written; None for what nobody would write out."""
    match value:
        case timedelta():
            return _length(int(value.total_seconds()) // 60, "")
        case Span(amount, Pace.BUSINESS_DAYS):
            return f"{amount} business day{'s' * (amount != 1)}"
        case Span(amount, pace):
            return _length(amount, "business " if pace is Pace.BUSINESS else "")
        case Hours(weekdays, opens, closes):
            days = [DAYS[day] for day in sorted(weekdays)]
            return f"{days[0]}-{days[-1]} {opens:%H:%M}-{closes:%H:%M}"
        case bool() | int() | float() | str() if value != "":
            return value
        case _:
            return None


def _length(minutes: int, pace: str) -> str:
    sizes = {"minute": 1, "hour": 60} if pace else {"minute": 1, "hour": 60, "day": 1440}
    unit, size = next((u, s) for u, s in reversed(sizes.items()) if minutes % s == 0)
    return f"{minutes // size} {pace}{unit}{'s' * (minutes // size != 1)}"


def _finish(model: type[BaseModel], part: Schema) -> None:
    """What pydantic cannot know: which keys the loader fills in, what they mean, how a default is written."""
    properties = part["properties"]
    for name in NOT_WRITTEN.get(model, ()):
        properties.pop(name)
    for name, field in written_fields(model).items():
        written = properties[name]
        written.pop("default", None)
        if (default := spoken(field.default)) is not None and not field.is_required():
            written["default"] = default
        written["description"] = explained(model, name) or ""
    required = [name for name in part.get("required", ()) if name in properties]
    if model is Criterion:
        required.remove("when")
        part["anyOf"] = [{"required": ["when"]}, {"required": ["fact"]}]
    part["required"] = required
    if not required:
        del part["required"]


def _plain(value: Any) -> Any:  # Any: JSON
    """Without pydantic's titles and without null: a key with nothing after it is an error in our files."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if not isinstance(value, dict):
        return value
    options = [each for each in value.get("anyOf", ()) if each != {"type": "null"}]
    if len(options) == 1 and "properties" not in value:
        value = {**options[0], **{key: each for key, each in value.items() if key != "anyOf"}}
    plain = {key: _plain(each) for key, each in value.items() if not (key == "title" and isinstance(each, str))}
    if "patternProperties" in plain:
        plain["additionalProperties"] = False
    return plain


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # Any: annotations have no common type
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)
