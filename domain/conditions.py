"""What a condition is, whoever evaluates it: the facts it reads, where it reads them, three values.

`None` is "unknown" throughout: an unknown fact makes neither a condition nor its negation true.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol

Kind = Literal["text", "number", "choice", "flag", "date"]


@dataclass(frozen=True)
class FieldKind:
    """A declared field. `options` are a choice's values; a `personal` field is never read by a condition."""

    kind: Kind
    options: tuple[str, ...] = ()
    personal: bool = False


@dataclass(frozen=True)
class Reads:
    """Everything a condition can ask its view for: values, `known(...)` and `happened(...)`, by name."""

    fields: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    events: frozenset[tuple[str, timedelta | None]] = frozenset()

    def __or__(self, other: Reads) -> Reads:
        return Reads(self.fields | other.fields, self.known | other.known, self.events | other.events)


class View(Protocol):
    """The facts about one lead at one instant; only `grades` may narrow while it is asked."""

    @property
    def grades(self) -> tuple[str, ...]:
        """The values grade.fit may still take, one when the grade is settled, never none."""

    @property
    def scratch(self) -> dict[object, object]:
        """A cache that lives as long as this one decision; evaluators keep what they built in it."""

    def value(self, name: str) -> str | float | bool | date | None:
        """The value of a field, None when it is unknown."""

    def count(self, event: str, window: timedelta | None) -> int:
        """How often the event happened inside the window that ends now; without a window, ever."""


class Condition(Protocol):
    """A compiled condition: it can be asked by several threads at once."""

    @property
    def text(self) -> str:
        """The condition as it was written."""

    @property
    def reads(self) -> Reads:
        """What it asks a view for."""

    def holds(self, view: View) -> bool | None:
        """True, False, or None when what is known does not decide it."""
