"""Every name in the files that points at something declared elsewhere, in one table.

It is checked on what is written, not on the models, so a mistake elsewhere in a file hides no wrong name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from authoring.documents import Data, Document, Loc
from authoring.problems import Problem, did_you_mean
from authoring.sentences import at
from domain.lead import Source

KEY = "[key]"
DEFINITION = "lead_defs/sales-ready.yaml"
PEOPLE = "lead_defs/people.yaml"
FIELDS = "lead_defs/fields.yaml"
REASONS = "lead_defs/reasons.yaml"
RECYCLING = "lead_defs/recycling.yaml"
DEFAULTS = "content/defaults.yaml"
ASSETS = "content/assets.yaml"
SAMPLES = "content/samples.yaml"
TRACK = "content/tracks/*/track.yaml"
TOUCH = "content/tracks/*/*.md"
PROFILE = "lead_defs/profiles/*.yaml"
ENDPOINT = "lead_defs/endpoints/*.yaml"
HOOK = "lead_defs/hooks/*.yaml"


@dataclass(frozen=True)
class Reference:
    """A text at `loc` (`*` is any key or place) of a file with that path names a thing of that kind."""

    path: str
    loc: tuple[str, ...]
    kind: str
    also: tuple[str, ...] = ()
    severity: Literal["error", "warning"] = "error"


REFERENCES = (
    Reference(DEFINITION, ("signers", "*"), "person"),
    Reference(DEFINITION, ("criteria", "*", "from", "*"), "source"),
    Reference(DEFINITION, ("qualify_needs", "*"), "field"),
    Reference(DEFINITION, ("examples", "*", "lead"), "sample"),
    Reference("lead_defs/routing.yaml", ("manager",), "person"),
    Reference("lead_defs/routing.yaml", ("rules", "*", "team"), "team"),
    Reference("lead_defs/routing.yaml", ("rules", "*", "skill"), "skill"),
    Reference("lead_defs/routing.yaml", ("teams", "*", KEY), "team"),
    Reference("lead_defs/routing.yaml", ("teams", "*", "manager"), "person"),
    Reference("lead_defs/service-levels.yaml", ("hot", "*"), "rule"),
    Reference(REASONS, ("loss", "*", "recycle_as"), "reason", ("never",)),
    Reference("lead_defs/service-levels.yaml", ("debrief", "by"), "person"),
    Reference(RECYCLING, ("reasons", "*", KEY), "reason"),
    Reference(RECYCLING, ("reasons", "*", "stage"), "stage", ("same", "suggested")),
    # A track that nobody has written yet falls back to the lead's own (domain.recycling.track_for_return).
    Reference(RECYCLING, ("reasons", "*", "track"), "track", ("keep", "none"), "warning"),
    Reference(RECYCLING, ("reasons", "*", "wake_up", "*"), "event"),
    Reference(PROFILE, ("messaging", "*", "pains", "*"), "pain"),
    Reference(PROFILE, ("messaging", "*", "proof", "*"), "asset"),
    Reference(DEFAULTS, ("sender",), "person"),
    Reference(DEFAULTS, ("human_touch", "owner"), "person"),
    Reference(DEFAULTS, ("react", "*", KEY), "event"),
    Reference(DEFAULTS, ("gap", "*", KEY), "stage"),
    Reference(DEFAULTS, ("then",), "track"),
    Reference(DEFAULTS, ("dormant_track",), "track"),
    Reference(DEFAULTS, ("offering",), "offering"),
    Reference(ASSETS, ("assets", "*", "stage"), "stage"),
    Reference(ASSETS, ("assets", "*", "persona"), "persona"),
    Reference(ASSETS, ("assets", "*", "pain"), "pain"),
    Reference(ENDPOINT, ("people", "*"), "person"),
    Reference(ENDPOINT, ("teams", "*"), "team"),
    Reference(HOOK, ("fields", "*", KEY), "field"),
    Reference(HOOK, ("rules", "*", "fields", "*", KEY), "field"),
    Reference(HOOK, ("rules", "*", "event"), "event"),
    Reference(TRACK, ("owner",), "person"),
    Reference(TRACK, ("proposed_by",), "person"),
    Reference(TRACK, ("sender",), "person"),
    Reference(TRACK, ("react", "*", KEY), "event"),
    Reference(TRACK, ("then",), "track", ("none",)),
    Reference(TRACK, ("examples", "*", "lead"), "sample"),
    Reference(TRACK, ("examples", "*", "do", "*", "event"), "event"),
    Reference(TRACK, ("examples", "*", "do", "*", "answer", "*", KEY), "field"),
    Reference(DEFINITION, ("examples", "*", "do", "*", "event"), "event"),
    Reference(DEFINITION, ("examples", "*", "do", "*", "answer", "*", KEY), "field"),
    Reference(TOUCH, ("learn",), "field"),
    Reference(TOUCH, ("persona",), "persona"),
)

# Where the names of a kind are declared, and what a marketer calls such a thing and its place.
DECLARED = {
    "person": (PEOPLE, ("people", "*", KEY)),
    "team": (PEOPLE, ("people", "*", "team")),
    "skill": (PEOPLE, ("people", "*", "skills", "*")),
    "sample": (SAMPLES, ("samples", "*", KEY)),
    "rule": (DEFINITION, ("ready_when", "*", KEY)),
    "criterion": (DEFINITION, ("criteria", "*", KEY)),
    "reason": (REASONS, ("recycle", "*", KEY)),
    "stage": (TRACK, ("stages", "*", KEY)),
    "event": ("lead_defs/events.yaml", ("events", "*", KEY)),
    "asset": (ASSETS, ("assets", "*", KEY)),
    "persona": (PROFILE, ("messaging", "*", "persona")),
    "pain": (FIELDS, ("fields", "fact.pain", "options", "*", KEY)),
    "field": (FIELDS, ("fields", "*", KEY)),
}
CALLED = {
    "person": f"person {{}} in {PEOPLE}",
    "team": f"team {{}} in {PEOPLE}",
    "skill": f"skill {{}} of anybody in {PEOPLE}",
    "sample": f"sample {{}} in {SAMPLES}",
    "rule": f"rule {{}} under ready_when in {DEFINITION}",
    "criterion": f"criterion {{}} in {DEFINITION}",
    "reason": f"reason {{}} under recycle in {REASONS}",
    "stage": "stage {} in any track",
    "event": "event {} in lead_defs/events.yaml",
    "asset": f"asset {{}} in {ASSETS}",
    "persona": "persona {} under messaging in lead_defs/profiles",
    "pain": f"option {{}} of fact.pain in {FIELDS}",
    "field": f"field {{}} in {FIELDS}",
    "track": "track {} in content/tracks",
    "offering": "profile {} in lead_defs/profiles",
    "source": "source {}",
}


class References:
    """The declared names of each kind; None where the declaring file is missing or cannot be read."""

    def __init__(self, documents: Mapping[str, Document], files: Mapping[str, str]) -> None:
        self._documents = documents
        self._names = {kind: self._declared(pattern, loc, files) for kind, (pattern, loc) in DECLARED.items()}
        self._names["track"] = frozenset(p.split("/")[2] for p in files if fnmatchcase(p, TRACK))
        profiles = (p.split("/")[2].removesuffix(".yaml") for p in files if fnmatchcase(p, PROFILE))
        self._names["offering"] = frozenset(profiles) - {"company"}
        self._names["source"] = frozenset(Source)
        if fields := self._names["field"]:
            # `learn: pain` is short for fact.pain.
            self._names["field"] = fields | {n.removeprefix("fact.") for n in fields if n.startswith("fact.")}

    def problems(self) -> Iterator[Problem]:
        for reference in REFERENCES:
            for path, document in self._documents.items():
                if fnmatchcase(path, reference.path):
                    yield from self._of(document, reference)

    def names(self, kind: str) -> frozenset[str] | None:
        return self._names[kind]

    def unknown(self, kind: str, name: str) -> str | None:
        """What is wrong with the name, None if it is declared or if that cannot be told."""
        names = self._names[kind]
        if names is None or name in names:
            return None
        meant = did_you_mean(name, sorted(names))
        offered = "" if meant.endswith("?") or not 0 < len(names) <= 12 else f" There are {_listed(names)}."
        return f"There is no {CALLED[kind].format(name)}{meant}{offered}"

    def _of(self, document: Document, reference: Reference) -> Iterator[Problem]:
        for loc, value in found(document.data, reference.loc):
            if not isinstance(value, str) or value in reference.also:
                continue
            if sentence := self.unknown(reference.kind, value):
                problem = at(document, loc, sentence, at_key=loc[-1] == KEY)
                yield Problem(problem.path, problem.line, problem.column, sentence, reference.severity, problem.length)

    def _declared(self, pattern: str, loc: Loc, files: Mapping[str, str]) -> frozenset[str] | None:
        paths = [path for path in files if fnmatchcase(path, pattern)]
        if not all(path in self._documents for path in paths) or (not paths and pattern not in OPTIONAL):
            return None
        values = (value for path in paths for _, value in found(self._documents[path].data, loc))
        return frozenset(value for value in values if isinstance(value, str))


OPTIONAL = frozenset({ASSETS, SAMPLES})
"""A file that may be left out declares nothing then; of any other that is missing, nothing can be told."""


def found(data: Data, pattern: Loc, loc: Loc = ()) -> Iterator[tuple[Loc, Data]]:
    """Every value at a place like the pattern; with `[key]` last, the key itself."""
    if not pattern:
        yield loc, data
    elif pattern == (KEY,):
        yield (*loc, KEY), str(loc[-1])
    elif isinstance(data, dict):
        for key, value in data.items():
            if pattern[0] in ("*", key):
                yield from found(value, pattern[1:], (*loc, key))
    elif isinstance(data, list) and pattern[0] == "*":
        for number, value in enumerate(data):
            yield from found(value, pattern[1:], (*loc, number))


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
