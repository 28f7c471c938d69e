"""The definition tested on leads both teams know: what they expect beside what the definition says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from authoring.documents import Document
from authoring.problems import Problem
from authoring.references import DEFINITION
from authoring.sentences import at
from domain.definition import Expectation
from domain.readiness import Verdict, judge
from domain.release import Release
from domain.samples import facts_of
from domain.view import LeadView, excluded_by

HELD = {"met": "met", "not_met": "not met", "unknown": "unknown"}


@dataclass(frozen=True)
class Judgement:
    """A sample as the definition sees it. `never` is the profile's rule that keeps it out, if one does."""

    verdict: Verdict
    never: str | None

    @property
    def is_ready(self) -> bool:
        return self.never is None and self.verdict.ready

    def is_as_expected(self, expect: str) -> bool:
        what, _, name = expect.partition(" ")
        if what == "ready":
            return self.is_ready and self.verdict.rule == name
        return not self.is_ready and (what == "not" or self._asks(name))

    def _asks(self, criterion: str) -> bool:
        return self.never is None and criterion in (asked.id for asked in self.verdict.asks)

    def __str__(self) -> str:
        if self.is_ready:
            return f"ready {self.verdict.rule}"
        if self.never:
            return f"not ready, kept out by never: {self.never}"
        if self.verdict.held_back_by:
            return f"not ready, held back by {self.verdict.held_back_by}"
        asks = " and ".join(asked.id for asked in self.verdict.asks)
        return f"ask {asks}" if asks else "not ready"


def judged(release: Release, sample: str, now: datetime) -> Judgement:
    """The named sample at `now` (aware UTC), as it arrives."""
    view = LeadView(facts_of(release.samples[sample], release, now), release, now)
    return Judgement(judge(view, release), excluded_by(view, release))


def run_examples(release: Release, now: datetime, document: Document | None = None) -> list[Problem]:
    """An error for each example that comes out otherwise, at its place if the definition's file is given."""
    problems = []
    for number, example in enumerate(release.definition.examples):
        if example.do:
            continue  # lived through, not judged on arrival: simulation/examples.py
        found = judged(release, example.lead, now)
        if not found.is_as_expected(example.expect):
            sentence = _sentence(example, found)
            place = ("examples", number, "expect")
            problems.append(at(document, place, sentence) if document else Problem(DEFINITION, 1, 1, sentence))
    return problems


def _sentence(example: Expectation, found: Judgement) -> str:
    criteria = ", ".join(f"{criterion.id} {HELD[criterion.holds]}" for criterion in found.verdict.criteria)
    return (
        f"{example.lead}: expected {example.expect}, but it is {found} ({criteria})."
        " Change the definition, the sample or what is expected."
    )
