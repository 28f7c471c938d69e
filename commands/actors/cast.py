"""The simulated people together, in step with the held clock: it stands still until everybody has looked at what
happened, and never passes the instant at which somebody wants to act."""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from sqlalchemy import func, select

from commands.actors.acting import Action, Actor, News
from commands.actors.inbox import Inbox, Mail
from commands.actors.surfaces import ActionError
from storage import clock
from storage import tables as t
from storage.archive import Archive
from storage.changes import Changes

logger = logging.getLogger("nurture.demo")
NAME = "people of the demo"
BLIND, SETTLING, LOOK_UP = 0.2, 90.0, 0.2
"""Seconds between looks while nobody can look, for which somebody waits with what may wait no longer, and after which
somebody who waits looks whether the story is over."""
BLIND_TURNS = 50
"""So often they try to look before the story ends: without eyes nobody can act."""


@dataclass
class Cast:
    archive: Archive
    actors: Sequence[Actor]
    inbox: Inbox
    ends_at: datetime
    seen: int = -1
    failed: int = 0
    faults: list[str] = field(default_factory=list)
    """What the engine itself could not do, of what somebody asked for."""
    trouble: str = ""
    """What ended the story early, as a surface said it."""
    is_done: Event = field(default_factory=Event)
    _meant: list[Action] = field(default_factory=list)
    _blind_turns: int = 0
    _held: tuple[int, datetime] | None = None

    def play(self, stop: Callable[[], bool]) -> None:
        """Until the story has reached its end, or somebody says stop."""
        is_busy = False
        with closing(Changes(self.archive)) as changes:
            while not stop() and not self.is_done.is_set():
                if not is_busy and not self._blind_turns and not changes.wait(LOOK_UP):
                    continue
                try:
                    is_busy = self.turn()
                    if self._blind_turns:
                        time.sleep(BLIND)
                except Exception:  # whatever it was, the clock must not stand still for good
                    logger.exception("a turn went wrong; the people go on")
                    time.sleep(0.5)

    def turn(self) -> bool:
        """Look, act, and say how far the clock may go. False when there was nothing to do.

        Everybody looks when the leads are finished with what happened, and not in the middle of it: so the same
        story comes out the same twice.
        """
        with self.archive.reading() as tx:
            now = clock.read(tx)
            if not clock.is_settled(tx):
                return False
            newest = tx.execute(select(func.max(t.log.c.id))).scalar() or 0
            c = t.log.c
            kinds = frozenset(tx.execute(select(c.kind).where(c.id > self.seen, c.id <= newest).distinct()).scalars())
        is_news = newest > self.seen
        if is_news:
            if not self._look(News(now, kinds, self._mails())):
                return self._is_blind()
            self.seen, self._blind_turns, self.trouble = newest, 0, ""
        has_acted = self._act(now)
        if not has_acted:
            self._hold(now)
        return is_news or has_acted

    def _mails(self) -> list[Mail]:
        return sorted(self.inbox.new(), key=lambda mail: (mail.to, mail.subject))

    def _look(self, news: News) -> bool:
        """False when somebody could not: then everybody looks again, and what was planned before stays planned."""
        can_see = True
        for actor in self.actors:
            try:
                for action in actor.look(news):
                    heapq.heappush(self._meant, action)
            except ActionError as error:
                can_see = False
                logger.warning("looking: %s", error)
                self.trouble = str(error)
        return can_see

    def _is_blind(self) -> bool:
        self._blind_turns += 1
        if self._blind_turns >= BLIND_TURNS:
            self.is_done.set()
        return False

    def _act(self, now: datetime) -> bool:
        """Everything that is due. What fails is dropped: nobody in the story tries the same thing for ever."""
        has_acted = False
        while self._meant and self._meant[0].at <= now:
            action, has_acted = heapq.heappop(self._meant), True
            logger.info("%s %s", now.isoformat(), action.what)
            try:
                for following in action.do() or ():
                    heapq.heappush(self._meant, following)
            except ActionError as error:
                self._failed(action.what, error)
            if action.is_alone and self._meant and self._meant[0].at <= now:
                self._settle()
        return has_acted

    def _settle(self) -> None:
        until = time.monotonic() + SETTLING
        with closing(Changes(self.archive)) as changes:
            while time.monotonic() < until:
                changes.wait()
                with self.archive.reading() as tx:
                    if clock.is_settled(tx):
                        return

    def _failed(self, what: str, error: ActionError) -> None:
        self.failed += 1
        if error.is_ours:
            self.faults.append(f"{what}: {error}")
        logger.warning("%s: %s", what, error)

    def _hold(self, now: datetime) -> None:
        until = min([self.ends_at] + [action.at for action in self._meant[:1]])
        if self._held != (self.seen, until):
            with self.archive.begin() as tx:
                clock.hold(tx, NAME, self.seen, until)
            self._held = (self.seen, until)
        elif now >= self.ends_at:
            with self.archive.reading() as tx:
                if not clock.waits_for(tx):
                    self.is_done.set()
