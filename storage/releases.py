"""Releases and signatures: what both teams signed, what is stored for ever, and what is live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select

from domain.errors import RefusedError
from domain.release import Release
from storage import reps
from storage import tables as t
from storage.archive import Archive, Tx, insert_once

SCHEMA_VERSION = 1
SIDE = {"marketing": "marketing", "nurture": "marketing", "sales": "sales", "manager": "sales"}
"""Which team a role signs for."""


@dataclass(frozen=True)
class Signature:
    subject: str
    hash: str
    who: str
    role: str
    at: datetime


def signatures(tx: Tx) -> list[Signature]:
    c = t.signatures.c
    rows = tx.execute(select(c.subject, c.hash, c.who, c.role, c.at).order_by(c.id))
    return [Signature(*row) for row in rows]


def sign(tx: Tx, archive: Archive, release: Release, subject: str, who: str) -> bool:
    """Record a signature under what the subject says now. False when it was there already.

    Raises RefusedError for a subject that does not exist or a role that cannot sign.
    """
    if subject not in release.form_hashes:
        raise RefusedError(f"there is nothing called {subject} to sign; there is {', '.join(release.form_hashes)}")
    person = release.person(who)
    if person.role not in SIDE:
        raise RefusedError(f"{who} is {person.role}; marketing and sales sign")
    row = {"subject": subject, "hash": release.form_hashes[subject], "who": who, "role": person.role}
    query = insert_once(tx, t.signatures).values(**row, at=archive.clock.now()).on_conflict_do_nothing()
    return tx.execute(query.returning(t.signatures.c.id)).scalar() is not None


def missing(tx: Tx, release: Release) -> dict[str, list[str]]:
    """Subject -> the teams that have not signed what it says now; nothing for what is complete."""
    by_subject: dict[tuple[str, str], set[str]] = {}
    for signature in signatures(tx):
        side = SIDE.get(signature.role)
        if side:
            by_subject.setdefault((signature.subject, signature.hash), set()).add(side)
    found = {}
    for subject, hash in release.form_hashes.items():
        lacking = {"marketing", "sales"} - by_subject.get((subject, hash), set())
        if lacking:
            found[subject] = sorted(lacking)
    return found


def publish(tx: Tx, archive: Archive, files: Mapping[str, str], by: str) -> Release:
    """Make these files live for everything decided from now on. Tracks not yet signed stay without leads.

    Raises RefusedError while the definition is not signed by both teams, and what `compile` raises for bad files.
    """
    release = archive.compile(files)
    lacking = missing(tx, release)
    if "definition" in lacking:
        teams = " and ".join(lacking["definition"])
        raise RefusedError(f"the definition is not signed by {teams} yet; run: nurture sign definition --as NAME")
    now = archive.clock.now()
    row = {"hash": release.hash, "files": dict(files), "schema_version": SCHEMA_VERSION, "at": now, "by": by}
    tx.execute(insert_once(tx, t.releases).values(row).on_conflict_do_nothing(index_elements=["hash"]))
    approved = sorted(
        name for name, track in release.tracks.items() if f"track:{name}" not in lacking and track.status is None
    )
    tx.execute(insert(t.live).values(release=release.hash, approved=approved, at=now, by=by))
    reps.who_left(tx, archive)
    return release


def live_hash(tx: Tx) -> str | None:
    hash: str | None = tx.execute(select(t.live.c.release).order_by(t.live.c.number.desc()).limit(1)).scalar()
    return hash
