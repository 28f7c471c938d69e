"""`nurture bench`: what a figure says of itself, what is measured, and the command."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

import cli
from authoring.load import compile_release
from commands.bench import NAMES
from commands.benchmarks import decides
from commands.benchmarks.figures import Figure, Pair, paired
from commands.benchmarks.rig import hurried
from domain.decide import decide
from domain.release import Release
from domain.steps import Verb
from tests.world import ROOT, shipped_files


def figure(*pairs: Pair, target: float, kind: str = "share") -> Figure:
    is_share = kind == "share"
    return Figure("x", "something", "/s", pairs, target, 1, "less", kind="share" if is_share else "excess")


def test_a_share_of_the_floor_has_to_be_reached() -> None:
    assert figure(Pair(75, 100), target=0.75).is_met
    assert not figure(Pair(74, 100), target=0.75).is_met


def test_an_excess_over_the_floor_must_not_be_passed() -> None:
    assert figure(Pair(11, 11), target=0, kind="excess").is_met
    assert not figure(Pair(12, 11), target=0, kind="excess").is_met


def test_the_median_pair_speaks_and_of_two_the_lower_one() -> None:
    low, middle, high = Pair(10, 100), Pair(50, 100), Pair(90, 100)
    assert figure(high, low, middle, target=0.5).middle == middle
    assert figure(high, low, target=0.5).middle == low


def test_json_has_the_spread_too() -> None:
    told = figure(Pair(50, 100), Pair(60, 100), target=0.7).as_json()
    assert told["ratios"] == [0.5, 0.6]
    assert told["is_met"] is False


async def test_floor_and_ours_take_turns() -> None:
    order: list[str] = []

    async def floor() -> float:
        order.append("floor")
        return 2.0

    async def ours() -> float:
        order.append("ours")
        return 1.0

    pairs = await paired(2, floor, ours, lambda line: None)
    assert order == ["floor", "ours", "floor", "ours"]
    assert [pair.ratio for pair in pairs] == [0.5, 0.5]


def test_the_hurried_track_holds_nobody_up_and_has_only_mails() -> None:
    release = compile_release(hurried(shipped_files()))
    track = release.main_track
    assert not any(touch.is_human or touch.wait or touch.when for touch in track.touches.values())
    assert not any(release.gap(name, stage) for name, stage in track.stages.items())


def test_the_lead_in_the_middle_gets_its_next_touch(release: Release) -> None:
    facts = decides.midway(release)
    assert len(facts.ledger) == decides.GIVEN
    assert set(facts.known) <= release.fields.keys()
    assert set(facts.seen) <= release.events.keys()
    step = decide(facts, release, decides.NOW)
    assert step.verb in (Verb.DELIVER, Verb.OPEN_TASK)
    assert not step.moves


def test_the_floor_of_decide_asks_every_condition(release: Release) -> None:
    facts = decides.midway(release)
    asked = list(decides.conditions(release, facts))
    assert {each.text for each in asked} >= {rule.when.text for rule in release.definition.ready_when.values()}
    decides.evaluate(asked, facts, release)


def test_an_unknown_name_is_told_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["bench", "warp"]) == 1
    said = capsys.readouterr().err
    assert "no benchmark warp" in said
    assert all(name in said for name in NAMES)


def test_a_quick_run_says_everything_as_json(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("NURTURE_FILES", str(ROOT))
    monkeypatch.setenv("NURTURE_DATA", str(tmp_path / "never"))
    handler = signal.getsignal(signal.SIGTERM)
    assert cli.run(["bench", "decide", "--quick", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["quick"] is True
    (decided,) = told["figures"]
    assert decided["ours"] > 0
    assert decided["value"] == pytest.approx(decided["ours"] / decided["floor"], abs=0.01)
    assert not (tmp_path / "never").exists()
    assert signal.getsignal(signal.SIGTERM) == handler
