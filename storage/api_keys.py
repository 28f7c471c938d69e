"""Keys for the API: shown once when made, kept as a hash, each with one role and, for a person's own, who it is."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Row, select, update

from domain.errors import ConflictError, InvalidError, MissingError
from storage import tables as t
from storage.archive import Tx, insert_once, machine_now

ROLES = ("marketing", "nurture", "sales", "manager", "ops", "service", "viewer", "admin")
PREFIX = "nk_"
LONGEST_NAME = 64


@dataclass(frozen=True)
class ApiKey:
    """`person` is an id of people.yaml: what is done with the key is done by them. Times are machine time."""

    id: UUID
    name: str
    role: str
    person: str | None
    created_at: datetime
    revoked_at: datetime | None


def create(tx: Tx, name: str, role: str, person: str | None = None) -> tuple[ApiKey, str]:
    """The key and its secret, which nobody can read again. Raises InvalidError, ConflictError for a name in use."""
    if role not in ROLES:
        raise InvalidError(f"there is no role {role}; there are {', '.join(ROLES)}", "role")
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise InvalidError(f"give the key a name of 1 to {LONGEST_NAME} characters", "name")
    token = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey(uuid4(), name, role, person, machine_now(), None)
    row = {"id": key.id, "name": name, "role": role, "person": person, "created_at": key.created_at}
    query = insert_once(tx, t.api_keys).values(**row, key_hash=_hash(token)).on_conflict_do_nothing()
    if tx.execute(query.returning(t.api_keys.c.id)).scalar() is None:
        raise ConflictError(f"there is a key called {name} already, perhaps a revoked one; choose another name")
    return key, token


def find(tx: Tx, token: str) -> ApiKey | None:
    """The key with this secret, unless it was revoked.

    The secret is 32 random bytes, so a plain hash is enough, and looking it up by an index tells an attacker nothing.
    """
    query = select(t.api_keys).where(t.api_keys.c.key_hash == _hash(token), t.api_keys.c.revoked_at.is_(None))
    row = tx.execute(query).first()
    return _key(row) if row else None


def listed(tx: Tx) -> list[ApiKey]:
    return [_key(row) for row in tx.execute(select(t.api_keys).order_by(t.api_keys.c.name))]


def revoke(tx: Tx, name: str) -> ApiKey:
    """Ends the key at once and for good. Raises MissingError."""
    row = tx.execute(select(t.api_keys).where(t.api_keys.c.name == name)).first()
    if row is None:
        raise MissingError(f"there is no key called {name}")
    if row.revoked_at is None:
        tx.execute(update(t.api_keys).where(t.api_keys.c.id == row.id).values(revoked_at=machine_now()))
    return _key(tx.execute(select(t.api_keys).where(t.api_keys.c.id == row.id)).one())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _key(row: Row[*tuple[object, ...]]) -> ApiKey:
    columns = row._mapping
    return ApiKey(**{name: columns[name] for name in ApiKey.__dataclass_fields__})
