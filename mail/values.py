"""What a template may print of what we were told: facts come from strangers, so they print as words and
nothing more.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

ROOTS = ("lead", "company", "sender", "fact", "inquiry")

_LONGEST = 500  # characters; more is not a fact but a flood
# mail programs turn a bare URL into a link, markup or not: a name that holds one was put there to be clicked
_LINK = re.compile(r"://|\bwww\.|\b(javascript|data|mailto):|\]\(", re.IGNORECASE)
# these turn the direction of all that follows them, in our own words too
DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def printable(root: str, value: object) -> object | None:
    """The value as it may be printed, or None if it counts as unknown: empty, too long, or carrying a link.

    Numbers are doubles in the archive; 3.0 prints as 3. What the sender's own record says is trusted to hold
    a URL.
    """
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if not isinstance(value, str):
        return value
    if len(value) > _LONGEST * 4 or (root != "sender" and _LINK.search(value)):
        return None
    words = " ".join("".join(_plain(c) for c in value).split())
    return words if words and len(words) <= _LONGEST else None


def cleaned(values: Mapping[str, object]) -> dict[str, Group]:
    """The nested values, every root present and everything unprintable left out."""
    groups = {}
    for root in ROOTS:
        given = values.get(root)
        fields = given if isinstance(given, Mapping) else {}
        known = {str(name): printable(root, value) for name, value in fields.items()}
        groups[root] = Group(root, {name: value for name, value in known.items() if value is not None})
    return groups


class Group:
    """The values under one root. Not a dict: a dict's own `items` would hide a field of that name."""

    def __init__(self, root: str, fields: Mapping[str, object]) -> None:
        self.root, self.fields = root, fields


def _plain(character: str) -> str:
    if character in DIRECTION:
        return ""
    # Cc: control, Cs: half a character that cannot be encoded, Co: private, used as our own marks
    return " " if unicodedata.category(character) in ("Cc", "Cs", "Co", "Zl", "Zp") else character
