"""What a start makes, what it mends, and what it refuses."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from commands.opening import opened, settings_for
from commands.preparing import prepare
from commands.programs import environment_of, local
from commands.releasing import publish_at_start
from domain.errors import NotReadyError, RefusedError
from storage import api_keys, overview
from tests.unit.commands.conftest import Desk

JANUARY = datetime(2027, 1, 4, 14, tzinfo=UTC)
FAST = 86400.0


def begin(desk: Desk, speed: float | None = None, **more: object) -> None:
    prepare(settings_for(desk.data, desk.files, speed=speed, **more), JANUARY).engine.dispose()


def works(desk: Desk) -> bool:
    with opened(settings_for(desk.data)) as archive, archive.reading() as tx:
        return api_keys.find(tx, (desk.data / "admin.key").read_text().strip()) is not None


def test_a_first_start_makes_all_and_a_second_changes_nothing(desk: Desk) -> None:
    begin(desk)
    made = {path.name: path.read_bytes() for path in desk.data.glob("*.key")}
    assert set(made) == {"admin.key", "secret.key"}
    assert all((desk.data / name).stat().st_mode & 0o777 == 0o600 for name in made)
    begin(desk)
    assert made == {path.name: path.read_bytes() for path in desk.data.glob("*.key")}
    assert works(desk)


def test_a_lost_admin_key_is_made_again_and_the_old_one_ends(desk: Desk) -> None:
    begin(desk)
    old = (desk.data / "admin.key").read_text().strip()
    for text in (None, "half of one"):
        (desk.data / "admin.key").unlink() if text is None else (desk.data / "admin.key").write_text(text)
        begin(desk)
        assert works(desk)
    with opened(settings_for(desk.data)) as archive, archive.reading() as tx:
        assert api_keys.find(tx, old) is None


def test_a_lost_secret_is_never_made_again(desk: Desk) -> None:
    begin(desk)
    (desk.data / "secret.key").unlink()
    with pytest.raises(NotReadyError, match="put it back from a backup"):
        begin(desk)


def test_a_folder_stays_on_the_clock_it_began_with(desk: Desk, tmp_path: Path) -> None:
    begin(desk, FAST)
    with opened(settings_for(desk.data)) as archive:
        assert archive.clock.now() == JANUARY
    with pytest.raises(RefusedError, match="open it with --speed 86400"):
        begin(desk)
    begin(desk, FAST * 2)
    with opened(settings_for(desk.data)) as archive, archive.reading() as tx:
        assert overview.demo_speed(tx) == FAST * 2


def test_leads_of_real_time_are_never_put_on_the_demo_clock(open_desk: Desk) -> None:
    begin(open_desk)
    open_desk.enrol("ana@bluelake.example")
    with pytest.raises(RefusedError, match="leave out --speed"):
        begin(open_desk, FAST)


def test_live_mail_never_goes_out_in_a_hurry(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="leave out --speed"):
        begin(desk, FAST, mail="live")
    assert not desk.data.exists()


def test_what_a_start_does_with_the_files(desk: Desk) -> None:
    begin(desk)

    def start() -> str:
        with opened(settings_for(desk.data)) as archive:
            return " ".join(publish_at_start(archive, desk.files))

    assert start().startswith("nothing is live yet")
    assert "run: nurture sign --all --as ines, then nurture sign --all --as tom, then nurture publish" in start()
    for who in ("ines", "tom"):
        desk.type("sign", "--all", "--as", who, "--files", str(desk.files))
    assert start().endswith(" is live")
    assert start() == ""
    (desk.files / "lead_defs" / "fields.yaml").write_text("fields: {")
    assert "stays live: the files in" in start()
    assert "run: nurture check" in start()


def test_children_never_follow_a_profile_of_the_users(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEMPORAL_PROFILE", "production")
    monkeypatch.setenv("NURTURE_SMTP_PASSWORD", "secret")
    told = environment_of(settings_for(desk.data), {"api": 1, "temporal": 2, "temporal_ui": 3, "smtp": 4})
    assert "TEMPORAL_PROFILE" not in told
    assert "NURTURE_SMTP_PASSWORD" not in told
    assert told["TEMPORAL_ADDRESS"] == "127.0.0.1:2"
    assert told["NURTURE_BASE_URL"] == "http://127.0.0.1:1"


@pytest.mark.parametrize(("host", "name"), [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("::1", "[::1]")])
def test_where_this_machine_reaches_itself(host: str, name: str) -> None:
    assert local(host) == name
