"""A row of a file on its way to becoming a lead: between whoever reads the file and whoever enrols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.lead import Value
from domain.values import coerce, is_country


@dataclass(frozen=True)
class Before:
    """Something the lead did before it came here, so many times; `at` is UTC, None when the file does not say."""

    name: str
    at: datetime | None = None
    times: int = 1


@dataclass(frozen=True)
class Received:
    """A touch or an asset, by its id, that the lead already had; `at` as above."""

    what: str
    at: datetime | None = None


@dataclass(frozen=True)
class Line:
    """What a row says, by field name and still as written. `number` counts as a spreadsheet does: the header is 1.

    `owner` is the salesperson who has the lead already, by the id in people.yaml."""

    number: int
    email: str
    values: Mapping[str, object] = field(default_factory=dict)
    external: tuple[str, str] | None = None
    has_opted_out: bool = False
    is_do_not_call: bool = False
    consent: Mapping[str, str] = field(default_factory=dict)
    has_bounced: bool = False
    events: tuple[Before, ...] = ()
    received: tuple[Received, ...] = ()
    owner: str | None = None

    @property
    def is_suppressed(self) -> bool:
        return self.has_opted_out or self.has_bounced


@dataclass(frozen=True)
class Refused:
    """A row that cannot even be read; `reason` says what to do, for whoever owns the file."""

    number: int
    reason: str


Row = Line | Refused


def usable(fields: Mapping[str, FieldDef], raw: Mapping[str, object]) -> tuple[dict[str, Value], dict[str, str]]:
    """The values as declared, and by field what was written where none of a choice's options stands, or a country that
    nobody knows: such a field stays unknown. Whatever else cannot be understood raises InvalidError; empty ones are
    left out."""
    values: dict[str, Value] = {}
    left: dict[str, str] = {}
    for name, written in raw.items():
        if written is None or written == "":
            continue
        try:
            values[name] = coerce(name, written, fields[name])
        except InvalidError:
            is_named = fields[name].type == "choice" or is_country(name, fields[name])
            if not is_named or not isinstance(written, str):
                raise
            left[name] = " ".join(written.split())[:60]
        except KeyError:
            raise InvalidError(f"there is no field {name}; they are declared in lead_defs/fields.yaml", name) from None
    return values, left
