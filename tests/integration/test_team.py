"""A team's own server: the compose file is valid, and its very commands do their work - two workers, two APIs, one
PostgreSQL - while salespeople ask both for leads as fast as they can, and while one of each is killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.audit import audit
from commands.opening import open_archive
from commands.preparing import prepare
from settings import Settings
from tests.integration.hammering import PEOPLE, PLACES, READY, Floor, replayed
from tests.integration.team import COMPOSE, FAST, SECRET, SLOW, Team, services, team_on
from tests.integration.test_up import GIVEN_UP, PERSON, ROOT, until
from tests.postgres import Server

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(600)]
LEADS = 40
LEADS_IN_QUEUE = 32
TUESDAY = datetime(2027, 1, 5, 15, tzinfo=UTC)
"""Nine in the morning in Chicago, and no public holiday for days."""
ROUTING = """
manager: tom
teams: {inside: {handoff: queue}}
rules:
  - {id: webinar, to: round_robin, team: inside, when: 'inquiry.source == "webinar"'}
  - {id: in-turn, to: round_robin, team: sales}
"""


def test_the_file_is_as_the_published_schema_wants_it() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


def test_nothing_is_published_beyond_this_machine_and_no_secret_has_a_default() -> None:
    published = [port for service in services().values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
    for name in ("POSTGRES_PASSWORD", "NURTURE_SECRET"):
        assert f"${{{name}:?" in COMPOSE.read_text()
        assert f"${{{name}:-" not in COMPOSE.read_text()


def test_every_setting_there_exists() -> None:
    named = {name for s in services().values() for name in s.get("environment", {}) if name.startswith("NURTURE_")}
    assert {name.removeprefix("NURTURE_").casefold() for name in named} <= set(Settings.model_fields)


def written(folder: Path) -> Path:
    """The shipped files, with a team beside the others that takes its leads from a queue, at any hour."""
    for name in ("lead_defs", "content"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "lead_defs/routing.yaml").write_text(ROUTING)
    with (folder / "lead_defs/people.yaml").open("a") as people:
        for id in PEOPLE:
            people.write(f"  {id}: {{name: {id.title()} Lee, role: sales, team: inside, address: {id}@h.example}}\n")
    queue = folder / "lead_defs/queue.yaml"
    queue.write_text(queue.read_text().replace("call_hours: Mon-Fri 08:00-18:00", "call_hours: Mon-Sun 00:00-23:59"))
    return folder


@pytest.fixture(scope="module")
def team(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """Running, with what everybody wrote made live."""
    folder = tmp_path_factory.mktemp("team")
    with team_on(server, folder, written(folder / "files")) as made:
        begin(made)
        yield made


def begin(team: Team) -> None:
    prepare(Settings(data=team.data, database=team.url, secret=SECRET, speed=SLOW), TUESDAY).engine.dispose()
    for who in ("ines", "tom"):
        signed = team.run("sign", "--all", "--as", who)
        assert signed.returncode == 0, signed.stderr
    for _ in range(2):  # again at every upgrade
        team.prepare(SLOW)
    team.start_all()
    for rep in ("rosa", "marc"):
        team.call("api1", f"/api/reps/{rep}", {"capacity": 100}, method="PUT")


def waited_for(holds: Callable[[], bool]) -> bool:
    """Whether it came: what went wrong until then says more than that it did not."""
    try:
        until(holds, "it", GIVEN_UP)
    except AssertionError:
        return False
    return True


def enrol(team: Team, number: int) -> str:
    """Every other one is ready at once; through either API, or the other when one is dead."""
    body = {**(READY if number % 2 else PERSON), "email": f"ana@site{number}.example"}
    for api in ((f"api{1 + number // 2 % 2}"), "api2"):
        try:
            return str(team.call(api, "/api/leads", body)["id"])
        except OSError:
            continue
    raise AssertionError("no API answers")


def test_nobody_gets_what_another_has_however_hard_they_hammer(team: Team) -> None:
    """Twelve people, some of them twice at once, on both APIs, while leads come in and leases run out."""
    floor = Floor.open(team)
    full = {**{(id, "WORKING"): PLACES for id in PEOPLE}, ("tom", "HANDED_OFF"): LEADS_IN_QUEUE - len(PEOPLE) * PLACES}
    with ThreadPoolExecutor(len(floor.seats) + 2) as pool:
        working = [pool.submit(floor.work, person, number) for number, person in enumerate(floor.seats)]
        try:
            leads = set(pool.map(floor.enrol, range(LEADS_IN_QUEUE)))
            is_full = waited_for(lambda: floor.standing(leads) == full)
        finally:
            floor.close()
        for each in working:
            each.result(GIVEN_UP)
    problems, happened = replayed(floor.log(), floor.answers())
    assert problems == []
    assert is_full, floor.standing(leads)
    assert happened.keys() >= {"claimed", "renewed", "calling", "released", "skipped", "rejected", "ran out"}, happened
    offers = team.rows("select rep, lead_id from offers where closed_at is null")
    owned = Counter((row.rep, row.lead_id) for row in offers)
    assert owned == Counter((row.owner, row.id) for row in team.rows("select owner, id from leads"))


def test_two_workers_and_two_apis_on_one_database(team: Team) -> None:
    team.prepare(FAST)
    with ThreadPoolExecutor(6) as pool:
        leads = list(pool.map(lambda n: enrol(team, n), range(LEADS // 2)))
        team.running["worker1"].send_signal(signal.SIGKILL)
        team.running["api1"].send_signal(signal.SIGKILL)
        leads += pool.map(lambda n: enrol(team, n), range(LEADS // 2, LEADS))
    assert len(set(leads)) == LEADS
    team.start("worker3", team.command("worker"))
    theirs = ", ".join(f"'{lead}'" for lead in leads)

    def offered() -> bool:
        states = Counter(row.state for row in team.rows(f"select state from leads where id in ({theirs})"))
        return states["NEW"] + states["INQUIRY"] + states["SALES_READY"] == 0 and states["NURTURING"] <= LEADS // 2

    def is_mailed() -> bool:
        return len(team.rows(f"select 1 from ledger where status = 'sent' and lead_id in ({theirs})")) >= LEADS // 2

    until(offered, "every lead's first steps", GIVEN_UP)
    until(is_mailed, "a mail for each", GIVEN_UP)
    open_handoffs = team.rows(f"select lead_id from handoffs where closed_at is null and lead_id in ({theirs})")
    assert len(open_handoffs) == LEADS // 2
    twice = team.rows("select lead_id, touch from ledger group by lead_id, touch having count(*) > 1")
    assert twice == []
    assert sent_wrongly(team) == []


def sent_wrongly(team: Team) -> list[str]:
    """Mails sent twice, or for nothing that the archive knows; nobody sends any more. What was on its way then is not
    asked."""
    for name, process in team.running.items():
        if name.startswith("worker"):
            process.kill()
            process.wait()
    settings = Settings(data=team.data, database=team.url, secret=SECRET, speed=FAST)
    archive = open_archive(settings)
    found = audit(archive, team.data / "mail", settings.mail_domain)
    archive.engine.dispose()
    return [one for one in found if "times" in one or "stands in no ledger" in one]
