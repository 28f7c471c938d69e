"""What proves a criterion, in words: only what that criterion reads, of all that a record taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.views import Json
from domain.context import Context

FIT = "grade.fit"
BY = {"link": "by a click", "answer": "their answer", "form": "form", "EVT": "by themselves", "enrol": "inquiry"}


@dataclass(frozen=True)
class Proof:
    says: str
    by: str
    at: str | None
    words: str | None


def proven(ctx: Context, criteria: Sequence[Json], proofs: Mapping[str, Json]) -> list[Json]:
    """The criteria with their evidence in words. A proof is what `api.packets.evidence` says of a record."""
    found = []
    for one in criteria:
        names = _reads(ctx, one["id"])
        records = [proof if isinstance(proof, dict) else proofs.get(proof) for proof in one["evidence"]]
        said = [_proof(ctx, record, names) for record in records if record]
        found.append({**one, "evidence": [proof for proof in said if proof]})
    return found


def _reads(ctx: Context, id: str) -> set[str]:
    criterion = ctx.release.definition.criteria.get(id)
    if criterion is None:
        return set()
    reads = criterion.when.reads
    names = set(reads.fields | reads.known)
    if FIT in names:
        for profile in (ctx.release.company_profile, ctx.release.profile(ctx.lead)):
            for entry in profile.points.values():
                names |= entry.when.reads.fields
    return names


def _proof(ctx: Context, record: Json, names: set[str]) -> Proof | None:
    taught = {name: value for name, value in record.get("facts", {}).items() if name in names}
    says = "; ".join(_fact(ctx, name, value) for name, value in taught.items())
    if not says and record.get("facts"):
        return None
    by = str(record.get("by") or "")
    person = ctx.release.people.get(by)
    words = record.get("words") if any(name.startswith("fact.") for name in taught) else None
    return Proof(
        says or str(record.get("what", "")), person.name if person else BY.get(by, by), record.get("at"), words
    )


def _fact(ctx: Context, name: str, value: Any) -> str:  # Any: a fact's value
    field = ctx.release.fields.get(name)
    if field is None:
        return f"{name}: {value}"
    words = field.options.get(str(value)) or {"True": "yes", "False": "no"}.get(str(value), value)
    return f"{field.say}: {words}"
