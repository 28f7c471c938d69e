"""Whether mail leaves the house at all. Sending is off until someone turns it on."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum


class MailMode(StrEnum):
    CATCH = "catch"
    PILOT = "pilot"
    LIVE = "live"


def may_send(mode: MailMode, address: str, pilot: Sequence[str]) -> bool:
    """True if the pool of this mode may be handed the address.

    In `catch` the pool leads to the catcher, which takes everything. In `pilot` an entry is a whole address,
    or a domain (`example.com` or `@example.com`); a domain does not include its subdomains, they may be
    somebody else's.
    """
    if mode is not MailMode.PILOT:
        return True
    whole = address.strip().casefold()
    local, at, domain = whole.rpartition("@")
    if not (local and at and domain):
        return False
    listed = {entry.strip().casefold() for entry in pilot}
    return bool(listed & {whole, domain, f"@{domain}"})
