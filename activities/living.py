"""The verbs of a lead's life that touch only the archive - and the mails to our own people that follow from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

from temporalio import activity

from activities.ports import Life, Notices
from domain.steps import Order, Step, Verb

QUIET = (Verb.DECIDE, Verb.RESUME, Verb.REST, Verb.ENDED)
"""Verbs that only look again."""
ACTING = (
    Verb.OPEN_TASK,
    Verb.SKIP_TASK,
    Verb.ASK,
    Verb.ROUTE,
    Verb.REMIND,
    Verb.ESCALATE,
    Verb.REASSIGN,
    Verb.DESK,
)


class Living:
    """One activity per verb, all of one shape: a transaction in a thread, then whoever must hear of it."""

    def __init__(self, life: Life, notices: Notices) -> None:
        self._life, self._notices = life, notices

    def all(self) -> list[Callable[..., Any]]:  # Any: what the worker takes
        return [self._quiet(verb) for verb in QUIET] + [self._acting(verb) for verb in ACTING]

    def _quiet(self, verb: Verb) -> Callable[[Order], Any]:  # Any: a coroutine
        @activity.defn(name=verb.value)
        async def look(order: Order) -> Step:
            step = await asyncio.to_thread(self._life.look, order)
            await self._notices.send_for(UUID(order.lead_id))
            return step

        return look

    def _acting(self, verb: Verb) -> Callable[[Order], Any]:  # Any: a coroutine
        @activity.defn(name=verb.value)
        async def act(order: Order) -> Step:
            step = await asyncio.to_thread(self._life.perform, verb.value, order)
            await self._notices.send_for(UUID(order.lead_id))
            return step

        return act
