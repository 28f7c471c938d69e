"""What it takes to write one mail: the words of the touch, what they may mention, and who writes to whom.

The only thing in the domain that holds names and an address; it lives for one send and is never stored as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.steps import Order


@dataclass(frozen=True)
class Letter:
    """`values` are nested: {"lead": {...}, "company": {...}, "inquiry": {...}, "fact": {...}, "sender": {...}}."""

    send_id: UUID
    touch: str
    track: str
    path: str
    subject: str
    body: str
    preheader: str | None
    values: Mapping[str, Mapping[str, object]]
    to_address: str
    to_name: str | None
    sender_name: str
    sender_address: str
    company: str
    postal_address: str
    assets: Mapping[str, str]
    """Collateral id to its https address."""
    at: datetime


OURS = "config"
"""A send that our own settings prevented: tried again for as long as it takes."""


@dataclass(frozen=True)
class Outcome:
    """How a send ended: sent, deferred, failed or uncertain, with a code that names no person."""

    status: str
    code: str = ""
    text: str | None = None
    """What the buyer could read, kept with the person's other words."""


@dataclass(frozen=True)
class Claimed:
    """A send that is ours alone to make: its ledger row is committed, the wire not yet touched."""

    order: Order
    attempt: str
    letter: Letter
