"""One lead's whole life, as operators read it: wait until it is time or something happened; perform the verb;
take the step that comes back. What to do and why is decided in the archive, never here."""

from __future__ import annotations

import contextlib
from datetime import timedelta

from temporalio import workflow
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ActivityError

with workflow.unsafe.imports_passed_through():
    from activities import names
    from domain.steps import Life, Order, Step, Verb, Where
    from workflows.options import for_verb

AFTER_FAILURE = timedelta(minutes=5)
DUE = "due"
"""What the demo clock says to a lead whose time has come; anything else that happened is a reason to look again."""
ATTRIBUTES = {name: SearchAttributeKey.for_keyword(f"lead_{name}") for name in ("state", "stage", "track", "team")}


@workflow.defn(name="lead")
class LeadWorkflow:
    @workflow.init
    def __init__(self, life: Life) -> None:
        self.life = life
        self.seq = life.seq
        self.is_due = False
        self.build = life.build
        self.where = life.step.where if life.step else Where()

    @workflow.run
    async def run(self, life: Life) -> None:
        step = life.step or await self.perform(Verb.DECIDE, None)
        while step.verb is not Verb.ENDED or self.seq > step.seq:
            self.show(step)
            if step.renew and self.seq <= step.seq:
                workflow.continue_as_new(Life(life.lead_id, self.seq, step.once(), step.build))
            woken = await self.newer_than(step)
            step = await self.perform(Verb.DECIDE if woken and not self.is_due else step.verb, step)

    async def newer_than(self, step: Step) -> bool:
        """True when something happened before the step's time came."""
        wait = step.wake_at - workflow.now()
        if self.seq > step.seq or wait <= timedelta(0):
            return self.seq > step.seq
        try:
            await workflow.wait_condition(lambda: self.seq > step.seq, timeout=wait, timeout_summary=step.reason[:200])
        except TimeoutError:
            return False
        return True

    async def perform(self, verb: Verb, step: Step | None) -> Step:
        """Ask for one verb. If it cannot even be tried, decide again: that one waits for the archive."""
        try:
            return await self.ask(verb, step)
        except ActivityError:
            if verb is Verb.DECIDE:
                raise
            found = await self.ask(Verb.DECIDE, step)
            return await self.after_a_pause(found) if step and found.id == step.id else found

    async def after_a_pause(self, step: Step) -> Step:
        """The same step again, and it has just failed: not at once, or it would go round for ever."""
        with contextlib.suppress(TimeoutError):
            await workflow.wait_condition(lambda: self.seq > step.seq, timeout=AFTER_FAILURE, timeout_summary="again")
        return step

    async def ask(self, verb: Verb, step: Step | None) -> Step:
        events = workflow.info().get_current_history_length()
        order = Order(self.life.lead_id, self.seq, step.id if step else "", events, self.build)
        result: Step = await workflow.execute_activity(
            names.BY_VERB[verb], order, result_type=Step, summary=names.summary(verb, step), **for_verb(verb)
        )
        self.build = self.build or result.build
        return result

    def show(self, step: Step) -> None:
        """Where the lead stands, for the list of workflows (only when it changed) and for its page."""
        told = {"not ready": step.told.lacks, "owner": step.told.owner, "release": step.told.release}
        known = "".join(f" · {name}: {value}" for name, value in told.items() if value)
        workflow.set_current_details(f"**{step.where.state}** · next: {step.reason}{known}")
        if step.where == self.where:
            return
        self.where = step.where
        values = {name: getattr(step.where, name) for name in ATTRIBUTES}
        workflow.upsert_search_attributes(
            [ATTRIBUTES[n].value_set(v) if v else ATTRIBUTES[n].value_unset() for n, v in values.items()]
        )

    @workflow.signal(description="Something about this lead changed in the archive")
    def wake(self, seq: int, verb: str) -> None:
        self.seq, self.is_due = max(self.seq, seq), verb == DUE
