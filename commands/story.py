"""Follows the log while the demo runs; what a row says in words is the pages' own telling."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from api import views
from api.web.names import names_of
from api.web.telling import Teller, taught_of
from domain.calendar import zone
from domain.lifecycle import ATTEMPTS
from domain.release import Release
from storage import tables as t
from storage.archive import Archive
from storage.reading import Row

LOUD = frozenset({"sales", "good", "back", "wrong", "hand"})
"""Tones of what somebody wants to read who cannot watch; of the others only answers."""
QUIET_TRANSITIONS = frozenset({"T04", "T07"}) | ATTEMPTS
QUIET_KINDS = frozenset({"task", "touch"})
"""Tried and done every day; what matters of it is told by what follows."""


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str
    tone: str
    is_notable: bool

    def __str__(self) -> str:
        return f"{self.who}: {self.what}"


@dataclass
class Reader:
    """`names` says who a lead is, by id: "Ana (Ridgeway Foods)"."""

    archive: Archive
    release: Release
    names: Mapping[str, str]
    last: int = 0

    def new(self, limit: int = 2000) -> list[Line]:
        with self.archive.reading() as tx:
            query = select(t.log).where(t.log.c.id > self.last).order_by(t.log.c.id).limit(limit)
            rows = tx.execute(query).mappings().all()
            if not rows:
                return []
            self.last = rows[-1]["id"]
            learned = taught_of(self.release, names_of(tx, {row["lead_id"] for row in rows}, False).known.values())
        teller = Teller(self.release, learned)
        return [line for row in rows if (line := self._line(row, teller))]

    def _line(self, row: Row, teller: Teller) -> Line | None:
        told = teller.tell(views.event(row))
        if told is None:
            return None
        is_answer = (row["data"] or {}).get("event") == "answer"
        is_daily = row["transition"] in QUIET_TRANSITIONS or row["kind"] in QUIET_KINDS
        is_end = row["kind"] in ("opted_out", "merged", "referral") or row["transition"] in ("T09", "T35")
        is_notable = is_answer or is_end or (told.tone in LOUD and not is_daily)
        who = self.names.get(str(row["lead_id"]), "A lead")
        return Line(row["at"], who, told.what, told.tone, is_notable)


def local(at: datetime, name: str) -> str:
    return f"{at.astimezone(zone(name)):%a %d %b %H:%M}"
