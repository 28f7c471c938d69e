"""The verdict: is this lead sales-ready, criterion by criterion, with the evidence that says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.conditions import Reads
from domain.definition import Criterion, Rule
from domain.lead import Facts
from domain.release import Release
from domain.view import LeadView, RuleView, unknown_fit_fields

Holds = Literal["met", "not_met", "unknown"]


@dataclass(frozen=True)
class Judged:
    """One criterion of a verdict. `evidence` are ids of facts and events it read."""

    id: str
    says: str
    holds: Holds
    evidence: tuple[str, ...]
    ask: str | None = None


@dataclass(frozen=True)
class Verdict:
    """Pure: the same facts, release and instant give the same verdict."""

    ready: bool
    rule: str | None
    criteria: tuple[Judged, ...]
    held_back_by: str | None = None
    stale_rule: str | None = None
    """A rule that holds, but on nothing newer than the moment the lead last left sales."""

    @property
    def asks(self) -> tuple[Judged, ...]:
        return tuple(c for c in self.criteria if c.holds == "unknown")

    @property
    def lacks(self) -> str:
        """What it still takes, in one line of codes: `problem unknown, soon not met`; empty when ready."""
        if self.ready:
            return ""
        if self.held_back_by:
            return f"held back by {self.held_back_by}"
        missing = ", ".join(f"{c.id} {c.holds.replace('_', ' ')}" for c in self.criteria if c.holds != "met")
        return missing or "nothing new since sales had it"

    @property
    def signature(self) -> tuple[object, ...]:
        """What makes a verdict worth storing again: a criterion, its evidence or the rule changed."""
        return (
            self.ready,
            self.rule,
            self.held_back_by,
            tuple((c.id, c.holds, c.evidence) for c in self.criteria),
        )


def judge(view: LeadView, release: Release) -> Verdict:
    """Every criterion, then the first rule of `ready_when` that holds on fresh evidence (docs/rules.md, recycling)."""
    definition = release.definition
    judged = [_criterion(name, criterion, view) for name, criterion in definition.criteria.items()]
    holds = {"met": True, "not_met": False, "unknown": None}
    rules = RuleView(view, {c.id: holds[c.holds] for c in judged})
    ready_rule = stale_rule = None
    for name, rule in definition.ready_when.items():
        if rule.when.holds(rules):
            if _is_fresh(rule, view, release):
                ready_rule = name
                break
            stale_rule = stale_rule or name
    held = next((name for name, c in definition.hold_back_when.items() if c.holds(view)), None)
    return Verdict(ready_rule is not None and held is None, ready_rule, tuple(judged), held, stale_rule)


def _criterion(name: str, criterion: Criterion, view: LeadView) -> Judged:
    holds: bool | None = criterion.when.holds(view)
    newest, evidence = _evidence(criterion.when.reads, view)
    if holds and criterion.good_for and newest and newest + criterion.good_for < view.now:
        holds = None
    denied_at = view.facts.lead.denied.get(name)
    if denied_at and (newest is None or newest <= denied_at):
        holds = False  # sales said so, and nothing newer says otherwise (docs/rules.md, recycling)
    word: Holds = "unknown" if holds is None else "met" if holds else "not_met"
    return Judged(name, criterion.say, word, evidence, _question(criterion, view) if holds is None else None)


def _question(criterion: Criterion, view: LeadView) -> str | None:
    if criterion.ask:
        return criterion.ask
    names = sorted(n for n in criterion.when.reads.fields | criterion.when.reads.known if n.startswith("fact."))
    if "grade.fit" in criterion.when.reads.fields:
        names += unknown_fit_fields(view, view.release)
    for name in names:
        declared = view.release.fields.get(name)
        if declared and declared.ask and view.value(name) is None:
            return declared.ask
    return None


def _names(reads: Reads, release: Release, view: LeadView) -> set[str]:
    names = set(reads.fields | reads.known)
    if "grade.fit" in names:
        for profile in (release.company_profile, release.profile(view.facts.lead)):
            for entry in profile.points.values():
                names |= entry.when.reads.fields
    return names


def _evidence(reads: Reads, view: LeadView) -> tuple[datetime | None, tuple[str, ...]]:
    """The newest instant among what a condition read, and the ids of all of it."""
    found = [known for name in _names(reads, view.release, view) if (known := view.facts.known.get(name))]
    instants = [(k.at, k.evidence) for k in found]
    for event, _ in reads.events:
        if seen := view.facts.seen.get(event):
            instants.append((seen.last_at, seen.last_id))
    if not instants:
        return None, ()
    return max(instants)[0], tuple(sorted({evidence for _, evidence in instants}))


def reading(verdict: Verdict, names: Collection[str], view: LeadView) -> dict[str, Holds]:
    """The criteria of a verdict that read one of these fields, and how they hold."""
    criteria = view.release.definition.criteria
    return {
        c.id: c.holds
        for c in verdict.criteria
        if c.id in criteria and _names(criteria[c.id].when.reads, view.release, view) & set(names)
    }


def _is_fresh(rule: Rule, view: LeadView, release: Release) -> bool:
    """Only what came after the lead last left sales makes it ready again; a hand must be raised anew."""
    left_at = view.facts.lead.left_sales_at
    if left_at is None:
        return True
    if rule.reads_events:
        seen = (view.facts.seen.get(event) for event, _ in rule.when.reads.events)
        return any(s.last_at > left_at for s in seen if s)
    reads = rule.when.reads
    criteria = release.definition.criteria
    for name in rule.when.reads.fields & criteria.keys():
        reads = reads | criteria[name].when.reads
    newest, _ = _evidence(reads, view)
    return newest is not None and newest > left_at


def is_hot(facts: Facts, release: Release) -> bool:
    return (facts.lead.ready_rule or "") in release.service_levels.hot
