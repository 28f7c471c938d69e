"""What must hold between the files of other systems and the rest: names that exist, templates that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from authoring.documents import Data, Document, Loc
from authoring.problems import Problem, did_you_mean
from authoring.sentences import at
from domain.hooks import EVENTS, EVERYTHING

ENDPOINTS = "lead_defs/endpoints/"


def hook_problems(documents: Mapping[str, Document]) -> Iterator[Problem]:
    for path, document in documents.items():
        if path.startswith(ENDPOINTS) and isinstance(document.data, dict):
            yield from _events(document, document.data)
            for key in ("url", "record"):
                yield from _templates(document, document.data.get(key), (key,))


def _events(document: Document, data: dict[str, Data]) -> Iterator[Problem]:
    events = data.get("events")
    for number, name in enumerate(events if isinstance(events, list) else []):
        if isinstance(name, str) and name not in EVENTS and name != EVERYTHING:
            sentence = f"Nothing is announced as {name}{did_you_mean(name, sorted(EVENTS))}"
            yield at(document, ("events", number), sentence)


def _templates(document: Document, data: Data, loc: Loc) -> Iterator[Problem]:
    if isinstance(data, dict | list):
        for key, value in data.items() if isinstance(data, dict) else enumerate(data):
            yield from _templates(document, value, (*loc, key))
    elif isinstance(data, str):
        try:
            ImmutableSandboxedEnvironment().parse(data)
        except TemplateError as error:
            yield at(document, loc, f"This template cannot be read: {error.message}.")
