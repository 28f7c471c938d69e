"""The README and the pages name only commands and options that there are, and the README's part without a server is
run as it stands there."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

import cli

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CODE = re.compile(r"```(?:sh|console)?\n(.*?)```|`([^`]+)`", re.DOTALL)
NAMED = re.compile(r"(?:^|[|(;&]|run:|exec [a-z]+|\.venv/bin/)\s*nurture ([a-z-][^|;#)&]*)", re.MULTILINE)
FILES = re.compile(r"<!-- tested: files -->\n```sh\n(.*?)```", re.DOTALL)


@cache
def tree() -> Any:  # Any: typer's own click
    return typer.main.get_command(cli.build())


def named(page: Path) -> Iterator[str]:
    for block, span in CODE.findall(page.read_text()):
        for line in (block or span).replace("\\\n", " ").splitlines():
            yield from NAMED.findall(line)


def fault(words: list[str]) -> str | None:
    """What no such command or option is; None when all are."""
    command = tree()
    while words and hasattr(command, "commands"):
        if words[0].startswith("-"):
            break
        found = command.commands.get(words[0])
        if found is None:
            return None if command.params and command is not tree() else words[0]
        command, words = found, words[1:]
    options = {option for each in command.params for option in each.opts} | {"--help"}
    return next((word for word in words if word.startswith("--") and word.partition("=")[0] not in options), None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_a_page_names_exists(page: Path) -> None:
    for text in named(page):
        unquoted = re.split(r"[\"'<“]", text)[0]  # from there on it is somebody's words
        words = [word.strip("[],.:") for word in unquoted.split()]
        assert fault(words) is None, f"{page.name} says: nurture {text.strip()}"


def test_it_would_see_a_command_or_option_that_is_not_there() -> None:
    assert (fault(["lead", "shwo"]), fault(["up", "--sped"]), fault(["doctr"])) == ("shwo", "--sped", "doctr")
    assert fault(["lead", "show", "crm:1", "--json"]) is None
    assert sum(1 for page in PAGES for _ in named(page)) > 60


def test_the_readme_s_part_without_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "README.md").read_text()
    (before, after), (promised, other) = FILES.findall(text), re.findall(r"by (day \d+)", text)
    for folder in ("lead_defs", "content"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.chdir(tmp_path)
    mail, track = (Path("content/tracks/dock-waiting") / name for name in ("checklist.md", "track.yaml"))
    mail.write_text(mail.read_text().replace("subject: Twelve reasons", "subject: A dozen reasons"))
    assert _typed(before) == [0, 0, 0]
    out = capsys.readouterr().out
    assert "nothing wrong" in out
    assert "dock-waiting: a lead who says nothing gets 11 touches" in out
    assert _typed(after) == [0], capsys.readouterr()
    assert re.search(r"peak-hour +interest +email", capsys.readouterr().out)
    assert any("A dozen reasons" in page.read_text() for page in Path("preview").rglob("*.html"))
    track.write_text(track.read_text().replace(f"business-case by {promised}", f"business-case by {other}"))
    assert cli.run(["check"]) == 1
    assert f"expected touch business-case by {other}, but:" in capsys.readouterr().out


def _typed(block: str) -> list[int]:
    """The exit code of each command."""
    lines = [shlex.split(line) for line in block.replace("\\\n", " ").splitlines()]
    assert {program for program, *_ in lines} == {"nurture"}
    return [cli.run(words) for _, *words in lines]
