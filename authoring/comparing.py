"""What differs between two sets of files, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

LONGEST = 2000
"""Lines of one file's difference that are shown."""


@dataclass(frozen=True)
class Difference:
    """`lines` begin with `+`, `-`, a blank, or `@@` where lines were left out."""

    path: str
    change: str
    lines: tuple[str, ...]

    @property
    def added(self) -> int:
        return sum(line.startswith("+") for line in self.lines)

    @property
    def removed(self) -> int:
        return sum(line.startswith("-") for line in self.lines)


def differences(old: Mapping[str, str], new: Mapping[str, str], context: int = 3) -> list[Difference]:
    """By path; files that say the same are left out, however their lines end."""
    found = []
    for path in sorted(old.keys() | new.keys()):
        before, after = (_lines(files.get(path, "")) for files in (old, new))
        change = "added" if path not in old else "removed" if path not in new else "changed"
        if before != after or change != "changed":
            lines = list(unified_diff(before, after, lineterm="", n=context))[2 : LONGEST + 2]
            found.append(Difference(path, change, tuple(lines)))
    return found


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").splitlines()
