"""Keyset paging: a cursor is where the last page ended, so a page costs the same however far one reads."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import InvalidError


def cursor(*keys: object) -> str:
    return urlsafe_b64encode(json.dumps([_plain(key) for key in keys]).encode()).decode().rstrip("=")


def _plain(key: object) -> object:
    return key.isoformat() if isinstance(key, datetime) else str(key) if isinstance(key, UUID) else key


def position(after: str, *kinds: type) -> tuple[Any, ...]:  # Any: values of the asked kinds
    """The keys a cursor holds. Raises InvalidError for one that was not made by us."""
    read: dict[type, Callable[[str], object]] = {datetime: datetime.fromisoformat, UUID: UUID, int: int}
    try:
        raw = json.loads(urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        keys = tuple(read[kind](value) for kind, value in zip(kinds, raw, strict=True))
        if any(isinstance(key, datetime) and key.tzinfo is None for key in keys):
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise InvalidError("after is no place in this list; take it from next of the page before", "after") from None
    return keys


def page(rows: Sequence[Any], limit: int, *keys: str) -> tuple[Sequence[Any], str | None]:  # Any: rows with columns
    """At most `limit` of the rows, and the cursor of the next page when one more than that was found."""
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], cursor(*(last[key] for key in keys))
