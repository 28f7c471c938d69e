"""What a condition is rewritten with: the declared names, the pieces of CEL, the brackets still open.

CEL never sees a name of ours: field 3 is `v3`, whether it is known is `k3`, list 0 is `l0`, counts are in the
map `n`. So a field may be called like a word that CEL reserves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from authoring.condition_tokens import Token
from domain.conditions import FieldKind

END = Token("close", "the end", -1, 0)


@dataclass(frozen=True)
class Names:
    """The declared names, and which variable each one is."""

    fields: Mapping[str, FieldKind]
    events: Collection[str]
    lists: Collection[str]
    numbers: Mapping[str, int]  # of a field or a list, by its name as it is written

    def lists_written(self) -> list[str]:
        return [f"lists.{name}" for name in self.lists]

    def is_readable(self, name: str) -> bool:
        return name in self.fields and not self.fields[name].personal

    def readable(self) -> list[str]:
        return [name for name in self.fields if self.is_readable(name)]


@dataclass(frozen=True)
class Piece:
    """A bit of the CEL expression and the place in the condition it comes from."""

    cel: str
    offset: int
    length: int


@dataclass
class Bracket:
    token: Token
    list_of: str | None = None  # the field left of `in`, for the texts inside the brackets
    nots: int = 0
    sorts: set[str] = field(default_factory=set)


def event_key(event: str, window: timedelta | None) -> str:
    return event if window is None else f"{event} {int(window.total_seconds())}"
