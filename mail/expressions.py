"""The small part of Jinja that touches may use: values, fallbacks, if/elif/else, five filters. No loops, no
calls.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from typing import NoReturn

from jinja2 import TemplateSyntaxError, Undefined, UndefinedError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from mail.errors import Part, TemplateError
from mail.values import ROOTS, Group

_OUR_MARKS = re.compile("[\ue000-\ue003]")
_FILTERS: dict[str, Callable[[str], str]] = {
    "title": str.title, "lower": str.lower, "upper": str.upper, "capitalize": str.capitalize,
    "trim": str.strip,
}  # fmt: skip
_NODES = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.If, nodes.CondExpr, nodes.Or, nodes.And,
    nodes.Not, nodes.Compare, nodes.Operand, nodes.Const, nodes.Getattr, nodes.Name, nodes.Filter,
    nodes.Concat, nodes.Tuple, nodes.List,
)  # fmt: skip
_WRITTEN = {
    nodes.For: "a loop", nodes.Call: "a call", nodes.Macro: "a macro", nodes.Import: "an import",
    nodes.FromImport: "an import", nodes.Include: "an include", nodes.Assign: "set", nodes.AssignBlock: "set",
    nodes.Getitem: "[...]", nodes.Test: "`is`", nodes.Block: "a block", nodes.Extends: "extends",
}  # fmt: skip


@dataclass(frozen=True)
class Variable:
    """A dotted name that a template prints or tests, where, and whether the template can do without it."""

    name: str
    line: int
    column: int
    has_fallback: bool
    part: Part


@dataclass(frozen=True)
class JinjaPart:
    """One `{{ ... }}`, `{% ... %}` or `{# ... #}`; `start` and `end` are offsets in the source."""

    source: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        found = re.match(r"\{%[-+]?\s*(\w+)", self.source)
        return found[1] if found else ""


class Unknown(Undefined):
    """Nobody has told us: false in a test, equal to nothing, and an error as soon as it is to be printed."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = Undefined.__hash__

    def _is_not(self, other: object) -> bool:
        return False

    # Jinja's own raise here: in a mail, what nobody knows is simply not less than three
    __lt__ = __le__ = __gt__ = __ge__ = _is_not  # type: ignore[assignment]

    @property
    def name(self) -> str:
        return self._undefined_name or ""

    def _fail(self, *args: object) -> NoReturn:
        raise UnknownValueError(self.name)

    __str__ = __iter__ = __len__ = __contains__ = _fail


