"""What must be true between the files, beside that every name exists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from authoring import languages, pictures
from authoring.bodies import full_name, link_problems
from authoring.documents import Data, Document, Loc
from authoring.hook_problems import hook_problems
from authoring.models import Models
from authoring.problems import Problem, did_you_mean
from authoring.references import DEFAULTS, DEFINITION, PEOPLE, REASONS, RECYCLING, SAMPLES, References, found
from authoring.sentences import at
from domain.calendar import has_holidays
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.samples import ADDRESS
from domain.values import coerce

ROUTING = "lead_defs/routing.yaml"
EXPECTATION = re.compile(r"(?P<what>ready|ask) (?P<name>[a-z0-9_-]+)")
EXPECTED = {"ready": "rule", "ask": "criterion"}
MAIL_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\".]+")
TOUCH_FILE = re.compile(r"content/tracks/(?P<track>[^/]+)/(?P<touch>[^/.]+)\.md")
FALLBACK_REASON = "other"
OFFERS_TO_ANYONE = ("round_robin", "pool")


class Consistency:
    """Reads what is written, so that one mistake hides no other."""

    def __init__(self, models: Models, references: References, fields: dict[str, FieldDef]) -> None:
        self._files, self._documents = models.files, models.documents
        self._references, self._fields = references, fields

    def problems(self) -> Iterator[Problem]:
        yield from self._references.problems()
        yield from self._expectations()
        yield from self._qualify_needs()
        yield from self._recycling()
        yield from self._routing()
        yield from self._addresses()
        yield from self._samples()
        yield from hook_problems(self._documents)
        for path, document in self._documents.items():
            if path.endswith(".md"):
                yield from link_problems(document, self._references, self._fields)
        yield from track_problems(self._files, self._documents)
        yield from pictures.missing(self._files, self._documents)
        yield from languages.differences(self._documents)

    def _written(self, path: str, pattern: Loc) -> Iterator[tuple[Document, Loc, Data]]:
        if document := self._documents.get(path):
            for loc, value in found(document.data, pattern):
                yield document, loc, value

    def _expectations(self) -> Iterator[Problem]:
        for document, loc, value in self._written(DEFINITION, ("examples", "*", "expect")):
            match = EXPECTATION.fullmatch(value) if isinstance(value, str) else None
            if match and (sentence := self._references.unknown(EXPECTED[match["what"]], match["name"])):
                place = document.where(loc, match.start("name"))
                yield Problem(place.path, place.line, place.column, sentence, length=match.end() - match.start("name"))

    def _qualify_needs(self) -> Iterator[Problem]:
        for document, loc, name in self._written(DEFINITION, ("qualify_needs", "*")):
            field = self._fields.get(full_name(name)) if isinstance(name, str) else None
            if field and field.personal:
                sentence = f"{name} is personal: it may greet, never decide; name a fact that is not."
                yield at(document, loc, sentence)

    def _recycling(self) -> Iterator[Problem]:
        document = self._documents.get(RECYCLING)
        if document is None or not isinstance(document.data, dict):
            return
        rules = document.data.get("reasons")
        if not isinstance(rules, dict):
            return
        for reasons, loc, name in self._written(REASONS, ("recycle", "*", "[key]")):
            if name not in rules:
                yield at(reasons, loc, f"{RECYCLING} does not say what {name} means; add it.", at_key=True)
        if FALLBACK_REASON not in rules:
            sentence = f"The reason {FALLBACK_REASON} is missing; add it, it is used where no other fits."
            yield at(document, ("reasons",), sentence, at_key=True)

    def _routing(self) -> Iterator[Problem]:
        for document, loc, rules in self._written(ROUTING, ("rules",)):
            last = rules[-1] if isinstance(rules, list) and rules else None
            if isinstance(last, dict) and (last.get("to") not in OFFERS_TO_ANYONE or "when" in last):
                sentence = "The last rule must hold for every lead: write to: round_robin, and no when."
                yield at(document, (*loc, len(rules) - 1 if isinstance(rules, list) else 0), sentence)

    def _addresses(self) -> Iterator[Problem]:
        for document, loc, country in self._written(DEFAULTS, ("country",)):
            if isinstance(country, str) and not has_holidays(country):
                sentence = f"There is no holiday calendar {country}; write a country like US, or a part like DE-BY."
                yield at(document, loc, sentence)
        for document, loc, address in self._written(PEOPLE, ("people", "*", "address")):
            if isinstance(address, str) and not MAIL_ADDRESS.fullmatch(address):
                yield at(document, loc, f"“{address}” is no mail address; write one like ines@example.com.")
        for document, loc, address in self._written(DEFAULTS, ("company", "postal_address")):
            if address is None or (isinstance(address, str) and not address.strip()):
                sentence = "Every mail must carry the sender's postal address; write it here."
                yield at(document, loc, sentence, at_key=True)

    def _samples(self) -> Iterator[Problem]:
        if not self._fields:
            return
        for group in ("lead", "company", "inquiry", "fact", "tells"):
            for document, loc, raw in self._written(SAMPLES, ("samples", "*", group, "*")):
                name = str(loc[-1]) if group == "tells" else f"{group}.{loc[-1]}"
                if name == ADDRESS:
                    if not (isinstance(raw, str) and MAIL_ADDRESS.fullmatch(raw)):
                        yield at(document, loc, f"“{raw}” is no mail address; write one like a@b.example.")
                else:
                    yield from self._value(document, loc, name, raw)
        for document, loc, lead in self._written(SAMPLES, ("samples", "*", "lead")):
            if isinstance(lead, dict) and "email" not in lead:
                yield at(document, loc, "Every lead has a mail address; write email: here.", at_key=True)

    def _value(self, document: Document, loc: Loc, name: str, raw: Data) -> Iterator[Problem]:
        field = self._fields.get(name)
        if field is None:
            if self._references.unknown("field", name):  # else it is declared, only wrongly
                sentence = f"There is no field {name}{did_you_mean(name, sorted(self._fields))}"
                yield at(document, loc, sentence, at_key=True)
            return
        try:
            coerce(name, raw, field)
        except InvalidError as error:
            yield at(document, loc, f"{error.sentence}.")


def track_problems(files: Mapping[str, str], documents: Mapping[str, Document]) -> Iterator[Problem]:
    """The touches that tracks name against the files beside them, whether those can be read or not."""
    first_in: dict[str, str] = {}
    for path in sorted(files):
        if not (match := TOUCH_FILE.fullmatch(path)):
            continue
        other = first_in.setdefault(match["touch"], match["track"])
        if other != match["track"]:
            sentence = f"The track {other} has a touch {match['touch']} too; rename this one."
            yield Problem(path, 1, 1, sentence)
    for path, document in documents.items():
        if path.endswith("/track.yaml"):
            folder = path.removesuffix("track.yaml")
            touches = {p.removeprefix(folder)[:-3] for p in files if p.startswith(folder) and TOUCH_FILE.fullmatch(p)}
            yield from _named_touches(document, folder, touches)


def _named_touches(track: Document, folder: str, touches: set[str]) -> Iterator[Problem]:
    named: set[str] = set()
    for loc, name in _touches_in(track):
        if name not in touches:
            near = did_you_mean(name, sorted(touches))
            yield at(track, loc, f"There is no file {folder}{name}.md{near}")
        elif name in named:
            yield at(track, loc, f"{name} is already named in this track; keep it once.")
        named.add(name)
    for name in sorted(touches - named):
        sentence = f"No stage of this track names {name}, so nobody gets it; add it in track.yaml."
        yield Problem(f"{folder}{name}.md", 1, 1, sentence, "warning")


def _touches_in(track: Document) -> Iterator[tuple[Loc, str]]:
    """A stage is a list of touches, or a mapping with such a list."""
    for pattern in (("stages", "*", "*"), ("stages", "*", "touches", "*"), ("reserve", "*")):
        for loc, name in found(track.data, pattern):
            if isinstance(name, str) and isinstance(loc[-1], int):
                yield loc, name
