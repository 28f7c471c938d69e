"""Every key that must come out the same twice is built here, from stable ids only."""

from __future__ import annotations

import hashlib
import hmac
import uuid
from uuid import UUID

NAMESPACE = UUID("6f1f43a0-7c1b-5c1e-9a52-0f6c8b1f4d11")


def workflow_id(lead_id: UUID | str) -> str:
    return f"lead-{lead_id}"


def lead_id(system: str, external_id: str) -> UUID:
    """Of a lead that another system told us of: told again, in another folder, it is the same lead, with the same
    spread of sends and the same draws."""
    return uuid.uuid5(NAMESPACE, f"lead/{system}/{external_id}")


def referred_id(named_by: UUID, cycle: int) -> UUID:
    return uuid.uuid5(NAMESPACE, f"referred/{named_by}/{cycle}")


def handoff_id(lead_id: UUID, number: int) -> UUID:
    return uuid.uuid5(NAMESPACE, f"handoff/{lead_id}/{number}")


def send_id(lead_id: UUID, touch: str, nth: int) -> UUID:
    """The id of one delivery: the ledger row, the Message-ID and every link of a mail come from it."""
    return uuid.uuid5(NAMESPACE, f"{lead_id}/{touch}/{nth}")


def address_key(secret: bytes, address: str) -> str:
    """A keyed hash of an address, so that duplicates and suppressions are found without keeping it in clear.

    The whole address, case-folded: never strip dots or plus signs, they may be other people.
    """
    return hmac.new(secret, address.strip().casefold().encode(), hashlib.sha256).hexdigest()


def sender_day(sender: str) -> str:
    return f"sender/{sender}"


def is_sender_day(scope: str) -> bool:
    return scope.startswith("sender/")


def company_touch(company: str, touch: str) -> str:
    return f"company/{company}/{touch}"


def spread(lead_id: UUID, touch: str) -> float:
    """A fixed fraction in [0, 1) for this lead and touch, so that not everybody's mail leaves at 08:30 sharp."""
    if not lead_id.int:
        return 0.0  # nobody's: in an example a mail leaves when the window opens
    return _fraction(f"{lead_id}/{touch}")


def draw(lead_id: UUID, lot: str) -> float:
    """A fixed fraction in [0, 1) for this lead and lot (`variant/<touch>`, `hold_out/<track>`): the same for ever, and
    telling nothing about any other lot."""
    return _fraction(f"{lot}:{lead_id}")


def _fraction(of: str) -> float:
    return int.from_bytes(hashlib.sha256(of.encode()).digest()[:6], "big") / 2**48


def content_hash(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
