"""What a conversation showed of the facts a lead came with: confirmed, contradicted, and so which criteria were right.

A criterion was right when the salesperson heard it again, wrong when what they learned took it back. The counts
stand where the definition is shown, because both teams change it by them.
"""

from __future__ import annotations

from collections.abc import Collection

from domain.errors import InvalidError
from domain.lead import Value
from domain.readiness import Verdict, reading
from domain.said import Said
from storage import learning, record
from storage.deciding import Deciding

KIND = "accuracy"
"""Of a row of the log: `reason` is the criterion, `data` says whether it was right or wrong."""
SALES = ("REP", "MGR")


def confirmed(d: Deciding, names: Collection[str]) -> dict[str, Value]:
    """Their values, to be learned again from whoever heard them. Raises InvalidError for what nobody has told us."""
    return {name: d.facts.known[name].value for name in _known(d, names, "confirmed")}


def contradicted(d: Deciding, names: Collection[str], values: Collection[str]) -> set[str]:
    """Those of which nothing better was heard. Raises InvalidError for what nobody has told us."""
    return _known(d, names, "contradicted") - set(values)


def check(d: Deciding, confirmed: Collection[str], contradicted: Collection[str]) -> None:
    """Nothing is right and wrong at once. Raises InvalidError."""
    full = [{learning.full_name(d.release, name) for name in names} for names in (confirmed, contradicted)]
    if both := sorted(full[0] & full[1]):
        raise InvalidError(f"{both[0]} is told as confirmed and as contradicted; which is it?", "contradicted")


def _known(d: Deciding, names: Collection[str], what: str) -> set[str]:
    found = {learning.full_name(d.release, name) for name in names}
    if missing := sorted(found - d.facts.known.keys()):
        raise InvalidError(f"nobody has told us {missing[0]} yet; tell it as learned, not as {what}", what)
    return found


def keep(d: Deciding, before: Verdict, names: Collection[str], said: Said) -> None:
    """Log which criteria the conversation bore out and which it took back. The one that was named says so itself."""
    if said.actor not in SALES:
        return
    d.reload()
    held, holds = reading(before, names, d.ctx.view), reading(d.ctx.verdict, names, d.ctx.view)
    for id, was in held.items():
        if was != "met" or id == said.criterion:
            continue
        data = {"was": "right" if holds.get(id) == "met" else "wrong"}
        who = {"actor": said.actor, "actor_id": said.actor_id}
        record.log(d.tx, d.lead, KIND, d.now, reason=id, data=data, **who)
