"""The benchmark's own machinery on real components, small: a touch costs a timer and an activity, and no more."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from commands.benchmarks.enrolments import Enrolments
from commands.benchmarks.rig import A_DAY, HOST, free_port, listening, module, rig, running
from commands.benchmarks.touches import FLOOR_EVENTS, Touches
from tests.world import ROOT


async def test_eleven_events_for_a_touch(tmp_path: Path) -> None:
    smtp = free_port()
    catcher = module("mail.catcher", "--host", HOST, "--port", str(smtp), "--folder", str(tmp_path / "mail"))
    with running(catcher, tmp_path / "mail.log"):
        await listening(smtp)
        async with rig(tmp_path / "data", ROOT) as made:
            both = Touches(made, smtp, leads=3)
            assert await both.real() > 0
            assert await both.bare() > 0
    assert Counter(both.gaps).most_common(1)[0][0] == FLOOR_EVENTS
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 30


async def test_all_enrolled_leads_stand(tmp_path: Path) -> None:
    async with rig(tmp_path, ROOT, wait=A_DAY) as made:
        both = Enrolments(made, 5)
        for measured in (both.signalled, both.acknowledged, both.started, both.standing):
            assert await measured() > 0
