"""Human touches in the archive: asked for, tried again, and given up while people work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.steps import Verb
from storage import tables as t
from tests.world import World


def called(world: World) -> UUID:
    lead = world.enrol()
    while not world.rows(t.tasks, lead):
        world.live_for(lead, days=1)
    return lead


def test_a_call_to_be_tried_again_is_not_due_on_a_weekend(world: World) -> None:
    """It has 2 business days; nobody there is tried again after 2 days, as they are counted in a calendar."""
    lead = called(world)
    monday = world.clock.at + timedelta(days=7 - world.clock.at.weekday())
    world.clock.at = datetime.combine(monday + timedelta(days=3), datetime.min.time(), UTC) + timedelta(hours=20)
    world.finish_task(lead, "no_answer")
    (task,) = world.rows(t.tasks, lead)
    saturday = world.clock.at + timedelta(days=2)
    assert saturday.weekday() == 5
    assert (task["due_at"].weekday(), task["give_up_at"].weekday()) == (0, 1)
    assert saturday < task["due_at"] < saturday + timedelta(days=2)
    step = world.look(lead)
    assert (step.verb, step.due_at) == (Verb.REMIND, task["due_at"])
