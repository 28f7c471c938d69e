"""Secrets: one file each, for its owner alone, good at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import InvalidError, NotReadyError
from hooks.secrets import secrets_in, write


def test_written_read_and_changed(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    read = secrets_in(folder)
    with pytest.raises(NotReadyError, match="nurture webhook secret warehouse"):
        read("warehouse")
    write(folder, "warehouse", "one", keeps_old=False)
    write(folder, "warehouse", "two", keeps_old=True)
    assert read("warehouse") == ("two", "one")
    assert (folder / "warehouse").stat().st_mode & 0o077 == 0
    write(folder, "warehouse", "three", keeps_old=False)
    assert read("warehouse") == ("three",)


@pytest.mark.parametrize("name", ["../secret.key", "a/b", "", ".hidden", "A", "x" * 65, "nul\0"])
def test_a_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.key").write_text("ours")
    with pytest.raises(NotReadyError):
        secrets_in(tmp_path / "secrets")(name)
    with pytest.raises(InvalidError):
        write(tmp_path / "secrets", name, "word", keeps_old=False)


@pytest.mark.parametrize("secret", ["", "two words", "two\nlines", "x" * 10_001])
def test_a_secret_is_one_word(tmp_path: Path, secret: str) -> None:
    with pytest.raises(InvalidError, match="one word"):
        write(tmp_path, "warehouse", secret, keeps_old=False)
