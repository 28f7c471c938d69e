"""docs/integrations.md shows files that can be published, and names every event and notice there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from authoring.load import load
from domain.hooks import EVENTS
from mail.staff import SUBJECTS
from storage.webhooks import RETRY
from tests.world import shipped_files

PAGE = (Path(__file__).parents[3] / "docs" / "integrations.md").read_text()
FILES = re.findall(r"```yaml\n(# (lead_defs/\S+?\.yaml).*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("text", "path"), FILES, ids=[path for _, path in FILES])
def test_what_the_page_shows_is_a_file(text: str, path: str) -> None:
    if "\nsay:" not in text:
        text = f"say: x\n{text}"
    assert load({**shipped_files(), path: text}).errors == ()


def test_the_page_shows_some() -> None:
    assert len(FILES) == 3


def test_every_event_and_notice_is_named() -> None:
    named = set(re.findall(r"`([a-z_.]+)`", PAGE))
    assert named >= EVENTS
    assert named >= SUBJECTS.keys()


def test_when_it_is_tried_again() -> None:
    assert [seconds / 3600 for seconds in RETRY[3:]] == [2, 5, 10, 14, 20, 24]
    assert "5 seconds, 5 minutes, half an\nhour, 2, 5, 10, 14, 20 and 24 hours" in PAGE
