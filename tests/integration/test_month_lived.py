"""A sales team's month on servers: two workers, two APIs, Temporal and PostgreSQL, on the demo clock. Salespeople and
their manager, each with a key of their own, act over both APIs in turn, while an API is killed.
`python -m tests.integration.test_month_lived 1000` lives a month with so many leads and tells it; there a worker, the
one that runs the clock, is killed too.
"""

from __future__ import annotations

import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest

from commands.actors.acting import Action, News
from commands.actors.cast import NAME, Cast
from commands.actors.inbox import Inbox
from commands.actors.surfaces import TIMEOUT, Api
from commands.console import say
from commands.opening import settings_for
from commands.preparing import prepare
from commands.programs import SEARCH_ATTRIBUTES
from domain.said import Deal
from storage import api_keys, clock, releases
from storage.archive import Archive
from tests import postgres
from tests.integration.team import Team, team_on
from tests.month import DAYS, FILES, MANAGER, STARTS_AT, TEAM, Month, More, Standing, team_for
from tests.month_checks import check, kept, tell
from tests.postgres import Server
from tests.world import HEARD

GRID = timedelta(minutes=5)
"""The clock stops wherever somebody acts, and what falls together costs one stop."""
FEED = "website"
STANDS = 200.0
"""Seconds after which a clock that stands still has stopped for good: what a killed worker had in hand is tried again
after 90."""


class Alternating(httpx.BaseTransport):
    """Each request goes to the next API, and so does its repetition when one is dead."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.answered = Counter[int]()
        self._ports, self._number = ports, count()
        self._wire = httpx.HTTPTransport()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        port = self._ports[next(self._number) % len(self._ports)]
        request.url = request.url.copy_with(port=port)
        answer = self._wire.handle_request(request)
        self.answered[port] += 1
        return answer

    def close(self) -> None:
        self._wire.close()


@dataclass
class ByCall:
    """What people do, each with a key of their own."""

    apis: Mapping[str, Api]

    def enrol(self, email: str, values: Mapping[str, Any]) -> UUID:  # Any: values of fields
        groups: dict[str, dict[str, Any]] = {
            "lead": {"first_name": "Ana"},
            "company": {"industry": "3pl", "dock_doors": 14, "country": "US"},
            "inquiry": {"topic": "detention"},
            "fact": {},
        }
        for name, value in values.items():
            group, _, rest = name.partition(".")
            groups[group][rest] = value
        return UUID(self.apis[FEED].post("/api/leads", {"email": email, **groups})["id"])

    def ask_for_demo(self, lead: UUID, event_id: str) -> None:
        self.apis[FEED].post(f"/api/leads/{lead}/events", {"name": "demo_request", "id": event_id, "source": FEED})

    def leave(self, name: str, until: datetime) -> None:
        self.apis[name].post(f"/api/reps/{name}/away", {"until": until.isoformat(), "in_hand": "untouched"})

    def say(self, standing: Standing, command: str, more: More) -> None:
        body = {"offer": standing.offer, **_sent(more)}
        if command == "qualify":
            body["learned"] = HEARD
        self.apis[standing.row["owner"]].post(f"/api/handoffs/{standing.handoff}/{command}", body)

    def assign(self, lead: UUID, rep: str) -> None:
        self.apis[MANAGER].post(f"/api/leads/{lead}/assign", {"rep": rep})


def _sent(more: More) -> dict[str, object]:
    """As the API wants it."""
    body = dict(more)
    if deal := body.pop("deal", None):
        assert isinstance(deal, Deal)
        body |= {"amount": deal.amount, "currency": deal.currency, "forecast": deal.forecast}
        body["close_on"] = deal.close_on and deal.close_on.isoformat()
    if length := body.pop("note_length", 0):
        body["note"] = "x" * length
    if at := body.pop("resume_on", None):
        body["resume_on"] = at.isoformat()
    return {name: value for name, value in body.items() if value is not None}


@dataclass
class Crowd:
    """Everybody of a month as one actor: at each look, what they mean to do newly."""

    tell: Callable[[News], None]
    month: Month = field(init=False)
    planned: list[Action] = field(default_factory=list)

    def look(self, news: News) -> Sequence[Action]:
        self.tell(news)
        self.month.see()
        return self._taken()

    def plan(self, at: datetime, what: str, act: Callable[[], None]) -> None:
        later = (STARTS_AT - at) % GRID
        self.planned.append(Action(at + later, what, partial(self._act, act), is_alone=False))

    def _act(self, act: Callable[[], None]) -> Sequence[Action]:
        act()
        return self._taken()

    def _taken(self) -> Sequence[Action]:
        found, self.planned = self.planned, []
        return found


@dataclass
class Patience:
    """Says stop when the story does not go on."""

    cast: Cast
    _seen: int = -1
    _until: float = 0.0

    def is_over(self) -> bool:
        if self.cast.seen != self._seen or not self._until:
            self._seen, self._until = self.cast.seen, time.monotonic() + STANDS
        return time.monotonic() > self._until


@dataclass
class Lived:
    """A month and the servers on which it is lived."""

    team: Team
    crowd: Crowd
    cast: Cast
    wire: Alternating

    @property
    def month(self) -> Month:
        return self.crowd.month

    def live(self) -> None:
        """From the first lead to the last day."""
        self.month.begin()
        self.team.start_all()
        self.cast.play(Patience(self.cast).is_over)
        with self.month.archive.reading() as tx:
            assert self.cast.is_done.is_set(), f"{clock.read(tx)} {clock.waits_for(tx)} {self.cast.trouble}"


@contextmanager
def begun(
    server: Server, folder: Path, leads: int, seed: int, days: int, tell: Callable[[News], None]
) -> Iterator[Lived]:
    """Prepared and published, everybody with a key; nothing but Temporal runs."""
    for name, text in FILES.items():
        path = folder / "files" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with team_on(server, folder, folder / "files", SEARCH_ATTRIBUTES) as team:
        archive, keys = _prepared(team)
        wire = Alternating([team.ports["api1"], team.ports["api2"]])
        with httpx.Client(base_url="http://127.0.0.1", timeout=TIMEOUT, transport=wire) as client:
            crowd, deeds = Crowd(tell), ByCall({name: Api(client, key) for name, key in keys.items()})
            crowd.month = Month(archive, deeds, crowd.plan, leads, seed, days, team_for(leads))
            (folder / "unread").mkdir()
            yield Lived(team, crowd, Cast(archive, [crowd], Inbox(folder / "unread"), crowd.month.ends_at), wire)
        archive.engine.dispose()


def _prepared(team: Team) -> tuple[Archive, dict[str, str]]:
    """The archive, published, its clock held at the beginning, and everybody's key."""
    given = team.settings()
    secret, speed = given["NURTURE_SECRET"], given["NURTURE_SPEED"]
    archive = prepare(settings_for(team.data, team.files, database=team.url, secret=secret, speed=speed), STARTS_AT)
    release, keys = archive.compile(FILES), {}
    signers = release.definition.signers
    with archive.begin() as tx:
        for subject in release.form_hashes:
            for who in (signers.marketing, signers.sales):
                releases.sign(tx, archive, release, subject, who)
        releases.publish(tx, archive, FILES, signers.marketing)
        clock.hold(tx, NAME, 0, STARTS_AT)
        keys[FEED] = api_keys.create(tx, FEED, "service")[1]
        for name, role in {**dict.fromkeys(TEAM, "sales"), MANAGER: "manager"}.items():
            keys[name] = api_keys.create(tx, name, role, name)[1]
    return archive, keys


