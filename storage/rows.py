"""Between a row of `leads` and the domain's Lead: every column by name, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain.lead import Clock, Known, Lead, Seen, Source, State, Value

PLAIN = tuple(
    f.name
    for f in fields(Lead)
    if f.name not in ("state", "clock", "tracks_done", "recycled_at", "tried_reps", "denied", "answered", "merged_from")
)


def to_lead(row: Mapping[Any, Any]) -> Lead:
    plain = {name: row[name] for name in PLAIN}
    clock = None
    if row["clock_name"]:
        clock = Clock(row["clock_name"], row["clock_started_at"], row["clock_due_at"], row["clock_rung"])
    return Lead(
        **plain,
        state=State(row["state"]),
        clock=clock,
        tracks_done=tuple(row["tracks_done"]),
        recycled_at=tuple(map(datetime.fromisoformat, row["recycled_at"])),
        tried_reps=tuple(row["tried_reps"]),
        merged_from=tuple(map(UUID, row["merged_from"])),
        denied={k: datetime.fromisoformat(v) for k, v in row["denied"].items()},
        answered={k: datetime.fromisoformat(v) for k, v in row["answered"].items()},
    )


def from_lead(lead: Lead) -> dict[str, Any]:  # Any: column values of many types
    row: dict[str, Any] = {name: getattr(lead, name) for name in PLAIN}
    clock = lead.clock
    row |= {
        "state": lead.state.value,
        "clock_name": clock.name if clock else None,
        "clock_started_at": clock.started_at if clock else None,
        "clock_due_at": clock.due_at if clock else None,
        "clock_rung": clock.rung if clock else None,
        "tracks_done": list(lead.tracks_done),
        "recycled_at": [at.isoformat() for at in lead.recycled_at],
        "tried_reps": list(lead.tried_reps),
        "merged_from": list(map(str, lead.merged_from)),
        "denied": {k: v.isoformat() for k, v in lead.denied.items()},
        "answered": {k: v.isoformat() for k, v in lead.answered.items()},
    }
    return row


def changed(before: Lead, after: Lead) -> dict[str, Any]:  # Any: as above
    old, new = from_lead(before), from_lead(after)
    return {name: value for name, value in new.items() if old[name] != value}


def to_json(columns: Mapping[str, Any]) -> dict[str, Any]:  # Any: column values of many types
    """Columns as JSON holds them; `from_json` gives them back."""
    return {name: _plain(value) for name, value in columns.items()}


def _plain(value: Any) -> Any:  # Any: as above
    if isinstance(value, datetime):
        return {"at": value.isoformat()}
    return {"id": str(value)} if isinstance(value, UUID) else value


def from_json(columns: Mapping[str, Any]) -> dict[str, Any]:  # Any: as above
    return {name: _column(value) for name, value in columns.items()}


def _column(value: Any) -> Any:  # Any: as above
    if isinstance(value, dict) and value.keys() == {"at"}:
        return datetime.fromisoformat(value["at"])
    return UUID(value["id"]) if isinstance(value, dict) and value.keys() == {"id"} else value


def to_known(raw: Mapping[str, Any]) -> dict[str, Known]:  # Any: JSON
    return {
        name: Known(_value(v["value"]), datetime.fromisoformat(v["at"]), Source(v["source"]), v["evidence"])
        for name, v in raw.items()
    }


def from_known(known: Known) -> dict[str, Any]:  # Any: JSON
    value: Any = {"date": known.value.isoformat()} if isinstance(known.value, date) else known.value
    return {
        "value": value,
        "at": known.at.isoformat(),
        "source": known.source.value,
        "evidence": known.evidence,
    }


def _value(raw: Any) -> Value:  # Any: JSON
    value: Value = date.fromisoformat(raw["date"]) if isinstance(raw, dict) else raw
    return value


def to_seen(raw: Mapping[str, Any]) -> dict[str, Seen]:  # Any: JSON
    return {
        name: Seen(
            {date.fromisoformat(day): n for day, n in v["days"].items()},
            datetime.fromisoformat(v["last_at"]),
            v["last_id"],
        )
        for name, v in raw.items()
    }
