"""The names that conditions may use, taken from fields.yaml, events.yaml and the definition's criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from authoring.conditions import Compiler, ConditionError, ConditionProblem
from authoring.documents import Data
from authoring.sentences import MiswrittenError
from domain.conditions import Condition, FieldKind, Reads, View
from domain.definition import GRADES, FieldDef

GRADES_READ = {"grade.fit": FieldKind("choice", GRADES), "grade.engagement": FieldKind("number")}


@dataclass(frozen=True)
class Unchecked:
    """Stands for a condition over names whose own file is broken; it never gets into a release."""

    text: str

    @property
    def reads(self) -> Reads:
        return Reads()

    def holds(self, view: View) -> bool | None:
        return None


class Vocabulary:
    """Compiles conditions; of a field that is itself declared wrongly, its readers say nothing more."""

    def __init__(self, fields: Data, events: Data, definition: Data) -> None:
        declared = _mapping(fields, "fields")
        self.fields = _valid(declared)
        self._broken = frozenset(declared) - frozenset(self.fields)
        self._is_complete = bool(declared) and isinstance(events, dict)
        kinds = {name: _kind(field) for name, field in self.fields.items()} | GRADES_READ
        lists = {
            name: [str(word) for word in words]
            for name, words in _mapping(fields, "lists").items()
            if isinstance(words, list)
        }
        happens = list(_mapping(events, "events"))
        criteria = {name: FieldKind("flag") for name in _mapping(definition, "criteria")}
        self._conditions = Compiler(kinds, happens, lists)
        self._has_criteria = bool(criteria)
        self._rules = Compiler(kinds | criteria, happens, lists)

    @property
    def context(self) -> dict[str, object]:
        """What the models of `domain` find in pydantic's validation context."""
        return {"compile": self.compile, "compile_rule": self.compile_rule}

    def compile(self, text: str) -> Condition:
        """Raises MiswrittenError with everything that is wrong with it."""
        return self._compiled(self._conditions, text)

    def compile_rule(self, text: str) -> Condition:
        """In rules, each criterion is a yes or no of its own name."""
        if not self._has_criteria:
            return Unchecked(text)
        try:
            return self._compiled(self._rules, text)
        except MiswrittenError as error:
            raise MiswrittenError(text, ConditionError(_about_criteria(error.problems))) from error

    def _compiled(self, compiler: Compiler, text: str) -> Condition:
        if not self._is_complete or any(name in text for name in self._broken):
            return Unchecked(text)
        try:
            return compiler.compile(text)
        except ConditionError as error:
            raise MiswrittenError(text, error) from error


def _about_criteria(problems: tuple[ConditionProblem, ...]) -> tuple[ConditionProblem, ...]:
    return tuple(
        ConditionProblem(
            found.offset,
            found.length,
            found.sentence.replace("There is no field", "There is no criterion or field", 1),
        )
        for found in problems
    )


def _valid(declared: Mapping[str, Data]) -> dict[str, FieldDef]:
    found = {}
    for name, raw in declared.items():
        try:
            found[name] = FieldDef.model_validate(raw)
        except ValidationError:
            continue  # said once, where the whole file is read
    return found


def _kind(field: FieldDef) -> FieldKind:
    return FieldKind(field.type, tuple(field.options), field.personal)


def _mapping(data: Data, key: str) -> dict[str, Data]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}
