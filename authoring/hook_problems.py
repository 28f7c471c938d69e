"""What must hold between the files of other systems and the rest: names that exist, templates that can be read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from authoring.documents import Data, Document, Loc
from authoring.problems import Problem, did_you_mean
from authoring.references import HOOK, REASONS, found
from authoring.sentences import at
from domain.hooks import EVENTS, EVERYTHING

ENDPOINTS = "lead_defs/endpoints/"
GIVEN_FOR = {"recycle": "recycle", "reject": "reject", "disqualify": "disqualify", "lost": "loss"}
"""Which list of reasons.yaml a decision's reason is in."""


def hook_problems(documents: Mapping[str, Document]) -> Iterator[Problem]:
    for path, document in documents.items():
        if path.startswith(ENDPOINTS) and isinstance(document.data, dict):
            yield from _events(document, document.data)
            for key in ("url", "record"):
                yield from _templates(document, document.data.get(key), (key,))
        elif fnmatchcase(path, HOOK):
            yield from _reasons(document, documents)


def _reasons(document: Document, documents: Mapping[str, Document]) -> Iterator[Problem]:
    data = documents[REASONS].data if REASONS in documents else None
    for loc, decide in found(document.data, ("rules", "*", "decide", "*")):
        command = decide.get("command") if isinstance(decide, dict) else None
        known = data.get(GIVEN_FOR.get(str(command), "")) if isinstance(data, dict) else None
        if not isinstance(known, dict):
            continue
        for places in (("with", "reason"), ("read", "reason", "default"), ("read", "reason", "values", "*")):
            for inner, name in found(decide, places):
                if isinstance(name, str) and name not in known:
                    sentence = f"There is no reason {name} under {GIVEN_FOR[str(command)]} in {REASONS}"
                    yield at(document, (*loc, *inner), f"{sentence}{did_you_mean(name, sorted(known))}")


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
