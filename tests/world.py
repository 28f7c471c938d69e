"""A whole installation without Temporal: the real archive on either database, the real decisions, and the workflow's
loop played by hand. Sends are recorded instead of put on a wire; tests of the wire are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, insert, select

from authoring.load import compile_release, read_folder
from domain.letters import Letter, Outcome
from domain.release import Release
from domain.said import Said
from domain.steps import Order, Step, Verb
from storage import enrolling, events, people, releases
from storage import tables as t
from storage.archive import Archive, connect, replace_approved
from storage.deciding import open_lead
from storage.life import ArchiveLife

ROOT = Path(__file__).parent.parent
MONDAY = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)
HEARD = {"fact.pain": "detention", "fact.evaluate_within_months": 2}
"""What a conversation has to confirm before a lead is qualified."""
QUIET = (Verb.DECIDE, Verb.RESUME, Verb.REST, Verb.ENDED)


@cache
def shipped_files() -> dict[str, str]:
    return read_folder(ROOT)


@cache
def shipped_release() -> Release:
    release = compile_release(shipped_files())
    return replace_approved(release, frozenset(release.tracks))


@cache
def _compiled(files: tuple[tuple[str, str], ...]) -> Release:
    return compile_release(dict(files))


def compile_once(files: Mapping[str, str]) -> Release:
    """The same files are the same release in every world; compiling them is most of what a new world costs."""
    return _compiled(tuple(sorted(files.items())))


class HandClock:
    """Business and machine time alike; moves only when told."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at


@dataclass
class World:
    archive: Archive
    clock: HandClock
    life: ArchiveLife
    sent: list[Letter] = field(default_factory=list)
    answer: Callable[[Letter], Outcome] = lambda letter: Outcome("sent", "250", "words")

    @classmethod
    def make(
        cls, folder: Path, files: Mapping[str, str] | None = None, url: str | None = None, *, is_for_show: bool = False
    ) -> World:
        """In a file of that folder, or in the archive at a URL. `is_for_show`: nothing waits for the disk."""
        clock = HandClock()
        engine = connect(url or f"sqlite:///{folder / 'archive.db'}", pool_size=4, is_for_show=is_for_show)
        if url is None:
            t.metadata.create_all(engine)
        archive = Archive(engine, clock, compile_once, b"test secret, long enough")
        world = cls(archive, clock, ArchiveLife(archive, lambda address: True))
        world.publish(dict(files or shipped_files()))
        for rep in ("rosa", "marc"):
            with archive.begin() as tx:
                tx.execute(insert(t.reps).values(id=rep, capacity=20, weight=1.0, is_active=True))
        return world

    def publish(self, files: Mapping[str, str]) -> Release:
        with self.archive.begin() as tx:
            release = self.archive.compile(files)
            for subject in release.form_hashes:
                for who in (release.definition.signers.marketing, release.definition.signers.sales):
                    releases.sign(tx, self.archive, release, subject, who)
            return releases.publish(tx, self.archive, files, "ines")

    def enrol(self, email: str = "ana@site.example", **more: Any) -> UUID:  # Any: fields of Enrolment
        values = {
            "lead.first_name": "Ana",
            "company.industry": "3pl",
            "company.dock_doors": 14,
            "company.country": "US",
            "inquiry.topic": "detention",
            **more.pop("values", {}),
        }
        with self.archive.begin() as tx:
            return enrolling.enrol(tx, self.archive, enrolling.Enrolment(email, values, **more)).lead_id

    def event(self, lead_id: UUID, name: str, event_id: str, **more: Any) -> bool:  # Any: fields of Happening
        with self.archive.begin() as tx:
            what = events.Happening(name, "test", event_id, **more)
            return events.happen(tx, self.archive, lead_id, what)[0]

    def say(
        self, lead_id: UUID, command: str, actor: str = "REP", learned: Mapping[str, Any] | None = None, **more: Any
    ) -> None:
        """A person's decision; the owner's by default, who qualifies by what has to be heard. Any: fields of Said,
        facts."""
        if command == "qualify" and learned is None:
            learned = HEARD
        with self.archive.begin() as tx:
            owner = open_lead(tx, self.archive, lead_id).lead.owner
            said = Said(command, actor, more.pop("who", owner or "ines"), **more)
            people.decide(tx, self.archive, lead_id, said, people.Learned(learned or {}))

    def finish_task(self, lead_id: UUID, outcome: str, **more: Any) -> None:  # Any: fields of TaskDone
        with self.archive.begin() as tx:
            c = t.tasks.c
            task_id = tx.execute(select(c.id).where(c.lead_id == lead_id, c.closed_at.is_(None))).scalars().first()
            assert task_id is not None
            people.finish_task(tx, self.archive, task_id, people.TaskDone(outcome, "lena", **more))

    def look(self, lead_id: UUID) -> Step:
        """What the workflow does when something happened."""
        return self.life.look(Order(str(lead_id), 0, ""))

    def perform(self, lead_id: UUID, step: Step) -> Step:
        """What the workflow does when the step's time has come."""
        order = Order(str(lead_id), step.seq, step.id)
        if step.verb in QUIET:
            return self.life.look(order)
        if step.verb is not Verb.DELIVER:
            return self.life.perform(step.verb.value, order)
        claimed = self.life.claim(order, f"attempt/{len(self.sent)}")
        if isinstance(claimed, Step):
            return claimed
        self.sent.append(claimed.letter)
        return self.life.confirm(claimed, self.answer(claimed.letter))

    def live(self, lead_id: UUID, until: datetime, most: int = 400) -> Step:
        """Play the loop: sleep to the step, perform it, take the next, until that instant or the end."""
        step = self.look(lead_id)
        for _ in range(most):
            if step.verb is Verb.ENDED or step.due_at > until:
                self.clock.at = max(self.clock.at, until)
                return step
            self.clock.at = max(self.clock.at, step.due_at)
            step = self.perform(lead_id, step)
        raise AssertionError(f"the loop does not come to rest: {step}")

    def live_for(self, lead_id: UUID, **length: float) -> Step:
        return self.live(lead_id, self.clock.at + timedelta(**length))

    def row(self, lead_id: UUID) -> RowMapping:
        with self.archive.reading() as tx:
            return tx.execute(select(t.leads).where(t.leads.c.id == lead_id)).mappings().one()

    def rows(self, table: Any, lead_id: UUID) -> list[RowMapping]:  # Any: one of storage.tables
        with self.archive.reading() as tx:
            query = select(table).where(table.c.lead_id == lead_id).order_by(*table.primary_key.columns)
            return list(tx.execute(query).mappings())

    def transitions(self, lead_id: UUID) -> list[str]:
        return [r["transition"] for r in self.rows(t.log, lead_id) if r["transition"]]
