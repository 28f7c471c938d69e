"""A row of a file on its way to becoming a lead: between whoever reads the file and whoever enrols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Line:
    """What a row says, by field name and still as written. `number` counts as a spreadsheet does: the header is 1."""

    number: int
    email: str
    values: Mapping[str, object] = field(default_factory=dict)
    external: tuple[str, str] | None = None
    has_opted_out: bool = False
    is_do_not_call: bool = False
    consent: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A row that cannot even be read; `reason` says what to do, for whoever owns the file."""

    number: int
    reason: str


Row = Line | Refused
