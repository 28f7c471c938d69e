"""Conditions in CEL: compiled once per release, with every mistake named, and evaluated in three values.

The only module that imports the CEL library. CEL's errors are our *unknown*: a variable nobody has filled is
an error, `false && error` is false, `true || error` is true, and only a BOOL is ever taken for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from threading import Lock
from typing import Final

from cel_expr_python import cel

from authoring.condition_pieces import Names, event_key
from authoring.condition_rewriting import Rewriter
from authoring.condition_tokens import ConditionError, ConditionProblem
from domain.conditions import FieldKind, Kind, Reads, View

__all__ = ["CompiledCondition", "Compiler", "ConditionError", "ConditionProblem"]

GRADE: Final = "grade.fit"
LONGEST: Final = 4000
CEL_ERROR: Final = re.compile(r"^(?:INVALID_ARGUMENT: )?ERROR: <input>:1:(\d+): (.*)$", re.MULTILINE)
MISMATCH: Final = re.compile(r"found no matching overload for '(.+?)' applied to '\((.*)\)'")
SPOKEN: Final = {
    "string": "a text",
    "double": "a number",
    "bool": "a yes or no",
    "google.protobuf.Timestamp": "a date",
    "timestamp": "a date",
    "STRING": "a text",
    "DOUBLE": "a number",
    "TIMESTAMP": "a date",
}


@dataclass(frozen=True)
class CompiledCondition:
    """Safe to ask from several threads at once: what changes lives in the view's scratch."""

    text: str
    reads: Reads
    compiler: Compiler
    expression: cel.Expression

    def holds(self, view: View) -> bool | None:
        """Where grade.fit is still open, the answer must be the same for every grade it can become."""
        if GRADE not in self.reads.fields and GRADE not in self.reads.known:
            return self._under(view, None)  # and never asks for the grade, which is itself made of conditions
        answers = {self._under(view, grade) for grade in view.grades}
        return answers.pop() if len(answers) == 1 else None

    def _under(self, view: View, grade: str | None) -> bool | None:
        value = self.expression.eval(self.compiler.activation(view, grade)).value()
        # An ERROR's value is a text, and texts are true to Python.
        return value if value is True or value is False else None


class Compiler:
    """Declared names in, conditions out. One CEL environment (about 3 ms) serves all conditions of a release.

    `fields` are the names as conditions write them, grade.fit among them; a name without a dot is fine too.
    Compiling and evaluating may happen in several threads.
    """

    def __init__(
        self, fields: Mapping[str, FieldKind], events: Collection[str], lists: Mapping[str, Sequence[str]]
    ) -> None:
        self._fields = dict(fields)
        self._lists = {f"l{number}": list(words) for number, words in enumerate(lists.values())}
        self._numbers = {name: number for number, name in enumerate(self._fields)}
        list_numbers = {f"lists.{name}": number for number, name in enumerate(lists)}
        self._names = Names(self._fields, tuple(events), tuple(lists), self._numbers | list_numbers)
        self._environment = cel.NewEnv(variables=self._variables())
        self._asked = (0, Reads())
        self._growing = Lock()

    def compile(self, text: str) -> CompiledCondition:
        """Raises ConditionError with everything that is wrong with this condition."""
        if len(text) > LONGEST:
            sentence = f"A condition has at most {LONGEST} characters; split it, or name a list."
            raise ConditionError((ConditionProblem(0, 1, sentence),))
        rewriter = Rewriter(text, self._names)
        problems = list(rewriter.problems)
        expression = None if rewriter.is_broken else self._expression(rewriter, problems)
        if problems or expression is None:
            raise ConditionError(tuple(sorted(problems, key=lambda problem: problem.offset)))
        with self._growing:
            generation, asked = self._asked
            if asked | rewriter.reads != asked:
                # A new generation: activations made before lack the new names.
                self._asked = (generation + 1, asked | rewriter.reads)
        return CompiledCondition(text, rewriter.reads, self, expression)

    def activation(self, view: View, grade: str | None) -> cel.Activation:
        """What the view says about every name any condition of this compiler reads, under one grade."""
        generation, asked = self._asked
        # The grade settles while a decision is made, once its own conditions have been asked.
        key = (self, generation, grade, grade is not None and len(view.grades) == 1)
        found = view.scratch.get(key)
        if not isinstance(found, cel.Activation):
            found = self._environment.Activation(self._data(asked, view, grade))
            view.scratch[key] = found
        return found

    def _data(self, asked: Reads, view: View, grade: str | None) -> dict[str, object]:
        data: dict[str, object] = dict(self._lists)
        data["n"] = {event_key(*counted): float(view.count(*counted)) for counted in asked.events}
        for name in (asked.fields | asked.known) - {GRADE}:
            value = _as_cel(view.value(name), self._fields[name].kind)
            data[f"k{self._numbers[name]}"] = value is not None
            if value is not None:
                data[f"v{self._numbers[name]}"] = value
        if grade is not None:
            data[f"k{self._numbers[GRADE]}"] = len(view.grades) == 1
            data[f"v{self._numbers[GRADE]}"] = grade
        return data

    def _variables(self) -> dict[str, cel.Type]:
        text, number, flag = cel.Type.STRING, cel.Type.DOUBLE, cel.Type.BOOL
        kinds = {"text": text, "choice": text, "number": number, "flag": flag, "date": cel.Type.TIMESTAMP}
        variables = {"u": cel.Type.DYN, "n": cel.Type.Map(text, number)}
        variables |= {name: cel.Type.List(text) for name in self._lists}
        for name, field in self._fields.items():
            variables[f"v{self._numbers[name]}"] = kinds[field.kind]
            variables[f"k{self._numbers[name]}"] = flag
        return variables

    def _expression(self, rewriter: Rewriter, problems: list[ConditionProblem]) -> cel.Expression | None:
        try:
            expression = self._environment.compile(rewriter.expression)
        except RuntimeError as error:
            problems.extend(_translated(str(error), rewriter, {problem.offset for problem in problems}))
            return None
        result = expression.return_type().name()
        if result != "BOOL" and not problems:
            sentence = f"This is {_spoken(result)}, not a yes or no; compare it: == ..., >= ..., in [...]."
            problems.append(ConditionProblem(0, max(len(rewriter.text), 1), sentence))
        return expression


