"""How releases, publications and plans look in answers and on the command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from api.views import Json, at
from authoring.comparing import differences
from authoring.problems import Problem
from commands.releasing import Published
from domain.planning import Change, Outlook
from storage import releases
from storage.archive import Archive, Tx
from storage.given import Reworded
from storage.planning import Plan, Planned
from storage.reading import Row

SAYS: Mapping[Change, str] = {
    Change.CIRCLE: "would stand still: the rules lead in a circle",
    Change.AGAIN: "would get a renamed touch again",
    Change.READY: "to sales now",
    Change.NOT_READY: "not to sales any more",
    Change.LEFT_OUT: "left out for good",
    Change.EXHAUSTED: "nothing left to give",
    Change.OTHER_TRACK: "another track",
    Change.OTHER_STAGE: "another stage",
    Change.OTHER_TOUCH: "another touch",
    Change.OTHER_STEP: "another step",
    Change.OTHER_TIME: "the same at another time",
    Change.OTHER_WORDS: "the same touch in other words",
    Change.SAME: "the same as before",
}
FIRST = 50
"""Leads that a plan lists unless more are asked for."""


def problem(found: Problem) -> Json:
    return vars(found)


def publication(row: Mapping[str, Any] | Row) -> Json:  # Any: column values
    plain = {name: row[name] for name in ("number", "release", "before", "action", "by", "via", "approved", "changes")}
    return {**plain, "at": at(row["at"]), "woken_at": at(row["woken_at"])}


def proposal(row: Mapping[str, Any], live: str | None) -> Json:  # Any: column values
    """`is_stale`: something else went live since it was proposed."""
    plain = {"release": row["hash"], "base": row["base"], "at": at(row["at"]), "by": row["by"]}
    return {**plain, "is_stale": row["base"] != live}


def listed(tx: Tx, limit: int = 50) -> Json:
    """What was live and when, newest first, and what is proposed."""
    live = releases.live_hash(tx)
    items = [publication(row) for row in releases.history(tx, limit)]
    proposed = [proposal(row, live) for row in releases.proposals(tx)]
    return {"live": live, "items": items, "proposals": proposed, "next": None}


def one(tx: Tx, archive: Archive, hash: str) -> Json:
    """A release with its files, signatures, what is still to be signed, and what it changes against the live one."""
    row, release, live = releases.stored(tx, hash), archive.release(tx, hash), releases.live_hash(tx)
    signed = [
        {"subject": s.subject, "who": s.who, "role": s.role, "hash": s.hash, "at": at(s.at), "via": s.via}
        for s in releases.signatures(tx, release)
    ]
    files = releases.files_of(tx, hash)
    base = releases.files_of(tx, live) if live else {}
    return {
        **proposal(row, live),
        "schema_version": row["schema_version"],
        "is_live": hash == live,
        "publications": [publication(each) for each in releases.history(tx, release=hash)],
        "signatures": signed,
        "missing": releases.missing(tx, release),
        "changes": releases.changed_paths(base, files),
        "undoes": {path: publication(each) for path, each in releases.undone(tx, files).items()},
        "files": files,
    }


def difference(tx: Tx, hash: str, base: str | None) -> list[Json]:
    old = releases.files_of(tx, base) if base else {}
    found = differences(old, releases.files_of(tx, hash))
    return [{"path": d.path, "change": d.change, "lines": list(d.lines)} for d in found]


def published(done: Published) -> Json:
    return {
        "release": done.release.hash,
        "is_new": done.is_new,
        "missing": dict(done.waiting),
        "reworded": [reworded(each) for each in done.reworded],
    }


def reworded(one: Reworded) -> Json:
    first = [{"lead": str(lead), "at": at(moment)} for lead, moment in one.first]
    return {"touch": one.touch, "leads": one.leads, "first": first}


def plan(
    found: Plan,
    first: int = FIRST,
    missing: Mapping[str, Sequence[str]] | None = None,
    undoes: Mapping[str, Row] | None = None,
) -> Json:
    """`counts` are of all leads on the way; `leads` are the first that differ, the gravest change first. `undoes` are
    files that would take back what a publication changed."""
    renamed = [{"had": had, "again_as": again, "leads": n} for (had, again), n in sorted(found.renamed.items())]
    return {
        "old": found.old,
        "new": found.new,
        "total": found.total,
        "is_quiet": found.is_quiet,
        "counts": {change.value: found.counts[change] for change in Change if found.counts[change]},
        "kept": found.kept,
        "renamed": renamed,
        "missing": dict(missing or {}),
        "undoes": {path: publication(row) for path, row in (undoes or {}).items()},
        "changes": found.paths,
        "leads": [planned(row) for row in found.rows[:first]],
        "more": max(len(found.rows) - first, 0),
    }


def planned(row: Planned) -> Json:
    again = [{"had": had, "again_as": again} for had, again in row.repeats]
    both = {"before": _outlook(row.before), "after": _outlook(row.after)}
    return {"lead": str(row.lead), "change": row.change.value, **both, "renamed": again}


def _outlook(one: Outlook) -> Json:
    plain = {name: getattr(one, name) for name in ("state", "track", "stage", "verb", "touch", "reason")}
    return {**plain, "due_at": at(one.due_at) if one.verb != "ended" else None}
