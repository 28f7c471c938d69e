"""Time-outs and retry policies, by name. No activity waits on behalf of a lead: what cannot be done now is a
result with a later due time, not a retry."""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy

from domain.steps import Verb

TASK_QUEUE = "leads"


class ActivityOptions(TypedDict):
    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta | None
    retry_policy: RetryPolicy


BRIEFLY = RetryPolicy(initial_interval=timedelta(seconds=2), maximum_interval=timedelta(seconds=30), maximum_attempts=3)
"""Three attempts within a minute; then the workflow decides again."""

VERB = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=40),
    schedule_to_close_timeout=timedelta(minutes=10),
    retry_policy=BRIEFLY,
)
"""One transaction; a little longer than the database makes a writer wait."""

SENDING = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=90),
    schedule_to_close_timeout=timedelta(minutes=10),
    retry_policy=BRIEFLY,
)

PATIENTLY = RetryPolicy(initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=5))
"""For deciding itself: there is nothing else a lead could do meanwhile, so it waits for the archive to come back."""

DECIDING = ActivityOptions(
    start_to_close_timeout=timedelta(seconds=40),
    schedule_to_close_timeout=None,
    retry_policy=PATIENTLY,
)


def for_verb(verb: Verb) -> ActivityOptions:
    return DECIDING if verb is Verb.DECIDE else SENDING if verb is Verb.DELIVER else VERB
