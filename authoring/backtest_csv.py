"""A CSV whose rows say what became of each lead, as stretches that can be judged again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

from authoring.mapped_rows import MappedRows
from authoring.problems import did_you_mean
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.importing import Line, Refused, Row, usable
from domain.lead import Known, Lead, Source, State
from domain.past import Happened, Past
from domain.values import instant

NO_DATE = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""Stands for a moment nobody has written down; all that is known is from then, so nothing fades or grows old."""
MOST_SHOWN = 5


@dataclass(frozen=True)
class Outcome:
    """`COLUMN=VALUE`: the rows of which a column reads the value did well; where it is empty, nobody knows."""

    column: str
    value: str

    @staticmethod
    def of(written: str) -> Outcome:
        column, equals, value = (part.strip() for part in written.partition("="))
        if not (column and equals and value):
            raise InvalidError("write the outcome as COLUMN=VALUE, as in --outcome Converted=1", "outcome")
        return Outcome(column, value)

    def is_good(self, cell: str) -> bool | None:
        text = cell.strip().casefold()
        return text == self.value.casefold() if text else None


@dataclass(frozen=True)
class Asked:
    """`order_by` and `last` choose the later part of the rows: `last` is its share, above 0 and at most 1. `at` is the
    column that says from when a row is."""

    outcome: Outcome
    at: str | None = None
    order_by: str | None = None
    last: float = 1.0


class CsvPasts:
    """Reads the file once, and once before for the order; keeps of each row one number at most."""

    def __init__(self, rows: MappedRows, fields: Mapping[str, FieldDef], asked: Asked) -> None:
        self._rows, self._fields, self._asked = rows, fields, asked
        self.unreadable: list[Refused] = []
        self.refused = 0
        self.outcomes: dict[str, int] = {}
        for name in (asked.outcome.column, asked.at, asked.order_by):
            if name is not None and name not in rows.file.header:
                raise InvalidError(f"there is no column {name}{did_you_mean(name, filter(None, rows.file.header))}")

    def pasts(self, tell: Callable[[int], None] = lambda _: None) -> Iterator[Past]:
        """Raises CsvError, and InvalidError for a row without its place in the order."""
        first = self._first_of_last()
        for count, (row, cells) in enumerate(self._rows.rows_with_cells(), 1):
            tell(count)
            if first is not None and (self._key(row.number, cells), row.number) < first:
                continue
            try:
                yield self._past(row, cells)
            except InvalidError as error:
                self.refused += 1
                if len(self.unreadable) < MOST_SHOWN:
                    self.unreadable.append(Refused(row.number, error.sentence))

    def _first_of_last(self) -> tuple[float, int] | None:
        if self._asked.last >= 1:
            return None
        keys = sorted((self._key(row.number, cells), row.number) for row, cells in self._rows.rows_with_cells())
        at = int(len(keys) * (1 - self._asked.last) + 1e-9)
        return keys[at] if keys else None

    def _key(self, number: int, cells: Mapping[str, str]) -> float:
        """Where a row stands in time: a number, or a date."""
        column = self._asked.order_by or self._asked.at
        if column is None:
            return float(number)
        text = cells.get(column, "").strip()
        try:
            return float(text)
        except ValueError:
            pass
        try:
            return instant(text, self._rows.mapping.dates).timestamp()
        except ValueError:
            raise InvalidError(
                f"row {number} cannot be put in order: {column} reads “{text[:40]}”, neither a number nor a date"
            ) from None

    def _past(self, row: Row, cells: Mapping[str, str]) -> Past:
        if isinstance(row, Refused):
            raise InvalidError(row.reason)
        values, _ = usable(self._fields, row.values)
        at = self._at(cells)
        became = cells.get(self._asked.outcome.column, "").strip()
        if became:
            self._count(became)
        evidence = f"row:{row.number}"
        return Past(
            evidence,
            Lead(uuid5(NAMESPACE_URL, evidence), State.INQUIRY, at, at),
            at,
            at,
            {name: (Known(value, at, Source.IMPORT, evidence),) for name, value in values.items()},
            _events(row, at, evidence),
            self._asked.outcome.is_good(became),
            became[:60],
            self._asked.at is not None,
        )

    def _at(self, cells: Mapping[str, str]) -> datetime:
        if self._asked.at is None:
            return NO_DATE
        text = cells.get(self._asked.at, "").strip()
        try:
            return instant(text, self._rows.mapping.dates)
        except ValueError:
            wanted = self._rows.mapping.dates or "2027-03-31 or 2027-03-31 14:30"
            raise InvalidError(f"{self._asked.at} reads “{text[:40]}”, which is no date written as {wanted}") from None

    def _count(self, became: str) -> None:
        if became in self.outcomes or len(self.outcomes) < MOST_SHOWN:
            self.outcomes[became] = self.outcomes.get(became, 0) + 1

    def require_both(self, goods: int, bads: int) -> None:
        """Raises InvalidError when the rows have only one outcome: there is nothing to compare."""
        if goods and bads:
            return
        column, value = self._asked.outcome.column, self._asked.outcome.value
        found = f"; it reads {_listed(list(self.outcomes))}" if self.outcomes else ""
        which = "no row" if bads or not goods else "every row"
        raise InvalidError(f"{which} says {value} in the column {column}{found}", "outcome")


def _events(line: Line, at: datetime, evidence: str) -> tuple[Happened, ...]:
    """An event with a date of its own counts when it was; one from after the row's date is not known yet."""
    return tuple(
        Happened(event.name, event.at or at, event.at or at, f"{evidence}/{event.name}", event.times)
        for event in line.events
        if (event.at or at) <= at
    )


def _listed(values: Sequence[str]) -> str:
    return ", ".join(f"“{value[:40]}”" for value in values)
