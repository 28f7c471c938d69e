"""One run of the demo: an empty folder, everybody in place, the story to its last day, the summary."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

from rich.console import Console

from authoring.load import read_folder
from commands import processes, telling
from commands.actors.buyers import Buyer
from commands.actors.cast import NAME
from commands.actors.company import WEBSITE, Told, assemble
from commands.actors.surfaces import connect
from commands.audit import audit
from commands.console import say, screen
from commands.folder import Folder
from commands.opening import open_archive, settings_for
from commands.preparing import write_secretly
from commands.releasing import publish_files
from commands.standing import LEFTOVER_GRACE, Standing, standing
from commands.story import Reader
from commands.summing_up import Person, print_addresses, print_stories, print_summary, whence
from commands.watching import Scale, Watchdog, Watching, watching
from domain.errors import RefusedError
from domain.release import Release
from storage import api_keys, clock, releases, reps
from storage.archive import Archive, Tx

STARTS_AT = datetime(2027, 1, 4, 14, 0, tzinfo=UTC)
"""Monday 4 January 2027, eight in the morning in Chicago."""
CAPACITY = 12
TELL_AFTER, GIVE_UP_AFTER = 10.0, 200.0
"""Seconds the clock may stand still until we say what it waits for, and until we say that something is wrong: what a
killed worker had in hand is tried again after 90."""
MARK, KEYS = "demo.txt", "people.keys"
FAULTS = 20
TICKS = 4
"""Of the supervisor, a tenth of a second each, between two pictures."""


@dataclass(frozen=True)
class Options:
    data: Path
    files: Path | None
    days: int
    seed: int
    speed: float
    has_to_exit: bool
    keeps: bool


@dataclass
class Begun:
    """What was settled before anything ran."""

    keys: dict[str, str] = field(default_factory=dict)
    release: Release | None = None
    starts_at: datetime = STARTS_AT
    ends_at: datetime = STARTS_AT


def run(options: Options) -> bool:
    """The whole demo; False when something was wrong in the end."""

    settings = settings_for(options.data, options.files, speed=options.speed)
    make_fresh(options)
    begun, console, began = Begun(), screen(), time.monotonic()
    console.print(f"[bold]Nurture demo[/]: {options.days} days from {STARTS_AT:%A %-d %B %Y} on, seed {options.seed}")

    with standing(
        settings, {}, say, lambda archive: begin(archive, settings.files, options, begun), STARTS_AT
    ) as everything:
        if not everything.wait():
            return True
        console.print(
            f"everything runs after {time.monotonic() - began:.0f} s; look around while it goes:"
            f" {everything.addresses['web']} with the key in {everything.addresses['admin_key_file']}"
        )
        story = Story(options, everything, begun, console)
        is_well = story.play()
        if everything.supervisor.is_told_to_stop:
            return is_well
        story.sum_up(time.monotonic() - began)
        if not options.has_to_exit:
            everything.keep()
    return is_well


def make_fresh(options: Options) -> None:
    """Empties the folder of the last demo, and no other. Raises RefusedError, ConflictError while one runs on it."""

    folder = Folder(options.data.resolve())
    is_ours = (folder.path / MARK).exists()
    if folder.path.exists() and any(folder.path.iterdir()) and not is_ours:
        raise RefusedError(f"{options.data} holds something that is no demo; name another folder with --data")
    folder.make()
    with folder.locked():
        processes.end(folder.last_run().processes, LEFTOVER_GRACE)
        if is_ours and not options.keeps:
            for inside in folder.path.iterdir():
                if inside.name != "up.lock":
                    shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
        (folder.path / MARK).write_text("The data folder of nurture demo; the next demo empties it.\n")


def begin(archive: Archive, files: Path, options: Options, begun: Begun) -> None:
    """Sign and publish as the sample people, hire, and hold the clock until everybody is there."""

    found = read_folder(files)
    release = archive.compile(found)
    signers = release.definition.signers
    with archive.begin() as tx:
        for subject in release.form_hashes:
            for who in (signers.marketing, signers.sales):
                releases.sign(tx, archive, release, subject, who)
    begun.release = publish_files(archive, found, signers.marketing).release
    with archive.begin() as tx:
        hire(tx, archive, begun)
        begun.starts_at = clock.read(tx)
        begun.ends_at = begun.starts_at + timedelta(days=options.days)
        clock.hold(tx, NAME, 0, begun.starts_at)
    keys = "".join(f"{name:<10} {token}\n" for name, token in begun.keys.items())
    write_secretly(options.data / KEYS, keys)


def hire(tx: Tx, archive: Archive, begun: Begun) -> None:
    """Everybody of people.yaml gets a key, the salespeople places too; a folder of the last time keeps its old keys."""
    assert begun.release is not None
    taken = {key.name for key in api_keys.listed(tx)}
    people = [(name, person.role, name) for name, person in begun.release.people.items()]
    for name, role, person in [(WEBSITE, "service", None), *people]:
        key = next(key for number in range(1, 1000) if (key := f"demo-{name}-{number}") not in taken)
        begun.keys[name] = api_keys.create(tx, key, role, person)[1]
        if role == "sales":
            reps.put(tx, archive, name, {"capacity": CAPACITY})


class Story:
    """One run from the first lead to the summary."""

    def __init__(self, options: Options, everything: Standing, begun: Begun, console: Console) -> None:

        assert begun.release is not None
        self._options, self._everything, self._release, self._console = (
            options,
            everything,
            begun.release,
            console,
        )
        self._archive = open_archive(everything.settings, pool=6)
        self._scale = Scale(begun.starts_at, begun.ends_at, self._release.defaults.time_zone)
        told = Told(self._release, begun.keys, options.seed, begun.starts_at, begun.ends_at)
        client = connect(everything.addresses["api"])
        self._company = assemble(self._archive, client, everything.supervisor.folder.mail, told)

    def play(self) -> bool:
        """Until the last day, or Ctrl-C. False when the clock stood still for good, or the audit found something."""
        supervisor, cast = self._everything.supervisor, self._company.cast
        log_to(supervisor.folder.log("demo"))
        playing = Thread(target=cast.play, args=(lambda: supervisor.is_told_to_stop,), name="cast", daemon=True)
        playing.start()
        with watching(self._console, self._scale) as watched:
            supervisor.tell = watched.say
            moves = self._watch(watched, playing)
        supervisor.tell = say
        if supervisor.is_told_to_stop:
            return True
        problems = [] if moves else ["the clock stands still; see the logs"]
        if cast.trouble:
            problems.append(f"the people of the demo could not see anything: {cast.trouble}")
        problems += cast.faults[:FAULTS]
        problems += audit(self._archive, supervisor.folder.mail, self._everything.settings.mail_domain)
        for problem in problems:
            say(f"WRONG: {problem}")
        return not problems

    def _watch(self, watched: Watching, playing: Thread) -> bool:
        """False when the clock has stopped moving."""
        reader = Reader(self._archive, self._release, Names(self._company.buyers))
        watchdog, supervisor = Watchdog(TELL_AFTER), self._everything.supervisor
        while playing.is_alive() and not supervisor.is_told_to_stop:
            for _ in range(TICKS):
                supervisor.tick()
            now = telling.figures(self._archive)
            watched.show(now, reader.new())
            if watchdog.has_to_tell(now.at):
                watched.say(f"the clock waits for {self._waits_for()}")
            if watchdog.standing_for(now.at) > GIVE_UP_AFTER:
                return False
        watched.show(telling.figures(self._archive), reader.new())
        return True

    def _waits_for(self) -> str:
        with self._archive.reading() as tx:
            found = ", ".join(clock.waits_for(tx)) or "nothing"
        for lead_id, name in Names(self._company.buyers).items():
            found = found.replace(f"lead {lead_id}", name)
        return found

    def sum_up(self, seconds: float) -> None:
        people = {id: Person(buyer.full_name, buyer.company) for id, buyer in self._company.buyers.items()}
        print_summary(self._console, self._archive, self._release, people)
        self._console.print(f"\n{whence((buyer.id for buyer in self._company.buyers.values()), self._release)}")
        cast = self._company.cast
        late = "1 thing" if cast.failed == 1 else f"{cast.failed} things"
        dropped = f"; {late} somebody meant to do came too late" if cast.failed else ""
        self._console.print(f"\n{self._options.days} days in {seconds:.0f} s{dropped}")
        told = f"seed {self._options.seed} tells story {telling.digest(self._archive)}; told again it is the same"
        self._console.print(told)
        if not self._options.has_to_exit:
            with self._archive.begin() as tx:
                clock.let_go(tx, NAME, speed=1)
            rows = telling.leads(self._archive)
            print_stories(self._console, self._everything, rows, people)
            print_addresses(self._console, self._everything, rows)


class Names(Mapping[str, str]):
    """Who a lead is, while they arrive: "Ana (Ridgeway Foods)"."""

    def __init__(self, buyers: Mapping[str, Buyer]) -> None:
        self._buyers = buyers

    def __getitem__(self, lead_id: str) -> str:
        buyer = self._buyers[lead_id]
        return f"{buyer.name} ({buyer.company})"

    def __iter__(self) -> Iterator[str]:
        return iter(self._buyers)

    def __len__(self) -> int:
        return len(self._buyers)


def log_to(path: Path) -> None:
    """What the simulated people did, and what was refused, beside the programs' own logs."""
    handler = logging.FileHandler(path)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger = logging.getLogger("nurture.demo")
    logger.handlers, logger.propagate = [handler], False
    logger.setLevel(logging.INFO)
