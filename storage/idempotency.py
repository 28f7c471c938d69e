"""The same request twice is answered twice and done once: a row per key, written with the change itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from domain.errors import ConflictError
from storage import tables as t
from storage.archive import Tx, insert_once, machine_now

LONGEST = 255
_UNANSWERED = 0


@dataclass(frozen=True)
class Answer:
    """What was answered the first time. Holds no words about a person, for erasing does not reach here."""

    status: int
    body: Any  # Any: JSON


def claim(tx: Tx, principal: str, key: str, request_hash: str) -> Answer | None:
    """None: go on, the key is ours (a second one like it waits for our commit). Else the stored answer.

    Raises ConflictError when the key came with another request before.
    """
    c = t.idempotency_keys.c
    row = {"principal": principal, "key": key, "request_hash": request_hash}
    query = insert_once(tx, t.idempotency_keys).values(**row, status=_UNANSWERED, answer={}, at=machine_now())
    if tx.execute(query.on_conflict_do_nothing().returning(c.key)).scalar() is not None:
        return None
    stored = tx.execute(select(c.request_hash, c.status, c.answer).where(c.principal == principal, c.key == key)).one()
    if stored.request_hash != request_hash:
        raise ConflictError("this Idempotency-Key was used for another request; use a new one for every request")
    return Answer(stored.status, stored.answer)


def keep(tx: Tx, principal: str, key: str, answer: Answer) -> None:
    c = t.idempotency_keys.c
    mine = (c.principal == principal, c.key == key)
    tx.execute(update(t.idempotency_keys).where(*mine).values(status=answer.status, answer=answer.body))
