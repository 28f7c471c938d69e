"""What API tests work with: leads to enrol, and an app whose worker is played by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from fastapi.testclient import TestClient

from api.app import create_app
from api.services import Services
from authoring.load import compile_release, read_folder
from domain.letters import Claimed, Outcome
from domain.release import Release
from domain.steps import Order, Step
from mail.links import Links
from storage import api_keys, reading, releases, reps, sending
from storage.archive import Archive, Tx, connect
from storage.deciding import act
from storage.life import ACTIONS
from storage.tables import metadata
from storage.wakes import Wake

ROOT = Path(__file__).resolve().parents[3]
MONDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PEOPLE = {"marketing": "ines", "nurture": "lena", "sales": "rosa", "manager": "tom", "ops": "olga"}
READY: dict[str, Any] = {  # Any: JSON
    "email": "marcus.bell@ridgeway-foods.example",
    "lead": {"first_name": "Marcus", "last_name": "Bell", "title": "VP Operations", "country": "US"},
    "company": {"name": "Ridgeway Foods", "industry": "food_distribution", "dock_doors": 40, "country": "US"},
    "inquiry": {"topic": "detention", "source": "webinar"},
    "fact": {"pain": "detention", "evaluate_within_months": 2},
}
CURIOUS: dict[str, Any] = {**READY, "email": "carmen.ruiz@sunbelt.example", "fact": {}}


@dataclass
class TestClock:
    """Business time that stands until a test moves it."""

    __test__ = False
    at: datetime = MONDAY

    def now(self) -> datetime:
        return self.at

    def wake_at(self, due_at: datetime) -> datetime:
        return due_at


@cache
def shipped() -> dict[str, str]:
    return read_folder(ROOT)


compiled = cache(lambda: compile_release(shipped()))


def compile_files(files: Mapping[str, str]) -> Release:
    return compiled() if files == shipped() else compile_release(files)


@dataclass
class House:
    """An app with a key for every role, and for each rep; the worker's part is played by hand."""

    archive: Archive
    clock: TestClock
    links: Links
    client: TestClient
    keys: dict[str, str]
    wakes: list[Wake] = field(default_factory=list)

    def call(self, method: str, path: str, role: str = "admin", **kwargs: Any) -> Any:  # Any: a response, like httpx's
        headers = {"Authorization": f"Bearer {self.keys[role]}", **kwargs.pop("headers", {})}
        return self.client.request(method, f"/api{path}", headers=headers, **kwargs)

    def get(self, path: str, role: str = "admin") -> Any:  # Any: JSON
        answer = self.call("GET", path, role)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: object = None, role: str = "admin", status: int = 200, **headers: str) -> Any:
        """Any: JSON"""
        answer = self.call("POST", path, role, json={} if body is None else body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def enrol(self, body: dict[str, Any] | None = None) -> str:  # Any: JSON
        lead: str = self.post("/leads", body or CURIOUS, status=201)["id"]
        return lead

    def work(self, lead: str, steps: int = 1) -> Step:
        """What the lead's workflow would do next, as of the step's own time; sends are delivered."""
        step = act(self.archive, Order(lead, 0, ""))
        for _ in range(steps):
            self.clock.at = max(self.clock.at, step.due_at)
            order = Order(lead, step.seq, step.id)
            if step.verb == "deliver":
                claimed = sending.claim(self.archive, order, "test", lambda _: True)
                assert isinstance(claimed, Claimed), claimed
                words = f"{claimed.letter.subject}\n\nwords"
                step = sending.confirm(self.archive, claimed, Outcome("sent", "250", words))
            else:
                step = act(self.archive, order, ACTIONS.get(step.verb))
        return step

    def work_until(self, lead: str, verb: str) -> Step:
        for _ in range(20):
            step = self.work(lead, 0)
            if step.verb == verb:
                return step
            self.work(lead)
        raise AssertionError(f"never came to {verb}")

    def offered(self, body: dict[str, Any] | None = None) -> tuple[str, dict[str, Any]]:  # Any: JSON
        """A lead that is with a salesperson, and its handoff."""
        lead = self.enrol(body or READY)
        self.work_until(lead, "route")
        self.work(lead)
        found = next(h for h in self.get("/handoffs?open=true")["items"] if h["lead"] == lead)
        return lead, found

    def sent(self, lead: str, touch: str) -> UUID:
        for _ in range(20):
            with self.archive.reading() as tx:
                rows = [r for r in reading.deliveries(tx, UUID(lead)) if r["touch"] == touch and r["status"] == "sent"]
            if rows:
                return UUID(str(rows[0]["id"]))
            self.work(lead)
        raise AssertionError(f"{touch} was never sent")


@contextmanager
def furnished(folder: Path, database: str, base_url: str = "https://nurture.example") -> Iterator[House]:
    """A house on this database, with the shipped files published and two salespeople."""
    clock, keys, wakes = TestClock(), dict[str, str](), list[Wake]()
    engine = connect(database)
    metadata.create_all(engine)
    archive = Archive(engine, clock, compile_files, b"s" * 32)
    with archive.begin() as tx:
        _publish(archive, tx)
        for role in api_keys.ROLES:
            keys[role] = api_keys.create(tx, f"test-{role}", role, PEOPLE.get(role))[1]
        keys["rosa"], keys["marc"] = keys["sales"], api_keys.create(tx, "test-marc", "sales", "marc")[1]
        for rep in ("rosa", "marc"):
            reps.put(tx, archive, rep, {"capacity": 5})
    links = Links([b"k" * 32], base_url)
    app = create_app(Services(archive, links, wakes.extend, base_url, "test", folder / "imports"))
    with TestClient(app, raise_server_exceptions=False, headers={"User-Agent": BROWSER}) as client:
        yield House(archive, clock, links, client, keys, wakes)
    engine.dispose()


def _publish(archive: Archive, tx: Tx) -> None:
    release = compiled()
    for subject in release.form_hashes:
        for who in ("ines", "tom"):
            releases.sign(tx, archive, release, subject, who)
    releases.publish(tx, archive, shipped(), "ines")
