"""How often buyers have answered so far: counts over the archive, touch by touch, for simulation."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from statistics import median

from sqlalchemy import func, select

from domain.lead import Source, State, Value
from domain.rates import FEWEST, Rate, Rates
from domain.release import Release
from storage import tables as t
from storage.archive import Tx
from storage.rows import to_known

ANSWER = "answer"
NEWEST = 2000
"""Deliveries whose delay is looked at, and leads whose facts are: enough to know the usual."""
TOLD = frozenset({Source.FORM, Source.CALL, Source.REPLY})
PROMISES = {"T13": State.HANDED_OFF, "T18": State.ACCEPTED}
"""What a salesperson promised in a state, and does by this transition."""
NOT_DONE = ("overtaken", "not_done")


def rates(tx: Tx, release: Release) -> Rates | None:
    """None as long as too few mails were sent to say anything."""
    c = t.ledger.c
    delivered = (c.status == "sent", c.channel == "email")
    counted = select(c.touch, func.count(), func.count(c.engaged_at)).where(*delivered).group_by(c.touch)
    answers = (
        select(c.touch, func.count(t.events.c.ledger_id.distinct()))
        .join(t.events, t.events.c.ledger_id == c.id)
        .where(*delivered, t.events.c.name == ANSWER, t.events.c.human == "human")
        .group_by(c.touch)
    )
    answered = {row[0]: row[1] for row in tx.execute(answers)}
    mails = {touch: Rate(n, clicked, answered.get(touch, 0)) for touch, n, clicked in tx.execute(counted)}
    if sum(rate.delivered for rate in mails.values()) < FEWEST:
        return None
    return Rates(mails, _calls(tx), _values(tx, release), _delay(tx), paces(tx))


def _calls(tx: Tx) -> dict[str, dict[str, int]]:
    c = t.tasks.c
    done = (c.kind == "touch", c.closed_at.is_not(None), c.outcome.not_in(NOT_DONE))
    found: dict[str, dict[str, int]] = {}
    for touch, outcome, count in tx.execute(
        select(c.touch, c.outcome, func.count()).where(*done).group_by(c.touch, c.outcome)
    ):
        found.setdefault(touch, {})[outcome] = count
    return found


def _delay(tx: Tx) -> timedelta:
    """The median time from a mail to what it was followed by; a day where nothing ever followed."""
    c = t.ledger.c
    newest = select(c.ended_at, c.engaged_at).where(c.engaged_at.is_not(None), c.channel == "email")
    rows = tx.execute(newest.order_by(c.claimed_at.desc()).limit(NEWEST)).all()
    seconds = [(engaged_at - ended_at).total_seconds() for ended_at, engaged_at in rows if ended_at]
    return timedelta(seconds=max(median(seconds), 0)) if seconds else timedelta(days=1)


def paces(tx: Tx) -> dict[State, tuple[timedelta, ...]]:
    """How long acceptances and first contacts took; nothing of a state with too few of them to say anything."""
    c, found = t.log.c, dict[State, list[timedelta]]()
    kept = (c.transition.in_(PROMISES), c.from_state.in_([*PROMISES.values()]))
    for row in tx.execute(select(c.transition, c.from_state, c.data).where(*kept).order_by(c.id.desc()).limit(NEWEST)):
        if row.from_state == PROMISES[row.transition] and "business_minutes" in row.data:
            found.setdefault(row.from_state, []).append(timedelta(minutes=row.data["business_minutes"]))
    return {State(state): tuple(sorted(times)) for state, times in found.items() if len(times) >= FEWEST}


def _values(tx: Tx, release: Release) -> dict[str, Counter[Value]]:
    """What buyers told, of every field that is not personal and no free text."""
    wanted = {n for n, field in release.fields.items() if not field.personal and field.type not in ("text", "date")}
    found: dict[str, Counter[Value]] = {}
    for (known,) in tx.execute(select(t.lead_facts.c.known).limit(NEWEST)):
        for name, each in to_known(known).items():
            if name in wanted and each.source in TOLD and each.evidence.startswith(("event:", "log:")):
                found.setdefault(name, Counter())[each.value] += 1
    return found
