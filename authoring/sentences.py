"""What pydantic says about a file, in a marketer's words, at the place in the file it is about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from authoring.conditions import ConditionError, ConditionProblem
from authoring.documents import Document, Loc, Place
from authoring.problems import Problem, did_you_mean, suggest
from domain.track import Touch, Track

# By the beginning of a pattern in the models: what it wants, to be read after "“x” ".
PATTERNS = {
    "^[a-z0-9][a-z0-9_-]": "is no id; use small letters, digits, - and _, at most 64 of them",
    "^[a-z][a-z0-9_]": "is no name; use small letters, digits and _, and begin with a letter",
    "^[a-z][a-z0-9_-]*$": "is no id; use small letters, digits, - and _, and begin with a letter",
    "^(lead|company|inquiry|fact)": "is no field name; write lead., company., inquiry. or fact. and a word",
    "^(ready ": "is no expectation; write ready <rule>, ask <criterion> or not ready",
    r"\S": "is empty; write something",
    "^https://": "is no address of a page; write one that begins with https:// and has no spaces",
}
WANTED = {
    "string_type": "a text; put quotes around it if it looks like something else",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "dict_type": "lines of `key: value`, indented below it",
    "model_type": "lines of `key: value`, indented below it",
    "model_attributes_type": "lines of `key: value`, indented below it",
    "list_type": "a list, such as [one, two]",
    "tuple_type": "a list, such as [one, two]",
}
# What the loader fills in: from the name of the file, the text below the settings, the files beside it.
NOT_WRITTEN: dict[type[BaseModel], frozenset[str]] = {
    Touch: frozenset({"id", "body", "assets", "languages", "language", "variant", "versions"}),
    Track: frozenset({"id", "touches"}),
}


@dataclass(frozen=True)
class Complaint:
    """One of pydantic's errors. `ctx` is what its kind of error knows: a bound, a pattern, our own exception."""

    loc: Loc
    kind: str
    given: object
    ctx: Mapping[str, Any]  # Any: as various as the kinds
    message: str


class MiswrittenError(ValueError):
    """A condition that did not compile, as pydantic wants to hear of it: as a ValueError."""

    def __init__(self, text: str, error: ConditionError) -> None:
        super().__init__(error.sentence)
        self.text = text
        self.problems: tuple[ConditionProblem, ...] = error.problems


def problems_of(document: Document, error: ValidationError, model: type[BaseModel]) -> Iterator[Problem]:
    """Everything pydantic found, each at its place."""
    complaints = [
        Complaint(each["loc"], each["type"], each["input"], each.get("ctx", {}), each["msg"])
        for each in error.errors(include_url=False)
    ]
    meant = _meant(complaints, model)
    for complaint in complaints:
        if complaint.kind == "missing" and complaint.loc in meant:
            continue  # it is there, misspelt
        cause = complaint.ctx.get("error")
        if isinstance(cause, MiswrittenError):
            yield from _condition_problems(document, complaint.loc, cause)
        else:
            yield _problem(document, complaint, model)


def at(document: Document, loc: Loc, sentence: str, *, at_key: bool = False) -> Problem:
    """An error at a value of the file, underlined as far as it can be."""
    value = value_at(document, loc)
    at_key = at_key or isinstance(value, dict)  # what is wrong with all of it is shown at its head
    place = document.where(loc, at_key=at_key)
    word = document.line_text(place.line)[place.column - 1 :]
    if at_key and loc:
        value = loc[-2] if loc[-1] == "[key]" else loc[-1]
    shown = value if isinstance(value, str) else ""
    return _problem_at(place, sentence, len(shown) if shown and word.lstrip("\"'").startswith(shown) else 1)


def value_at(document: Document, loc: Loc) -> object:
    """What is written at the loc; a `[key]` is the key itself; None where nothing is."""
    value: Any = document.data  # Any: whatever was written
    for step in loc:
        if step == "[key]":
            return loc[loc.index(step) - 1]
        has_it = isinstance(value, dict) and step in value
        if not has_it and not (isinstance(value, list) and isinstance(step, int) and step < len(value)):
            return None
        value = value[step]
    return value


def _problem(document: Document, complaint: Complaint, model: type[BaseModel]) -> Problem:
    loc, kind = complaint.loc, complaint.kind
    if kind == "missing":
        within = f" of {loc[-2]}" if len(loc) > 1 else ""
        return at(document, loc, f"The setting {loc[-1]}{within} is missing; write it.")
    if kind == "extra_forbidden":
        known = _settings(model, loc[:-1])
        meant = did_you_mean(str(loc[-1]), known)
        offered = "" if meant.endswith("?") or not known else f" There are {', '.join(known)}."
        return at(document, loc, f"There is no setting {loc[-1]} here{meant}{offered}", at_key=True)
    return at(document, loc, _sentence(complaint), at_key=loc[-1:] == ("[key]",))


