"""Lives in memory: the same `decide`, the moves applied, every mail delivered the moment it is due."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from authoring.load import compile_release
from domain import lifecycle
from domain.decide import decide
from domain.lead import Delivery, Facts, Known, Lead, Seen, Source, State, Status, Value
from domain.release import Release
from domain.steps import Move, Step, Verb
from tests.unit.authoring.small import FILES, TRACK

MONDAY = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
MAIL = "---\nsubject: {0}\n---\nAbout {0}.\n"
CALL = "---\nchannel: call\ntitle: {0}\n---\nAsk.\n"
HEAD = "owner: ines\ngoal: 40 sales_accepted by 2030-03-31\nmessage: On time.\naudience: Pubs\nbudget: 900 USD\n"


def track(
    id: str, body: str, touches: Mapping[str, str], enrol: str | None = 'inquiry.topic == "kegs"'
) -> dict[str, str]:
    """A track's files; `touches` are name to text, `{0}` in it stands for the name."""
    head = f"title: {id}\n{HEAD}" + (f"enrol: {enrol}\n" if enrol else "")
    folder = f"content/tracks/{id}/"
    files = {f"{folder}{name}.md": text.replace("{0}", name) for name, text in touches.items()}
    return {f"{folder}track.yaml": head + body, **files}


def files(*tracks: Mapping[str, str], **changed: str) -> dict[str, str]:
    """The brewery's with these tracks instead of its own; `defaults`, `recycling` and `reasons` are lines to add."""
    base = {path: text for path, text in FILES.items() if not path.startswith(TRACK.rpartition("/")[0])}
    base["content/defaults.yaml"] += changed.get("defaults", "")
    base["lead_defs/recycling.yaml"] += changed.get("recycling", "")
    reasons = base["lead_defs/reasons.yaml"]
    base["lead_defs/reasons.yaml"] = reasons.replace("recycle:\n", "recycle:\n" + changed.get("reasons", ""))
    base["lead_defs/sales-ready.yaml"] = base["lead_defs/sales-ready.yaml"].partition("examples:")[0]
    for each in tracks:
        base |= each
    return base


def release_of(*tracks: Mapping[str, str], **changed: str) -> Release:
    release = compile_release(files(*tracks, **changed))
    return replace(release, approved=frozenset(release.tracks))


@dataclass
class Life:
    """A lead who is not ready and says nothing unless told to. `moves` are all it took so far."""

    release: Release
    facts: Facts
    now: datetime = MONDAY
    moves: list[Move] = field(default_factory=list)

    @classmethod
    def begin(cls, release: Release, id: UUID | None = None, zone: str = "America/Chicago") -> Life:
        lead = Lead(id or uuid4(), State.NEW, MONDAY, MONDAY, country="US", time_zone=zone)
        life = cls(release, Facts(lead))
        life.learn("inquiry.topic", "kegs")
        return life

    @property
    def lead(self) -> Lead:
        return self.facts.lead

    @property
    def had(self) -> list[str]:
        return [d.touch for d in self.facts.ledger]

    def learn(self, name: str, value: Value, source: Source = Source.FORM) -> None:
        known = {**self.facts.known, name: Known(value, self.now, source, "form")}
        self.facts = replace(self.facts, known=known)

    def do(self, event: str) -> None:
        seen = {**self.facts.seen, event: Seen({self.now.date(): 1}, self.now, event)}
        self.facts = replace(self.facts, seen=seen)

    def change(self, **columns: object) -> None:
        self.facts = replace(self.facts, lead=replace(self.lead, **columns))  # type: ignore[arg-type]  # by name

    def look(self) -> Step:
        step = decide(self.facts, self.release, self.now)
        for move in step.moves:
            self.change_by(move)
        return step

    def change_by(self, move: Move) -> None:
        self.moves.append(move)
        self.facts = replace(self.facts, lead=lifecycle.apply(self.lead, move, self.now))

    def give(self, step: Step, status: Status = Status.SENT, code: str | None = None) -> None:
        found = self.release.find_touch(step.id.split(":")[1])
        assert found is not None
        touch = found[1].version_for(self.lead.id)
        row = Delivery(
            uuid4(), touch.id, 1, self.lead.cycle, touch.channel, status, self.now, self.now, 1, code, touch.assets
        )
        self.facts = replace(self.facts, ledger=(*self.facts.ledger, row))

    def live(self, until: datetime, skips: bool = False) -> Step:
        """Human touches are done at once, or skipped by whoever should have done them."""
        step = self.look()
        for _ in range(200):
            if step.due_at > until or step.verb is Verb.ENDED:
                self.now = max(self.now, until)
                return step
            self.now = max(self.now, step.due_at)
            again = self.look()  # as an activity does: it acts only on the same step
            if again.id != step.id or again.due_at > self.now:
                step = again
                continue
            if step.verb is Verb.OPEN_TASK and skips:
                self.give(step, Status.FAILED, "not_done")
            elif step.verb in (Verb.DELIVER, Verb.OPEN_TASK):
                self.give(step)
            elif step.verb not in (Verb.REST, Verb.RESUME):
                return step
            step = self.look()
        raise AssertionError(f"does not come to rest: {step}")

    def live_for(self, days: float, skips: bool = False) -> Step:
        return self.live(self.now + timedelta(days=days), skips)

    def returned(self, reason: str, cool_until: datetime | None = None, **columns: object) -> None:
        """As sales gives it back, at once."""
        self.change(
            state=State.RECYCLED,
            state_entered_at=self.now,
            return_reason=reason,
            returned_at=self.now,
            left_sales_at=self.now,
            cool_until=cool_until or self.now,
            recycled_at=(*self.lead.recycled_at, self.now),
            left_stage_at_handoff=self.lead.stage,
            **columns,
        )