class UnknownValueError(UndefinedError):
    """Carries the name and nothing else."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Environment(ImmutableSandboxedEnvironment):
    def getattr(self, obj: object, attribute: str) -> object:
        if isinstance(obj, Group):
            missing = Unknown(name=f"{obj.root}.{attribute}")
            return obj.fields.get(attribute, missing)
        return super().getattr(obj, attribute)


@lru_cache(maxsize=2)
def environment(*, is_html: bool) -> Environment:
    made = Environment(autoescape=is_html, undefined=Unknown, keep_trailing_newline=True)
    default = made.filters["default"]
    made.filters.clear()
    made.filters |= {name: _unless_unknown(change) for name, change in _FILTERS.items()} | {"default": default}
    made.globals.clear()
    return made


def _unless_unknown(change: Callable[[str], str]) -> Callable[[object], object]:
    def apply(value: object) -> object:
        return value if isinstance(value, Undefined) else change(str(value))

    return apply


class Checked:
    """A source that is known to use the allowed part of Jinja only: its Jinja parts and its variables.

    `first_line` is the line of the file on which the source begins.
    """

    def __init__(self, source: str, path: str, part: Part, first_line: int = 1) -> None:
        self._source, self._path, self._part, self._first_line = source, path, part, first_line
        self._seen: dict[tuple[int, str], int] = {}
        if own := _OUR_MARKS.search(source):
            raise self.error(own.start(), "This invisible character cannot be used in a mail: take it away.")
        self.parts = self._lex()
        tree = self._parse()
        self.variables = tuple(self._variables(tree, frozenset()))

    def error(self, offset: int, sentence: str) -> TemplateError:
        line = self._source.count("\n", 0, offset)
        column = offset - (self._source.rfind("\n", 0, offset) + 1) + 1
        return TemplateError(self._path, self._first_line + line, column, sentence, self._part)

    def _lex(self) -> tuple[JinjaPart, ...]:
        parts: list[JinjaPart] = []
        position = start = 0
        try:
            for _, kind, value in environment(is_html=False).lex(self._source):
                # `{%-` swallows white space in front of it, so values are found rather than counted
                position = self._source.index(value, position) + len(value)
                if kind in ("variable_begin", "block_begin", "comment_begin"):
                    start = position - len(value)
                elif kind in ("variable_end", "block_end", "comment_end"):
                    parts.append(self._one_line(JinjaPart(self._source[start:position], start, position)))
                elif kind.startswith("raw"):
                    raise self.error(position - len(value), "raw is not possible here: write the words as they are.")
        except TemplateSyntaxError as error:
            raise self._syntax(error) from None
        return tuple(parts)

    def _one_line(self, part: JinjaPart) -> JinjaPart:
        if "\n" in part.source.strip():
            raise self.error(part.start, "Write everything between the braces on one line.")
        return part

    def _parse(self) -> nodes.Template:
        try:
            return environment(is_html=False).parse(self._source)
        except TemplateSyntaxError as error:
            raise self._syntax(error) from None
        except RecursionError:
            raise self.error(0, "This is nested too deeply: write it more simply.") from None

    def _syntax(self, error: TemplateSyntaxError) -> TemplateError:
        """Jinja knows the line only: the first part of it that cannot be read by itself is meant, else the first."""
        lines = self._source.splitlines() or [""]
        text = lines[min(error.lineno, len(lines)) - 1]
        parts = list(re.finditer(r"\{[{%#]", text))
        found = next((part for part in parts if _is_broken(text[part.start() :])), parts[0] if parts else None)
        line = self._first_line + error.lineno - 1
        sentence = 'Between {{ and }} stands one value, such as {{ lead.first_name or "there" }}: check the braces.'
        if found and text.startswith("{%", found.start()):
            sentence = "Write {% if ... %}, {% elif ... %}, {% else %} and {% endif %}: check the braces."
        return TemplateError(self._path, line, found.start() + 1 if found else 1, sentence, self._part)

    def _variables(self, node: nodes.Node, covered: frozenset[str]) -> Iterator[Variable]:
        """All names under the node; `covered` are those that may be unknown there ("*": all of them)."""
        self._allow(node)
        if isinstance(node, nodes.Getattr):
            yield self._variable(node, covered)
        elif isinstance(node, nodes.Or):
            yield from self._variables(node.left, covered | {"*"})
            yield from self._variables(node.right, covered)
        elif isinstance(node, nodes.And):
            yield from self._variables(node.left, covered)
            yield from self._variables(node.right, covered | _tested(node.left))
        elif isinstance(node, nodes.If | nodes.CondExpr):
            yield from self._branches(node, covered)
        elif isinstance(node, nodes.Not | nodes.Compare):
            for child in node.iter_child_nodes():
                yield from self._variables(child, covered | {"*"})
        elif isinstance(node, nodes.Filter) and node.name == "default" and node.node is not None:
            yield from self._variables(node.node, covered | {"*"})
            for child in node.args:
                yield from self._variables(child, covered)
        else:
            for child in node.iter_child_nodes():
                yield from self._variables(child, covered)

    def _branches(self, node: nodes.If | nodes.CondExpr, covered: frozenset[str]) -> Iterator[Variable]:
        inside = covered | _tested(node.test)
        if isinstance(node, nodes.CondExpr):
            if node.expr2 is None:
                raise self._at(node, "An if inside {{ }} needs an else: say what to write otherwise.")
            yield from self._variables(node.expr1, inside)
            yield from self._variables(node.test, covered | {"*"})
            yield from self._variables(node.expr2, covered)
            return
        yield from self._variables(node.test, covered | {"*"})
        for child in node.body:
            yield from self._variables(child, inside)
        for child in (*node.elif_, *node.else_):
            yield from self._variables(child, covered)

    def _variable(self, node: nodes.Getattr, covered: frozenset[str]) -> Variable:
        if not isinstance(node.node, nodes.Name):
            raise self._at(node, "A value has two parts, like lead.first_name: take the rest away.")
        root = node.node.name
        name = f"{root}.{node.attr}"
        line, column = self._place(node, rf"\b{re.escape(root)}\s*\.\s*{re.escape(node.attr)}\b")
        if root not in ROOTS:
            near = get_close_matches(root, ROOTS, n=1)
            hint = f"did you mean {near[0]}.{node.attr}?" if near else f"values begin with {', '.join(ROOTS)}."
            raise TemplateError(self._path, line, column, f"There is no {name}: {hint}", self._part)
        return Variable(name, line, column, bool(covered & {name, "*"}), self._part)

    def _allow(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Name):
            raise self._at(node, f"There is no {node.name}: a value has two parts, like lead.first_name.")
        if isinstance(node, nodes.Filter) and node.name not in (*_FILTERS, "default"):
            allowed = ", ".join((*_FILTERS, "default"))
            raise self._at(node, f"The filter {node.name} is not possible here: use one of {allowed}.")
        if not isinstance(node, _NODES):
            what = _WRITTEN.get(type(node), "this")
            raise self._at(node, f"A mail cannot use {what}: only values, `or` with a fallback, and if/elif/else.")

    def _at(self, node: nodes.Node, sentence: str) -> TemplateError:
        line, column = self._place(node, r"\{[{%]")
        return TemplateError(self._path, line, column, sentence, self._part)

    def _place(self, node: nodes.Node, pattern: str) -> tuple[int, int]:
        """Jinja knows lines, not columns: the nth mention on a line is the nth match of its pattern."""
        lines = self._source.split("\n")
        matches = list(re.finditer(pattern, lines[node.lineno - 1]))
        nth = self._seen.get((node.lineno, pattern), 0)
        self._seen[node.lineno, pattern] = nth + 1
        column = matches[min(nth, len(matches) - 1)].start() + 1 if matches else 1
        return self._first_line + node.lineno - 1, column


def _is_broken(text: str) -> bool:
    """Whether the `{{ value }}` that it begins with is none."""
    value = re.match(r"\{\{.*?\}\}", text)
    if value is None:
        return text.startswith("{{")
    try:
        environment(is_html=False).parse(value[0])
    except (TemplateSyntaxError, RecursionError):
        return True
    return False


def _tested(test: nodes.Node) -> frozenset[str]:
    """The names that must be known for the test to hold."""
    if isinstance(test, nodes.Getattr) and isinstance(test.node, nodes.Name):
        return frozenset({f"{test.node.name}.{test.attr}"})
    if isinstance(test, nodes.And):
        return _tested(test.left) | _tested(test.right)
    if isinstance(test, nodes.Compare) and not any(operand.op in ("ne", "notin") for operand in test.ops):
        return _tested(test.expr).union(*(_tested(operand.expr) for operand in test.ops))
    return frozenset()