def _as_cel(value: str | float | bool | date | None, kind: Kind) -> object:
    """What a variable of this kind holds; a value of another kind is None, as if nobody had told us.

    CEL must not see it: for CEL a text and a number are comparable, and just not equal.
    """
    match value:
        case datetime():
            return None
        case date() if kind == "date":
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case bool():
            return value if kind == "flag" else None
        case int() | float() if kind == "number":
            return float(value)
        case str() if kind in ("text", "choice"):
            return value
        case _:
            return None


def _translated(message: str, rewriter: Rewriter, told: Collection[int]) -> list[ConditionProblem]:
    """CEL's messages in our words, at our places; places that already have a problem are left out."""
    found = []
    for column, complaint in CEL_ERROR.findall(message):
        offset, length = rewriter.place(int(column) - 1)
        if offset not in told and "*error*" not in complaint:
            found.append(ConditionProblem(offset, length, _sentence(complaint)))
    if found or told:
        return found
    too_deep = "This is too long or too deeply nested to be understood; split it into shorter conditions."
    return [ConditionProblem(0, max(len(rewriter.text), 1), too_deep)]


def _sentence(complaint: str) -> str:
    mismatch = MISMATCH.search(complaint)
    if mismatch is None:
        return "This cannot be understood here; write comparisons joined by and, or, not."
    sign, kinds = mismatch[1].strip("_@"), mismatch[2].split(", ")
    spoken = [_spoken(kind) for kind in kinds]
    match sign:
        case "&&" | "||":
            wrong = next(_spoken(kind) for kind in kinds if kind != "bool")
            return f"and, or join two yes-or-no things, and this is {wrong}; compare it first: ... >= 1."
        case "!":
            return f"not turns a yes or no around, and this is {spoken[0]}; compare it first."
        case "in":
            looked = " in ".join(spoken)
            return f'in looks for a text in a list, and this looks for {looked}; write in ["a", "b"].'
        case "?_:":
            return "Write a yes or no, ?, and two things of one kind around the colon; or use and, or."
        case "<" | "<=" | ">" | ">=" | "==" | "!=" if len(kinds) == 2:
            return _uncomparable(kinds, spoken)
        case _:
            return f"{sign} does not work with {' and '.join(spoken)}."


def _uncomparable(kinds: list[str], spoken: list[str]) -> str:
    start = f"This compares {spoken[0]} with {spoken[1]}; "
    if "google.protobuf.Timestamp" in kinds:
        return start + 'compare a date with a date like "2027-03-31".'
    if set(kinds) == {"bool", "double"}:
        return start + "compare twice and join with and: x >= 3 and x <= 5."
    if set(kinds) == {"bool", "string"}:
        return start + "write true or false without quotes."
    if set(kinds) == {"string", "double"}:
        return start + "a text is written in quotes, a number without."
    return start + "to look into a list, write in."


def _spoken(kind: str) -> str:
    if kind.lower().startswith("list"):
        return "a list"
    return SPOKEN.get(kind, "something else")
