"""One decision in the making: the facts, the release, the instant, and what several rules ask of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property

from domain.calendar import Window
from domain.lead import Facts, Lead
from domain.readiness import Verdict, judge
from domain.release import Release
from domain.steps import Move
from domain.track import Track
from domain.view import LeadView

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Context:
    facts: Facts
    release: Release
    now: datetime

    @property
    def lead(self) -> Lead:
        return self.facts.lead

    @cached_property
    def view(self) -> LeadView:
        memory = self.facts.memory
        return (memory.view if memory else LeadView)(self.facts, self.release, self.now)

    @cached_property
    def verdict(self) -> Verdict:
        memory = self.facts.memory
        return memory.verdict(self.view) if memory else judge(self.view, self.release)

    @property
    def track(self) -> Track | None:
        return self.release.tracks.get(self.lead.track or "")

    @cached_property
    def buyer_zone(self) -> str:
        return self.lead.time_zone or self.release.defaults.time_zone

    @cached_property
    def sales_window(self) -> Window:
        """The working hours in which promises about this lead are counted: its owner's, else the team's."""
        hours = self.facts.owner_hours or self.release.service_levels.hours
        zone = self.facts.owner_zone or self.release.defaults.time_zone
        return Window(hours, zone, self.facts.owner_holidays or self.release.defaults.country)

    @property
    def holder(self) -> str | None:
        """Who has the lead now: its owner, or of one in a queue whoever claimed it."""
        claim = self.facts.claim
        return claim.rep if self.lead.team and claim and claim.until > self.now else self.lead.owner

    def with_lead(self, lead: Lead) -> Context:
        return Context(replace(self.facts, lead=lead), self.release, self.now)

    def newest_hand_raise(self) -> tuple[str, datetime] | None:
        """The newest request to talk that nobody has answered, whoever had the lead when it came."""
        return self._unanswered(self.release.hand_raises, BEGINNING)

    def newest_stop(self) -> tuple[str, datetime] | None:
        """The newest event that stops sending until a person has read it."""
        names = {n for n in self.facts.seen if self.release.react(self.lead, n) == "stop"}
        return self._unanswered(frozenset(names), self.lead.left_sales_at or BEGINNING)

    def hands_seen(self) -> dict[str, datetime]:
        """`answered` with every request to talk so far: somebody has spoken with them."""
        hands = {n: s.last_at for n, s in self.facts.seen.items() if n in self.release.hand_raises}
        return {**self.lead.answered, **hands}

    def _unanswered(self, names: frozenset[str], left_at: datetime) -> tuple[str, datetime] | None:
        lead, seen = self.lead, self.facts.seen
        open_ones = [
            (seen[n].last_at, n)
            for n in names & seen.keys()
            if seen[n].last_at > max(lead.answered.get(n, BEGINNING), left_at)
        ]
        if not open_ones:
            return None
        at, name = max(open_ones)
        return name, at


def system(transition: str, to: str, reason: str, sets: dict[str, object], **data: object) -> Move:
    return Move(transition, to, "SYS", reason, None, sets, data)
