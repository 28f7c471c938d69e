"""Another system's record as its endpoint's file describes it: a structure whose texts are templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.errors import InvalidError

MISTAKES = (TemplateError, TypeError, ValueError, ArithmeticError, LookupError)
ALONE = re.compile(r"\s*\{\{(?P<expression>(?:(?!\}\}).)*)\}\}\s*", re.DOTALL)


def _environment(finalize: Callable[[Any], str] | None = None) -> ImmutableSandboxedEnvironment:  # Any: as in Jinja
    return ImmutableSandboxedEnvironment(
        autoescape=False, finalize=finalize
    )  # the texts go into JSON and headers, not into a page


def address(template: str, values: Mapping[str, Any]) -> str:  # Any: values of many types
    """Each value quoted, so that none leads to another place than its template says. Raises InvalidError."""
    try:
        return _environment(finalize=lambda value: quote(str(value), safe="")).from_string(template).render(**values)
    except MISTAKES as error:
        raise _unfilled(template, error) from None


def filled(part: Any, values: Mapping[str, Any]) -> Any:  # Any: JSON
    """The structure with its templates filled in. `{{ one.value }}` alone keeps its type; what comes out empty is left
    out, with its key: an unknown value must not wipe out what the other system knows. Raises InvalidError."""
    if isinstance(part, Mapping):
        found = {key: filled(value, values) for key, value in part.items()}
        return {key: value for key, value in found.items() if value not in (None, "")}
    if isinstance(part, list):
        return [value for each in part if (value := filled(each, values)) not in (None, "")]
    return _value(part, values) if isinstance(part, str) else part


def _value(template: str, values: Mapping[str, Any]) -> Any:  # Any: as above
    try:
        if alone := ALONE.fullmatch(template):
            return _environment().compile_expression(alone["expression"])(**values)
        return _environment().from_string(template).render(**values)
    except MISTAKES as error:
        raise _unfilled(template, error) from None


def _unfilled(template: str, error: Exception) -> InvalidError:
    return InvalidError(f"the template {template[:80]} cannot be filled in: {type(error).__name__}")
