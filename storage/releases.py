"""Releases and signatures: what both teams signed, what is stored for ever, and what is live.

A release is content-addressed: its hash is that of its files. What is live is the newest row of `live`, so a
publication is one insert, seen whole by every worker or not at all, and its history is the table itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from domain.errors import ConflictError, InvalidError, MissingError, NotReadyError, RefusedError
from domain.release import Release
from storage import reps
from storage import tables as t
from storage.archive import SCHEMA_VERSION, Archive, Tx, insert_once, one_at_a_time
from storage.reading import Row

SIDE = {"marketing": "marketing", "nurture": "marketing", "sales": "sales", "manager": "sales"}
"""Which team a role signs for."""
SHORT, SHORTEST = 12, 6
"""Characters of a hash that people read, and the fewest that name a release."""


RECENT = 10
"""Publications that nobody takes back without saying so."""


@dataclass(frozen=True)
class Signature:
    subject: str
    hash: str
    who: str
    role: str
    at: datetime
    via: str | None
    """The API key it came with; None when it was made on the machine itself."""


@dataclass(frozen=True)
class Onto:
    """What must be live for a publication to go through; None: nothing at all."""

    release: str | None


def signatures(tx: Tx, release: Release | None = None) -> list[Signature]:
    """Those under what this release says, or all; the oldest first."""
    c = t.signatures.c
    query = select(c.subject, c.hash, c.who, c.role, c.at, c.via).order_by(c.id)
    if release:
        query = query.where(c.hash.in_(set(release.form_hashes.values())))
    found = [Signature(*row) for row in tx.execute(query)]
    return [s for s in found if release is None or release.form_hashes.get(s.subject) == s.hash]


def sign(tx: Tx, archive: Archive, release: Release, subject: str, who: str, via: str | None = None) -> bool:
    """Record a signature under what the subject says now. False when it was there already.

    Raises RefusedError for a subject that does not exist or a role that cannot sign.
    """
    if subject not in release.form_hashes:
        raise RefusedError(f"there is nothing called {subject} to sign; there is {', '.join(release.form_hashes)}")
    role = role_of(tx, archive, release, who)
    if role not in SIDE:
        raise RefusedError(f"{who} is {role}; marketing and sales sign")
    row = {"subject": subject, "hash": release.form_hashes[subject], "who": who, "role": role, "via": via}
    query = insert_once(tx, t.signatures).values(**row, at=archive.clock.now()).on_conflict_do_nothing()
    return tx.execute(query.returning(t.signatures.c.id)).scalar() is not None


def role_of(tx: Tx, archive: Archive, release: Release, who: str) -> str:
    """As the live release says: files that are only proposed make nobody a member of the other team.

    Raises InvalidError for somebody whom neither knows.
    """
    live = archive.live(tx) if live_hash(tx) else None
    return (live if live and who in live.people else release).person(who).role


def require_marketing(tx: Tx, archive: Archive, release: Release, who: str) -> None:
    """Publishing is marketing's signature under copy, order and gaps. Raises RefusedError."""
    role = role_of(tx, archive, release, who)
    if SIDE.get(role) != "marketing":
        raise RefusedError(f"{who} is {role}; to publish is marketing's signature under the copy")


def missing(tx: Tx, release: Release) -> dict[str, list[str]]:
    """Subject -> the teams that have not signed what it says now; nothing for what is complete."""
    by_subject: dict[str, set[str]] = {}
    for signature in signatures(tx, release):
        if side := SIDE.get(signature.role):
            by_subject.setdefault(signature.subject, set()).add(side)
    found = {}
    for subject in release.form_hashes:
        if lacking := {"marketing", "sales"} - by_subject.get(subject, set()):
            found[subject] = sorted(lacking)
    return found


def approved(release: Release, lacking: Mapping[str, Sequence[str]]) -> list[str]:
    """The tracks that may take leads: signed by both teams, and neither proposed nor declined."""
    return sorted(n for n, track in release.tracks.items() if f"track:{n}" not in lacking and track.status is None)


def propose(tx: Tx, archive: Archive, release: Release, files: Mapping[str, str], by: str) -> bool:
    """Store files for ever under their hash, with what is live now as their base. False when they were there."""
    row = {"hash": release.hash, "files": dict(files), "schema_version": SCHEMA_VERSION, "base": live_hash(tx)}
    query = insert_once(tx, t.releases).values(**row, at=archive.clock.now(), by=by)
    is_new = tx.execute(query.on_conflict_do_nothing().returning(t.releases.c.hash)).scalar() is not None
    if not is_new:
        tx.execute(update(t.releases).where(t.releases.c.hash == release.hash).values(base=row["base"]))
    return is_new


