"""Keys, salespeople, leads, suppressions, doctor; and what is said when there is nothing, or something is wrong."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

import cli
from tests.unit.commands.conftest import ROOT, Desk

ANA = "ana@bluelake.example"


def test_help_comes_at_once() -> None:
    """Nothing heavy is loaded before a command needs it."""
    code = (
        "import sys, cli; cli.run(['--help'])\n"
        "print(sorted({'sqlalchemy', 'pydantic', 'temporalio', 'fastapi', 'yaml', 'rich'} & set(sys.modules)))"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "words", [("key", "list"), ("rep", "list"), ("lead", "show", "x"), ("releases",), ("suppress", "list")]
)
def test_a_folder_that_was_never_begun(desk: Desk, words: tuple[str, ...]) -> None:
    said = desk.type(*words)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert "there is nothing in" in said.err
    assert "begin with nurture up" in said.err
    assert not desk.data.exists()


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("NURTURE_MAIL", "yes", "NURTURE_MAIL is not right"),
        ("NURTURE_SMTP_PORT", "smtp", "NURTURE_SMTP_PORT is not right"),
        ("NURTURE_DATABASE", "here", "NURTURE_DATABASE is no address of a database"),
        ("NURTURE_DATABASE", "postgresql+psycopg://u:secret@127.0.0.1:1/x", "the archive cannot be used"),
    ],
)
def test_settings_that_cannot_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    said = desk.type("key", "list")
    assert said.code == 1
    assert sentence in said.err
    assert "secret" not in said.err


def test_a_command_line_that_cannot_be(desk: Desk) -> None:
    assert cli.run(["upp"]) == 2
    assert desk.type("key", "create", "x").code == 2


def test_keys(open_desk: Desk) -> None:
    made = open_desk.type("key", "create", "crm", "--role", "service")
    token = made.out.strip()
    assert token.startswith("nk_")
    assert token not in made.err
    assert "belongs to somebody" in open_desk.type("key", "create", "r", "--role", "sales").err
    assert "there is nobody called x" in open_desk.type("key", "create", "r", "--role", "sales", "--person", "x").err
    assert "there is no role boss" in open_desk.type("key", "create", "r", "--role", "boss").err
    assert "already" in open_desk.type("key", "create", "crm", "--role", "service").err
    open_desk.type("key", "revoke", "crm")
    rows = {row["name"]: row for row in open_desk.type("key", "list", "--json").json}
    assert rows["crm"]["revoked_at"]
    assert not rows["admin"]["revoked_at"]
    assert token not in open_desk.type("key", "list").out


def test_salespeople(open_desk: Desk) -> None:
    open_desk.type("rep", "add", "rosa", "--capacity", "3", "--zone", "America/Chicago")
    assert "there is no salesperson marc yet" in open_desk.type("rep", "set", "marc", "--capacity", "2").err
    assert "is no salesperson" in open_desk.type("rep", "add", "ines").err
    assert "is no time zone" in open_desk.type("rep", "set", "rosa", "--zone", "Mars").err
    changed = open_desk.type("rep", "set", "rosa", "--inactive", "--json").json
    assert (changed["capacity"], changed["is_active"]) == (3, False)
    assert open_desk.type("rep", "away", "rosa", "--until", "2999-01-01", "--json").json["away_until"]
    assert open_desk.type("rep", "set", "rosa", "--zone", "Europe/Berlin").code == 0
    first_day = open_desk.type("rep", "away", "rosa", "--until", "2999-01-11", "--json").json["away_until"]
    assert first_day == "2999-01-10T23:00:00+00:00"  # midnight in Berlin
    assert open_desk.type("rep", "away", "rosa", "--back", "--json").json["away_until"] is None
    assert "--back" in open_desk.type("rep", "away", "rosa").err
    assert "Rosa Delgado" in open_desk.type("rep", "list").out


def test_one_lead_in_one_view(open_desk: Desk) -> None:
    lead_id = open_desk.enrol(ANA)
    shown = open_desk.type("lead", "show", ANA)
    assert shown.code == 0
    for words in ("Ana", "NEW, cycle 1", lead_id, "The definition says", "What happened", "Detention"):
        assert words in shown.out
    assert open_desk.type("lead", "show", lead_id, "--json").json["email"] == ANA
    assert "there is no such lead" in open_desk.type("lead", "show", "bob@bluelake.example").err


def test_pause_and_resume(open_desk: Desk) -> None:
    open_desk.enrol(ANA)
    assert "within the next two years" in open_desk.type("lead", "pause", ANA, "--until", "2001-01-01").err
    day = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400 * 30))
    assert open_desk.type("lead", "pause", ANA, "--until", day).code == 0
    assert open_desk.type("lead", "show", ANA, "--json").json["paused_until"].startswith(day)
    assert open_desk.type("lead", "resume", ANA).code == 0
    assert open_desk.type("lead", "show", ANA, "--json").json["paused_until"] is None


def test_an_address_that_gets_no_mail(open_desk: Desk) -> None:
    open_desk.enrol(ANA)
    assert "has opted out" in open_desk.type("suppress", "add", "ANA@bluelake.example").err
    assert open_desk.type("lead", "show", ANA, "--json").json["has_opted_out"]
    (row,) = open_desk.type("suppress", "list", ANA, "--json").json
    assert row["reason"] == "by_hand"
    assert "is not on the list" in open_desk.type("suppress", "list", "bob@bluelake.example").err
    assert "this is not a mail address" in open_desk.type("suppress", "add", "bob").err


def test_the_doctor_says_what_is_wrong_and_what_to_do(open_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    said = open_desk.type("doctor", "--repair", "--json")
    assert said.code == 1
    assert said.json["woken"] == 0
    found = {finding["name"]: finding for finding in said.json["findings"]}
    assert found["Temporal"]["status"] == "bad"
    assert "127.0.0.1:1" in found["Temporal"]["says"]
    assert found["release"]["status"] == "ok"
    (open_desk.data / "admin.key").chmod(0o644)
    assert "others may read" in open_desk.type("doctor").out


def test_everything_stands_still_and_goes_on(open_desk: Desk) -> None:
    assert "nothing is paused" in open_desk.type("pause", "list").err
    said = open_desk.type("pause", "begin", "everything", "--until", "2099-01-01")
    assert (said.code, "next two years" in said.err) == (1, True)
    soon = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 9 * 86400))
    said = open_desk.type("pause", "begin", "track:dock-waiting", "--until", soon, "--note", "audit")
    assert said.code == 0, said.err
    (row,) = open_desk.type("pause", "list", "--json").json
    assert (row["scope"], row["note"]) == ("track:dock-waiting", "audit")
    longer = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 19 * 86400))
    assert "replaces" not in said.err
    said = open_desk.type("pause", "begin", "track:dock-waiting", "--until", longer)
    assert "this replaces the pause until" in said.err
    assert "audit" in said.err
    found = [each for each in open_desk.type("doctor", "--json").json["findings"] if each["name"] == "pauses"]
    assert [(each["status"], each["says"].partition(": ")[0]) for each in found] == [("mind", "track:dock-waiting")]
    assert "it goes on" in open_desk.type("pause", "end", "track:dock-waiting").err
    assert open_desk.type("pause", "end", "track:dock-waiting").code == 1


def test_somebody_asks_what_we_hold_and_to_be_forgotten(open_desk: Desk) -> None:
    lead = open_desk.enrol(ANA)
    assert ANA in open_desk.type("lead", "export", ANA).out
    said = open_desk.type("lead", "erase", ANA, "--ticket", "DSR-7", "--yes")
    assert said.code == 0, said.err
    assert lead in said.err
    assert open_desk.type("lead", "show", ANA).code == 1
    assert ANA not in open_desk.type("lead", "export", lead).out
