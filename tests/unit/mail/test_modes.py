from __future__ import annotations

import pytest

from mail.modes import MailMode, may_send

PILOT = ["Ines@Harborline.example", "pilot.example", "@other.example "]


@pytest.mark.parametrize(
    ("address", "is_allowed"),
    [
        ("ines@harborline.example", True),
        ("INES@HARBORLINE.EXAMPLE", True),
        ("tom@harborline.example", False),
        ("anyone@pilot.example", True),
        ("anyone@Other.Example", True),
        ("anyone@sub.pilot.example", False),
        ("anyone@notpilot.example", False),
        ("pilot.example", False),
        ("@pilot.example", False),
        ("", False),
    ],
)
def test_a_pilot_reaches_only_who_is_listed(address: str, is_allowed: bool) -> None:
    assert may_send(MailMode.PILOT, address, PILOT) is is_allowed
    assert may_send(MailMode.PILOT, address, []) is False


def test_catching_and_live_ask_for_no_list() -> None:
    assert may_send(MailMode("catch"), "a@x.example", [])
    assert may_send(MailMode("live"), "a@x.example", [])
