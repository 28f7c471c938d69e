"""docs/authoring/reference.md, made from the models: `python -m commands.reference_page` writes it anew."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from authoring.explained import FILTERS, FUNCTIONS, PHRASES, WORDS
from authoring.load import compile_release, read_folder
from authoring.schema_files import FILES, models_in, schema_of, spoken
from commands.templates import ALWAYS_KNOWN, SENDER
from domain import definition, phrases
from domain.definition import GRADES
from mail.values import ROOTS

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "authoring" / "reference.md"
Schema = dict[str, Any]  # Any: JSON
HEAD = """# Reference

Every key, phrase, function and event of the files. Made from the models by `python -m commands.reference_page`; a
test compares them. Editors show the same: see [editors](recipes.md#an-editor-that-completes-and-underlines). A key in
**bold** must be written.

- [Files](#files) · [Phrases](#phrases) · [Conditions](#conditions) · [Words of a mail](#words-of-a-mail) ·
  [Events](#events)
- A name - of a person, an event, a touch, an asset, a field - must exist; `nurture check` names the nearest one.
- Something nobody has told us is *unknown*. In a criterion it means *ask*; in `enrol`, `when`, `next_when` *not
  now*; in `never` and `hold_back_when` it does not apply.
"""


def page() -> str:
    return "\n".join([HEAD, "## Files", *_files(), *_phrases(), *_conditions(), *_mail(), *_events(), ""])


def _files() -> Iterator[str]:
    told: set[type[BaseModel]] = set()
    for name, (model, path) in FILES.items():
        schema = schema_of(model)
        yield f"\n### {name}\n\n`{path}`{_said(model, ' - ')}\n"
        yield from _table(schema, schema)
        for part in models_in(model)[1:]:
            found = schema.get("$defs", {}).get(part.__name__)
            if found and part not in told:
                told.add(part)
                yield f"\n#### {part.__name__}\n{_said(part, chr(10))}"
                yield from _table(_mapping(found), schema)


def _said(model: type[BaseModel], before: str) -> str:
    words = " ".join((model.__doc__ or "").split())
    return f"{before}{words}" if words else ""


def _mapping(schema: Schema) -> Schema:
    """Of a part that may also be written as a list, the long form."""
    return next((each for each in schema.get("anyOf", ()) if "properties" in each), schema)


def _table(part: Schema, root: Schema) -> Iterator[str]:
    yield "| key | holds | if left out | means |\n|---|---|---|---|"
    for key, each in part["properties"].items():
        name = f"**`{key}`**" if key in part.get("required", ()) else f"`{key}`"
        default = f"`{_shown(each['default'])}`" if "default" in each else ""
        yield f"| {name} | {_kind(each, root)} | {default} | {_cell(each['description'])} |"


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _kind(schema: Schema, root: Schema) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})" if "properties" in _mapping(root["$defs"][name]) else "text"
    if "enum" in schema:
        return ", ".join(f"`{each}`" for each in schema["enum"])
    if "anyOf" in schema:
        first = schema["anyOf"][0]  # a phrase that is written as a mapping too
        return _kind(first, root) if "pattern" in first else " or ".join(_kind(each, root) for each in schema["anyOf"])
    if name := _patterns().get(schema.get("pattern", "")):
        return f"[{name}](#phrases)"
    return _plain_kind(schema, root)


def _plain_kind(schema: Schema, root: Schema) -> str:
    match schema.get("type"):
        case "array":
            return f"list of: {_kind(schema['items'], root)}"
        case "object":
            inner = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
            return f"names, each with: {_kind(inner, root)}" if isinstance(inner, dict) else "fields and values"
        case "boolean":
            return "`true` or `false`"
        case "integer":
            return "whole number"
        case "number":
            return "number"
        case _:
            return "[condition](#conditions)" if schema.get("format") == "condition" else "text"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _phrases() -> Iterator[str]:
    yield "\n## Phrases\n\nOne way to write each, and no freer.\n\n| phrase | written |\n|---|---|"
    for name, examples in PHRASES.values():
        yield f"| {name} | {', '.join(f'`{example}`' for example in examples)} |"
    yield "\nA month is 30 days, a year 365. Business time is counted in somebody's working hours."


def _conditions() -> Iterator[str]:
    yield (
        "\n## Conditions\n\nNames are those of `lead_defs/fields.yaml` (`company.dock_doors`). Lists are read as"
        f" `lists.competitors`,\nfit as `grade.fit` ({', '.join(GRADES)}), engagement as `grade.engagement` (1 is the"
        " most engaged, 4 the least).\nIn `ready_when` a criterion is a yes or no of its own name. Personal fields can"
        " greet, never decide.\n"
    )
    yield "| written | means |\n|---|---|"
    for sign, sentence in WORDS.items():
        yield f"| `{sign}` | {_cell(sentence)} |"
    for example, sentence in FUNCTIONS.values():
        yield f"| `{example}` | {_cell(sentence)} |"


def _mail() -> Iterator[str]:
    yield (
        '\n## Words of a mail\n\nMarkdown, and values in double braces: `{{ lead.first_name or "there" }}`. What may be'
        " unknown needs a fallback. No loops, no calls, no HTML. A call's script is written the same way.\n"
    )
    yield "| written | means |\n|---|---|"
    yield f"| `{{{{ x.y }}}}` | a field of {', '.join(f'`{root}`' for root in ROOTS)} |"
    yield f"| `sender.` | {', '.join(f'`{name}`' for name in SENDER)}; always known: {_listed(sorted(ALWAYS_KNOWN))} |"
    yield '| `{{ x.y or "..." }}` | the value, or these words where it is unknown |'
    yield "| `{% if x.y %} ... {% elif x.z %} ... {% else %} ... {% endif %}` | words for some, in one paragraph |"
    for name, sentence in FILTERS.items():
        example = '("...")' if name == "default" else ""
        yield f"| `{{{{ x.y \\| {name}{example} }}}}` | {sentence} |"
    yield "| `[words](https://...)` | a link; clicks are counted |"
    yield "| `[words](asset:ID)` | a piece of `content/assets.yaml`; nobody gets the same one twice |"
    yield "| `[words](answer:FACT=VALUE)` | an answer: a page shows it chosen, one button sends it |"
    yield "| `[words](answer:FACT)` | the same, for own words |"
    yield "| `[words](mailto:...)` | a mail to somebody; not counted |"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _events() -> Iterator[str]:
    release = compile_release(read_folder(ROOT))
    yield "\n## Events\n\nThose of the files that come with it; yours stand in `lead_defs/events.yaml`.\n"
    yield "| event | is | points | half-life | asks for us |\n|---|---|---|---|---|"
    for name, event in release.events.items():
        points = f"{event.points:g}" if event.human else "never counted"
        yield f"| `{name}` | {event.say} | {points} | {spoken(event.half_life)} | {'yes' if event.hand_raise else ''} |"


@cache
def _patterns() -> dict[str, str]:
    """The pattern of a phrase, as it stands in a schema, to its name."""
    found = {}
    for phrase, (name, _) in PHRASES.items():
        annotated = getattr(phrases, phrase, None) or getattr(definition, phrase)
        for each in annotated.__metadata__:
            schema = getattr(each, "json_schema", {})
            for option in (schema, *schema.get("anyOf", ())):
                if pattern := option.get("pattern"):
                    found[pattern] = name
    return found


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