def lose(team: Team, *names: str) -> None:
    """Killed at once and started again; meanwhile the other one answers, and does what has to be done."""
    for name in names:
        team.running[name].send_signal(signal.SIGKILL)
        team.running[name].wait()
    for name in names:
        team.start_api(1) if name == "api1" else team.start(name, team.command("worker"))


def nothing(news: News) -> None:
    """Nobody watches."""


@pytest.mark.postgresql
@pytest.mark.timeout(480)
def test_eight_days_of_twelve_salespeople(server: Server, tmp_path: Path) -> None:
    with begun(server, tmp_path, 12, 1, 8, nothing) as lived:
        lived.crowd.plan(STARTS_AT + timedelta(days=3), "an API is killed", lambda: lose(lived.team, "api1"))
        lived.live()
        check(lived.month)
        assert lived.cast.failed == 0
        assert set(lived.wire.answered) == {lived.team.ports["api1"], lived.team.ports["api2"]}
        told = kept(lived.month)
        assert told["vera"]["offered"] == told["vera"]["let_pass"] > 0 == told["vera"]["tried"]
        assert told["stan"]["offered"] == told["stan"]["rejected"] > 0


class Watch:
    """A line for each business day: how long it took, and how much was done."""

    def __init__(self) -> None:
        self._day, self._began, self._looks = "", time.monotonic(), 0

    def __call__(self, news: News) -> None:
        self._looks += 1
        day = f"{news.now:%a %d %b}"
        if day != self._day:
            self._day = day
            say(f"{day} after {time.monotonic() - self._began:.0f} s, {self._looks} looks")


def main(leads: int = 1000, seed: int = 1, days: int = DAYS) -> None:
    began = time.monotonic()
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres.running() as server,
        begun(server, Path(folder), leads, seed, days, Watch()) as lived,
    ):
        both = partial(lose, lived.team, "api1", "worker1")
        lived.crowd.plan(STARTS_AT + timedelta(days=days // 3, hours=6), "one of each is killed", both)
        lived.live()
        took = time.monotonic() - began
        lived.team.end()
        tell(lived.month)
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        processor = sum(one.ru_utime + one.ru_stime for one in used)
        say(f"{took:.0f} s, {processor:.0f} s of processor time beside PostgreSQL, requests {lived.wire.answered}")
        check(lived.month)
        say(f"{leads} leads in {days} days on two workers and two APIs: all as agreed")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
