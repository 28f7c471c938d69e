"""Another system's record as its endpoint's file describes it: a structure whose texts are templates."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.errors import InvalidError

ALONE = re.compile(r"\s*\{\{(?P<expression>(?:(?!\}\}).)*)\}\}\s*", re.DOTALL)


def _environment() -> ImmutableSandboxedEnvironment:
    return ImmutableSandboxedEnvironment(autoescape=False)  # the texts go into JSON and headers, not into a page


def rendered(template: str, values: Mapping[str, Any]) -> str:  # Any: values of many types
    """As a text; what is unknown is empty. Raises InvalidError."""
    found = _value(template, values)
    return "" if found is None else str(found)


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
    except (TemplateError, TypeError, ValueError, ArithmeticError) as error:
        raise InvalidError(f"the template {template[:80]} cannot be filled in: {error}") from None
