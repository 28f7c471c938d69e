"""The `deliver` verb: claim, write and send, confirm. Two transactions, none open while the mail is on the wire."""

from __future__ import annotations

import asyncio

from temporalio import activity

from activities.ports import Ledger, Post
from domain.steps import Order, Step, Verb


class Delivering:
    def __init__(self, ledger: Ledger, post: Post) -> None:
        self._ledger, self._post = ledger, post

    @activity.defn(name=Verb.DELIVER.value)
    async def deliver(self, order: Order) -> Step:
        info = activity.info()
        attempt = f"{info.workflow_run_id}/{info.activity_id}/{info.attempt}"
        claimed = await asyncio.to_thread(self._ledger.claim, order, attempt)
        if isinstance(claimed, Step):
            return claimed
        outcome = await self._post.send(claimed.letter)
        return await asyncio.to_thread(self._ledger.confirm, claimed, outcome)
