"""What activities need from the world, as they see it. The composition root (worker.py) hands in the real parts."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from domain.letters import Claimed, Letter, Outcome
from domain.steps import Order, Step


class Life(Protocol):
    """The archive's transactions of a lead's life; synchronous, each complete in itself."""

    def look(self, order: Order) -> Step: ...

    def perform(self, verb: str, order: Order) -> Step: ...


class Ledger(Protocol):
    """The two transactions around a send."""

    def claim(self, order: Order, attempt: str) -> Claimed | Step: ...

    def confirm(self, claimed: Claimed, outcome: Outcome) -> Step: ...


class Post(Protocol):
    """Writes and sends. Never raises for what a relay or an address can do: that is an outcome."""

    async def send(self, letter: Letter) -> Outcome: ...


class Notices(Protocol):
    """Tells our own people what was written for them."""

    async def send_for(self, lead_id: UUID) -> None: ...