def publish(
    tx: Tx, archive: Archive, files: Mapping[str, str], by: str, onto: Onto | None = None, via: str | None = None
) -> Release:
    """Make these files live for everything decided from now on. Tracks not yet signed stay without leads.

    Raises RefusedError while the definition is not signed by both teams, or a track that runs now would stop for want
    of a signature; ConflictError when something else went live than `onto`; what `compile` raises for bad files.
    """
    one_at_a_time(tx, "releases")
    release = archive.compile(files)
    propose(tx, archive, release, files, by)
    _go_live(tx, archive, release, by, "publish", onto, via)
    return release


def rollback(
    tx: Tx, archive: Archive, by: str, to: str | None = None, onto: Onto | None = None, via: str | None = None
) -> Release:
    """Make live again what was live before; the one before this by default. Its signatures still stand.

    Raises RefusedError when there is nothing to go back to, MissingError, ConflictError as `publish`.
    """
    one_at_a_time(tx, "releases")
    hash = find(tx, to) if to else _before(tx)
    if hash == live_hash(tx):
        raise RefusedError(f"release {hash[:SHORT]} is live already")
    if tx.execute(select(t.live.c.number).where(t.live.c.release == hash).limit(1)).first() is None:
        raise RefusedError(f"release {hash[:SHORT]} was never live; publish it instead")
    release = archive.release(tx, hash)
    _go_live(tx, archive, release, by, "rollback", onto, via)
    return release


def _before(tx: Tx) -> str:
    """What was replaced when the live release was first published: going back twice goes back two releases."""
    c = t.live.c
    now = live_hash(tx)
    query = select(c.before).where(c.release == now, c.action == "publish", c.before != now)
    before: str | None = tx.execute(query.order_by(c.number.desc()).limit(1)).scalar() if now else None
    if before is None:
        raise RefusedError("nothing was live before; publish other files instead")
    return before


def _go_live(
    tx: Tx, archive: Archive, release: Release, by: str, action: str, onto: Onto | None, via: str | None
) -> None:
    before = newest(tx)
    replaced = before["release"] if before else None
    if onto and onto.release != replaced:
        raise ConflictError(_overtaken(before, onto))
    lacking = missing(tx, release)
    if "definition" in lacking:
        teams = " and ".join(lacking["definition"])
        raise RefusedError(f"the definition is not signed by {teams} yet; run: nurture sign definition --as NAME")
    _require_running(release, lacking, before)
    files = files_of(tx, release.hash)
    row = {
        "number": (before["number"] if before else 0) + 1,  # a sequence would leave gaps
        "release": release.hash,
        "approved": approved(release, lacking),
        "action": action,
        "before": replaced,
        "changes": changed_paths(files_of(tx, replaced) if replaced else {}, files),
        "at": archive.clock.now(),
        "by": by,
        "via": via,
    }
    tx.execute(insert(t.live).values(row))
    reps.who_left(tx, archive)


def require_base(tx: Tx, base: str | None) -> None:
    """Raises ConflictError when something else went live since these files were proposed."""
    before = newest(tx)
    if base != (before["release"] if before else None):
        raise ConflictError(_overtaken(before, Onto(base)))


def _overtaken(before: Row | None, onto: Onto) -> str:
    wanted = f"release {onto.release[:SHORT]}" if onto.release else "nothing"
    now = f"{before['by']} made {before['release'][:SHORT]} live meanwhile" if before else "nothing is live"
    return f"this was to replace {wanted}, but {now}; take that into the files, look at nurture plan, then publish"


def _require_running(release: Release, lacking: Mapping[str, Sequence[str]], before: Row | None) -> None:
    """A track with leads on it never stops because somebody changed its form and nobody signed."""
    runs = set(before["approved"]) if before else set()
    for name in sorted(runs & release.tracks.keys()):
        if (teams := lacking.get(f"track:{name}")) and release.tracks[name].status is None:
            raise RefusedError(
                f"the track {name} runs now, and what its campaign form says is not signed by {' and '.join(teams)}"
                f" yet; run: nurture sign track:{name} --as NAME"
            )


def newest(tx: Tx) -> Row | None:
    """The publication that counts."""
    return tx.execute(select(t.live).order_by(t.live.c.number.desc()).limit(1)).mappings().first()


