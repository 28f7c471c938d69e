"""What proves a criterion, in words: only what that criterion reads, of all that a record taught."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.views import Json
from api.web.words import day
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
    """The criteria with their evidence in words. A proof is what `api.evidence` says of a record."""
    found = []
    for one in criteria:
        names = _reads(ctx, one["id"])
        records = [proof if isinstance(proof, dict) else proofs.get(proof) for proof in one["evidence"]]
        said = [_denied(ctx, one.get("denied")), *(_proof(ctx, record, names) for record in records if record)]
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
    says = "; ".join(f"{fact(ctx, name, value)}{_since(ctx, record, name)}" for name, value in taught.items())
    if not says and record.get("facts"):
        return None
    words = record.get("words") if any(name.startswith("fact.") for name in taught) else None
    by = f"import of {record['import_name']}" if record.get("import_name") else _who(ctx, record)
    return Proof(says or str(record.get("what", "")), by, record.get("at"), words)


def _denied(ctx: Context, said: Json | None) -> Proof | None:
    """Sales named this criterion when they gave the lead back: that goes before what it read."""
    if said is None:
        return None
    known = {**ctx.release.reasons.reject, **ctx.release.reasons.recycle}.get(said["reason"] or "")
    return Proof(f"Not met, says sales{f': {known.say}' if known else ''}", _who(ctx, said), said["at"], None)


def _who(ctx: Context, said: Json) -> str:
    by = str(said.get("by") or "")
    person = ctx.release.people.get(by)
    return person.name if person else BY.get(by, by)


def _since(ctx: Context, record: Json, name: str) -> str:
    """Who has said something else of it since, or what was believed before."""
    after, before = record.get("corrected", {}).get(name), record.get("corrects", {}).get(name)
    if after is None:
        return f", corrected from {_words(ctx, name, before['from'])}" if before else ""
    if after["to"] is None:
        return f", taken back{_on(after)}"
    who = _who(ctx, after)
    return f", corrected to {_words(ctx, name, after['to'])}{f' by {who}' if who else ''}{_on(after)}"


def _on(said: Json) -> str:
    return f" on {day(said['at'])}" if said["at"] else ""


def fact(ctx: Context, name: str, value: Any) -> str:  # Any: a fact's value, here and below
    field = ctx.release.fields.get(name)
    return f"{field.say if field else name}: {_words(ctx, name, value)}"


def _words(ctx: Context, name: str, value: Any) -> str:
    field = ctx.release.fields.get(name)
    known = field.options.get(str(value)) if field else None
    return known or {"True": "yes", "False": "no"}.get(str(value), str(value))