def _meant(complaints: Sequence[Complaint], model: type[BaseModel]) -> set[Loc]:
    """Where the misspelt settings would be if they were spelt right."""
    unknown = [complaint.loc for complaint in complaints if complaint.kind == "extra_forbidden"]
    return {(*loc[:-1], suggest(str(loc[-1]), _settings(model, loc[:-1])) or "") for loc in unknown}


def _sentence(complaint: Complaint) -> str:
    kind, given, ctx = complaint.kind, complaint.given, complaint.ctx
    if kind == "value_error":
        if given is None:
            return "Nothing is written here; write it, or delete the line."
        sentence = str(ctx.get("error"))
        return sentence[:1].upper() + sentence[1:] + ("" if sentence.endswith((".", "?")) else ".")
    if kind in WANTED:
        return f"{_written(given)}; write {WANTED[kind]}."
    if kind == "literal_error":
        allowed = [word.strip().strip("'") for word in str(ctx["expected"]).replace(" or ", ", ").split(", ")]
        return f"“{given}” cannot stand here{did_you_mean(str(given), allowed)} Write {', '.join(allowed)}."
    if kind == "string_pattern_mismatch":
        pattern = str(ctx["pattern"])
        # The longest beginning that fits: two patterns begin alike.
        wants = max((start for start in PATTERNS if pattern.startswith(start)), key=len, default="")
        return f"“{given}” {PATTERNS.get(wants, f'does not look like {pattern}')}."
    bounds = {"greater_than_equal": ("ge", "at least"), "less_than_equal": ("le", "at most")}
    if kind in bounds:
        key, words = bounds[kind]
        return f"{given} cannot stand here; write {words} {ctx[key]:g}."
    if kind == "too_short":
        return f"There is nothing in this; write at least {ctx['min_length']}."
    return f"This does not fit here: {complaint.message}."


def _written(given: object) -> str:
    if given is None:
        return "Nothing is written here"
    if isinstance(given, dict):
        return "These are settings"
    if isinstance(given, list):
        return "This is a list"
    shown = str(given).lower() if isinstance(given, bool) else str(given)
    return f"“{shown[:60]}” does not fit here"


def _condition_problems(document: Document, loc: Loc, error: MiswrittenError) -> Iterator[Problem]:
    for found in error.problems:
        place = _place_in_condition(document, loc, error.text, found.offset)
        yield _problem_at(place, found.sentence, found.length)


def _place_in_condition(document: Document, loc: Loc, text: str, offset: int) -> Place:
    """Where a character of a condition stands, also in `40 if <condition>`, `[fits, soon]`, `fact: pain`."""
    written = value_at(document, loc)
    if written is None and loc[-1:] == ("when",):
        parent = value_at(document, loc[:-1])
        if isinstance(parent, dict) and "fact" in parent:
            return document.where((*loc[:-1], "fact"))
        loc, written = loc[:-1], parent
    if isinstance(written, list):
        end = 0
        for number, item in enumerate(written):
            start, end = end, end + len(str(item)) + len(" and ")
            if offset < end:
                return document.where((*loc, number), max(min(offset - start, len(str(item)) - 1), 0))
    if isinstance(written, str):
        return document.where(loc, max(written.find(text), 0) + offset)
    return document.where(loc)


def _settings(model: Any, loc: Loc) -> list[str]:  # Any: an annotation, see below
    """The settings that the model has at that place, by the names they are written with."""
    for step in loc:
        model = _inner(model, step)
    model = _bare(model)
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    hidden = NOT_WRITTEN.get(model, frozenset())
    return [field.alias or name for name, field in model.model_fields.items() if name not in hidden]


def _inner(annotation: Any, step: str | int) -> Any:  # Any: annotations have no common type
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
        return fields[str(step)].annotation if step in fields else None
    arguments = get_args(annotation)
    return arguments[-1] if arguments else None


def _bare(annotation: Any) -> Any:  # Any: annotations have no common type
    while get_origin(annotation) in (Annotated, Union, UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    return annotation


def _problem_at(place: Place, sentence: str, length: int) -> Problem:
    return Problem(place.path, place.line, place.column, sentence, length=max(length, 1))
