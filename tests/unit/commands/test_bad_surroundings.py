"""A terminal, a folder and an environment as nobody would wish for: the command still says all, in a sentence."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

import cli
from commands.console import print_table
from commands.failing import sentence_for
from domain.policies import Reason
from domain.said import unknown_reason

COLUMNS = ("number", "release", "live", "by", "approved by whom")
ROW = {name: f"{name} of 27 letters or more" for name in COLUMNS}


@pytest.mark.parametrize("terminal", ["xterm", "dumb"])
def test_a_table_on_forty_columns_loses_nothing(
    terminal: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("COLUMNS", "40"), ("FORCE_COLOR", "1"), ("NO_COLOR", "1"), ("TERM", terminal)):
        monkeypatch.setenv(name, value)
    print_table(COLUMNS, [ROW])
    heading, row, *_ = capsys.readouterr().out.splitlines()
    assert all(name in heading for name in COLUMNS)
    assert all(value in row for value in ROW.values())


def test_a_row_longer_than_any_screen_goes_into_a_pipe_whole(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("why",), [{"why": "x" * 3000}])
    assert "x" * 3000 in capsys.readouterr().out


def test_without_a_home_or_colours_files_are_checked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["new", "folder"]) == 0
    assert cli.run(["check"]) == 0
    assert "\x1b" not in capsys.readouterr().out


@pytest.mark.parametrize("command", [["sign", "--all", "--as", "ana"], ["up"], ["demo", "--exit"], ["doctor"]])
def test_a_data_folder_that_cannot_be_is_named(
    command: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.chdir(tmp_path)
    assert cli.run(["new", "folder"]) == 0
    capsys.readouterr()
    assert cli.run([*command, "--data", "file/data"]) == 1
    out, err = capsys.readouterr()
    assert "file" in out + err
    assert "Traceback" not in out + err


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC])
def test_a_disk_that_takes_nothing_is_named(number: int) -> None:
    said = sentence_for(OSError(number, os.strerror(number), "content/new.md"))
    assert (
        said == f"content/new.md cannot be written ({os.strerror(number)}); make room there, or work in another folder"
    )
    assert sentence_for(OSError(errno.EBADF, "a bug of ours")) is None


@pytest.mark.parametrize(
    ("given", "meant"),
    [("no_budgett", "; did you mean no_budget?"), ("No Budget", "; did you mean no_budget?"), ("<script>", ""),
     ("", ""), (None, ""), ("x" * 1_000_000, ""), ("retired", "")],
)  # fmt: skip
def test_a_reason_that_is_none_says_which_was_meant(given: str | None, meant: str) -> None:
    known = {"no_budget": Reason(say="No budget"), "retired": Reason(say="No longer used", on=False)}
    expected = f"recycle needs a reason, one of no_budget{meant}"
    assert unknown_reason("recycle", given, known).sentence == expected
