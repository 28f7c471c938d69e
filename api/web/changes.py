"""What people did to more than one lead, in words: pauses that run, begun or ended, and salespeople changed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.web.telling import Told
from api.web.words import Times, spoken
from domain.release import Release
from storage.reading import Row

SHOWN = {"away_until": "away until", "is_active": "takes leads"}


@dataclass(frozen=True)
class Teller:
    release: Release
    times: Times

    def scope(self, scope: str) -> str:
        kind, _, name = scope.partition(":")
        track = self.release.tracks.get(name)
        title = f"“{track.title if track else name}”" if kind == "track" else name
        return f"the {kind} {title}" if name else scope

    def person(self, id: str | None) -> str:
        found = self.release.people.get(id or "")
        return found.name if found else id or "The engine"

    def tell(self, row: Row) -> Told:
        """A whole sentence, as there is no lead to begin it with."""
        what = self._pause(row) if row["about"] == "pause" else self._salesperson(row)
        sentence = f"{self.person(row['by'])} {what}"
        return Told(row["id"], row["at"].isoformat(), row["about"], "quiet", sentence, None, None, None)

    def _pause(self, row: Row) -> str:
        data, scope = row["data"], self.scope(row["name"])
        if data["is"] == "ended":
            return f"ended the pause of {scope}"
        verb = "paused" if data["is"] == "begun" else "changed the pause of"
        why = f": {data['note']}" if data.get("note") else ""
        return f"{verb} {scope} until {self.times.at(data['until'])}{why}"

    def _salesperson(self, row: Row) -> str:
        data, name = row["data"], self.person(row["name"])
        if data["is"] == "reassigned":
            return f"gave everything {name} had to others: {data['why']}"
        if data["is"] == "added":
            return f"let {name} take leads"
        if data["now"] == {"away_until": None}:
            return f"said that {name} is back"
        return f"changed {name}: {', '.join(self._changes(data['was'], data['now']))}"

    def _changes(self, was: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:  # Any: JSON
        for name, value in sorted(now.items()):
            old, new = (self._value(name, each) for each in (was.get(name), value))
            yield f"{SHOWN.get(name, spoken(name).lower())} {new}, was {old}"

    def _value(self, name: str, value: object) -> str:
        if isinstance(value, bool):
            return "yes" if value else "no"
        if name == "away_until":
            return self.times.day(value)
        return f"{value:g}" if isinstance(value, float) else str(value) if value not in (None, "") else "the files' own"
