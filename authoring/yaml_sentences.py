"""What the YAML parser says, in words that tell an author what to change."""

from __future__ import annotations

import yaml

from authoring.problems import Problem

QUOTES = 'put the whole text in quotes, or write it below a "|"'
# The parser's words, and ours. The first that is found in its context and problem wins.
SENTENCES = (
    ("flow", "This inline list or mapping cannot be read; close it, or put this on its own line."),
    ("quoted scalar", "The quotes opened here are never closed; close them, and double a quote inside."),
    ("mapping values are not allowed", f"A colon followed by a space inside a text: {QUOTES}."),
    ("cannot start any token", f"A text cannot begin with this character; {QUOTES}."),
    ("block mapping", "This does not line up with the keys above it; indent it like them: `key: value`."),
    ("block collection", "This does not line up with the list above it; put its - under the others."),
    ("simple key", "A colon is missing here, or a text goes on without indentation; write `key: value`."),
    ("block scalar", "The text below does not line up; indent all its lines with the same spaces."),
    ("alias", f"A text cannot begin with *; {QUOTES}."),
    ("anchor", f"A text cannot begin with &; {QUOTES}."),
    ("tag", f"A text cannot begin with !; {QUOTES}."),
    ("directive", "A line cannot begin with %; delete it, or put the text in quotes."),
)
OPENED_BEFORE = ("quoted scalar", "simple key")


def yaml_problem(path: str, error: yaml.MarkedYAMLError) -> Problem:
    """Where it went wrong; for quotes never closed and a missing colon, where that began."""
    said = f"{error.context or ''} {error.problem or ''}"
    sentence = next((ours for theirs, ours in SENTENCES if theirs in said), None)
    begins = any(words in said for words in OPENED_BEFORE)
    mark = error.context_mark if begins and error.context_mark else error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    fallback = f"This cannot be read as YAML ({error.problem}); {QUOTES}."
    return Problem(path, line, column, sentence or fallback)
