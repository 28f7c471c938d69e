"""Imported leads begin a few at a time, so that whoever writes to us meanwhile does not wait behind thousands."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field

from temporalio.client import Client

from storage import wakes
from storage.archive import Archive
from storage.wakes import Wake
from workflows.waking import signal

LOOK_EVERY, IDLE = 0.1, 1.0
"""Seconds between looks, and until the next one when nobody waits: most of the time nothing is imported."""
GIVEN_UP = 60.0
"""Seconds after which one that was begun and not decided no longer holds up others: its workflow goes on trying."""


@dataclass
class Beginnings:
    """`at_once` have begun and are not decided yet at any moment, at most, and no more begin in a second than
    `per_second`: so on a busy machine they begin as slowly as it can, and never stand in a long line before others."""

    archive: Archive
    client: Client
    at_once: int
    per_second: float
    _begun: dict[Wake, float] = field(default_factory=dict)
    _looked_at: float = 0.0
    _owed: float = 0.0
    _idle_until: float = 0.0

    async def go_on(self) -> int:
        """Begin as many as may begin now. Returns how many did."""
        now = time.monotonic()
        if now < self._idle_until:
            return 0
        await self._forget_decided(now)
        self._owed = min(self._owed + (now - self._looked_at) * self.per_second, float(self.at_once))
        self._looked_at = now
        room = min(self.at_once - len(self._begun), int(self._owed))
        found = await asyncio.to_thread(wakes.imported, self.archive, room) if room > 0 else []
        if not found:
            self._idle_until = now + IDLE if room > 0 and not self._begun else 0.0
            return 0
        answers = await asyncio.gather(*(signal(self.client, wake) for wake in found))
        done = [wake for wake, was_sent in zip(found, answers, strict=True) if was_sent]
        await asyncio.to_thread(wakes.sent, self.archive, done)
        self._begun |= dict.fromkeys(done, now)
        self._owed -= len(done)
        return len(done)

    async def _forget_decided(self, now: float) -> None:
        if self._begun:
            waiting = await asyncio.to_thread(wakes.undecided, self.archive, self._begun)
            self._begun = {
                wake: at for wake, at in self._begun.items() if wake.lead_id in waiting and now - at < GIVEN_UP
            }
