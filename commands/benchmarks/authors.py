"""What marketers wait for: checking many files, the lives of their examples, simulating and planning many leads."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from authoring.check import check
from authoring.load import compile_release, load, read_folder
from authoring.simulation.examples import run_examples
from authoring.simulation.population import Person
from authoring.simulation.scenarios import Plan, simulate
from commands.benchmarks.decides import NOW, midway
from commands.benchmarks.figures import Figure, Pair, Tell
from commands.benchmarks.plans import planned
from commands.templates import checker
from domain.decide import decide
from domain.release import Release
from domain.track import Sample

TOUCHES, EXAMPLES, LEADS, DAYS = 200, 60, 10_000, 120
BEGINS = datetime(2027, 3, 1, 15, 0, tzinfo=UTC)
HEAD = "owner: {owner}\ngoal: 40 sales_accepted by 2030-03-31\nmessage: m\naudience: a\nbudget: 9000 USD\n"
TOUCH = "---\nsubject: {name}\nwhen: company.dock_doors >= {number}\n---\nHello {{{{ lead.first_name or 'you' }}}}\n"
PER_TRACK = 10
LONG = 2.0


async def measure(folder: Path, root: Path, is_quick: bool, tell: Tell) -> list[Figure]:
    """Nothing here waits for anything: it is measured in this process, and in those that simulate."""
    files = read_folder(root)
    release = compile_release(files)
    rounds = 2 if is_quick else 5
    plain, lived = _many(files, release, 0), _many(files, release, EXAMPLES)
    figures = [
        _checked("check", f"{TOUCHES} touches checked", plain, folder / "plain", rounds, 2.0, tell),
        _checked("examples", f"the same with {EXAMPLES} lives", lived, folder / "lived", rounds, 5.0, tell),
    ]
    figures.append(_lived(lived, rounds, tell))
    figures.append(_simulated(files, release, 300 if is_quick else LEADS, tell))
    figures.append(planned(folder, files, release, is_quick, tell))
    return figures


def _checked(
    name: str, says: str, files: Mapping[str, str], folder: Path, rounds: int, target: float, tell: Tell
) -> Figure:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    checking, reading, spent = list[float](), list[float](), list[float]()
    for number in range(rounds):
        tell(f"{name}, round {number + 1} of {rounds}")
        started, used = time.perf_counter(), time.process_time()
        read = read_folder(folder)
        reading.append(time.perf_counter() - started)
        errors = [problem for problem in check(read, NOW.date(), checker(read)) if problem.severity == "error"]
        if errors:
            raise RuntimeError(f"the files of the benchmark should have nothing wrong: {errors[0]}")
        checking.append(time.perf_counter() - started)
        spent.append(time.process_time() - used)
    pair = Pair(min(checking), min(reading))
    beside = {"slowest": round(max(checking), 2), "of_processor": round(min(spent), 2)}
    return Figure(name, says, "s", (pair,), target, TOUCHES, "the files read and no more", "excess", beside)


def _lived(files: Mapping[str, str], rounds: int, tell: Tell) -> Figure:
    """One example of 90 days; the best of several rounds, in time of the processor."""
    loaded, spent = load(files), list[float]()
    if loaded.release is None:
        raise RuntimeError(f"the files of the benchmark should have nothing wrong: {loaded.errors[0]}")
    count = sum(len(track.examples) for track in loaded.release.tracks.values())
    for number in range(rounds):
        tell(f"lives, round {number + 1} of {rounds}")
        used = time.process_time()
        wrong = list(run_examples(loaded.release, loaded.documents))
        spent.append(1000 * (time.process_time() - used) / count)
        if wrong:
            raise RuntimeError(f"the lives of the benchmark should come out as told: {wrong[0]}")
    says = "one example of 90 days lived through, one core"
    pair = Pair(min(spent), 1000 / _rate(loaded.release))
    return Figure("life", says, "ms", (pair,), 50.0, count, "one bare decision", "excess")


def _many(files: Mapping[str, str], release: Release, lives: int) -> dict[str, str]:
    """The folder's files with so many touches that TOUCHES are reached, in tracks of their own that nobody matches."""
    found = dict(files)
    sample = next(name for name, each in release.samples.items() if each.behaves == "quiet")
    have = sum(len(track.touches) for track in release.tracks.values())
    tracks = range((TOUCHES - have + PER_TRACK - 1) // PER_TRACK)
    owner = next(iter(release.tracks.values())).owner
    for number in tracks:
        names = [f"t{number}-{n}" for n in range(PER_TRACK)]
        stages = f"stages:\n  awareness: [{', '.join(names[:5])}]\n  interest: [{', '.join(names[5:])}]\n"
        examples = range(number, lives, len(tracks))
        told = "".join(f"  - {{lead: {sample}, expect: no touch {names[0]} by day 90}}\n" for _ in examples)
        head = f"title: Track {number}\n{HEAD.format(owner=owner)}enrol: company.dock_doors == {number}\n"
        found[f"content/tracks/t{number}/track.yaml"] = head + stages + (f"examples:\n{told}" if told else "")
        for name in names:
            found[f"content/tracks/t{number}/{name}.md"] = TOUCH.format(name=name, number=number)
    return found


def _simulated(files: Mapping[str, str], release: Release, count: int, tell: Tell) -> Figure:
    """In time of the processor, so that what else the machine does counts for neither side."""
    tell("bare decisions")
    before = _rate(release)
    plan = Plan(files, tuple(_people(release, count)), BEGINS, DAYS)
    started, spent = time.perf_counter(), _spent_by_children()
    results = simulate(plan, release, lambda name, share: tell(f"{count} leads, {name} {share:.0%}"))
    seconds, spent = time.perf_counter() - started, _spent_by_children() - spent
    ours = sum(result.decisions for result in results) / spent
    says = f"decisions while {count:,} leads live through {DAYS} days, quiet and eager, from start to end, one core"
    beside = {"seconds": round(seconds, 1), "of_processor": round(spent, 1), "processes": len(results)}
    pair = Pair(ours, (before + _rate(release)) / 2)
    return Figure("simulate", says, "/s", (pair,), 1 / 1.5, count, "bare decisions about one lead", beside=beside)


def _spent_by_children() -> float:
    """Seconds of processor time of all processes that were started here and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _rate(release: Release) -> float:
    """Decisions a second of this core's time."""
    signed, facts = replace(release, approved=frozenset(release.tracks)), midway(release)
    count, started = 0, time.process_time()
    while (spent := time.process_time() - started) < LONG:
        decide(facts, signed, NOW)
        count += 1
    return count / spent


def _people(release: Release, count: int) -> list[Person]:
    """The samples again and again, each time somebody else: four at a company."""
    samples = list(release.samples.values())
    people = []
    for number in range(count):
        sample = samples[number % len(samples)]
        domain = f"site{number // 4}.example"
        lead = {**sample.lead, "email": f"p{number}@{domain}"}
        who = Sample(**{**sample.model_dump(), "lead": lead, "company": {**sample.company, "domain": domain}})
        people.append(Person(who, sample.tells))
    return people