def live_hash(tx: Tx) -> str | None:
    hash: str | None = tx.execute(select(t.live.c.release).order_by(t.live.c.number.desc()).limit(1)).scalar()
    return hash


def history(tx: Tx, limit: int = 50, release: str | None = None) -> list[dict[str, Any]]:  # Any: column values
    """What was made live, newest first."""
    query = select(t.live).order_by(t.live.c.number.desc()).limit(limit)
    rows = tx.execute(query.where(t.live.c.release == release) if release else query).mappings()
    return [dict(row) for row in rows]


def proposals(tx: Tx, limit: int = 20) -> list[dict[str, Any]]:  # Any: column values
    """Stored, and never live so far; newest first."""
    c = t.releases.c
    query = select(c.hash, c.base, c.at, c.by).where(c.hash.not_in(select(t.live.c.release)))
    return [dict(row) for row in tx.execute(query.order_by(c.at.desc(), c.hash).limit(limit)).mappings()]


def stored(tx: Tx, hash: str) -> dict[str, Any]:  # Any: column values
    """Everything about a release that is not in its files. Raises MissingError."""
    c = t.releases.c
    query = select(c.hash, c.schema_version, c.base, c.at, c.by).where(c.hash == hash)
    row = tx.execute(query).mappings().first()
    if row is None:
        raise MissingError(f"there is no release {hash[:SHORT]}")
    return dict(row)


def files_of(tx: Tx, hash: str) -> dict[str, str]:
    """Raises MissingError, NotReadyError for files that a newer version wrote."""
    row = tx.execute(select(t.releases.c.files, t.releases.c.schema_version).where(t.releases.c.hash == hash)).first()
    if row is None:
        raise MissingError(f"there is no release {hash[:SHORT]}; see: nurture releases")
    if row.schema_version > SCHEMA_VERSION:
        raise NotReadyError(f"release {hash[:SHORT]} was written by a newer version of nurture; install that one")
    return dict(row.files)


def find(tx: Tx, given: str) -> str:
    """A release by its hash, the beginning of it, or the number of its publication.

    Raises MissingError, InvalidError.
    """
    c = t.releases.c
    if given.isdecimal() and len(given) < SHORTEST:
        numbered = tx.execute(select(t.live.c.release).where(t.live.c.number == int(given))).scalar()
        if numbered is None:
            raise MissingError(f"there is no publication {given}; see: nurture releases")
        return str(numbered)
    word = given.lower()
    if not SHORTEST <= len(word) <= 64 or not set(word) <= set("0123456789abcdef"):
        raise InvalidError(f"name a release by its number, or by {SHORTEST} or more characters of its hash")
    found = tx.execute(select(c.hash).where(c.hash.startswith(word)).limit(2)).scalars().all()
    if not found:
        raise MissingError(f"there is no release {given}; see: nurture releases")
    if len(found) > 1:
        raise InvalidError(f"more than one release begins with {given}; write more of its hash")
    return str(found[0])


def undone(tx: Tx, files: Mapping[str, str]) -> dict[str, Row]:
    """Paths that would go back to what they said before a recent publication, with the publication that changed them.

    So a folder that lacks what a colleague published does not take it back by accident.
    """
    rows = tx.execute(select(t.live).order_by(t.live.c.number.desc()).limit(RECENT + 1)).mappings().all()
    if not rows:
        return {}
    live = files_of(tx, rows[0]["release"])
    open_yet = {each["path"] for each in changed_paths(live, files)}
    found: dict[str, Row] = {}
    for row in rows[:RECENT]:
        before = files_of(tx, row["before"]) if row["before"] and open_yet else None
        for path in sorted(open_yet) if before is not None else ():
            if before is not None and _same(before.get(path), files.get(path)):
                found[path] = row
                open_yet.remove(path)
    return found


def _same(one: str | None, other: str | None) -> bool:
    return one is other is None or (one is not None and other is not None and normal(one) == normal(other))


def changed_paths(old: Mapping[str, str], new: Mapping[str, str]) -> list[dict[str, str]]:
    """`{path, change: added | changed | removed}`, by path; how lines end makes no difference."""
    found = []
    for path in sorted(old.keys() | new.keys()):
        change = "added" if path not in old else "removed" if path not in new else "changed"
        if change != "changed" or normal(old[path]) != normal(new[path]):
            found.append({"path": path, "change": change})
    return found


def normal(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
