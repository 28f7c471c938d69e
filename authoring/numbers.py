"""Numbers as people export them: 1,200.5 here is 1.200,5 there, and 1.200 alone may be either."""

from __future__ import annotations

import re
from typing import Literal

from domain.errors import InvalidError

Decimal = Literal[".", ","]
GROUPED = r"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:[{by} \xa0\u2009\u202f'’]\d{{3}})+)(?:{decimal}\d+)?"
"""Thousands may also be set apart by a space or an apostrophe; both mean the same everywhere."""
WRITTEN: dict[Decimal, re.Pattern[str]] = {
    ".": re.compile(GROUPED.format(by=",", decimal=r"\."), re.ASCII),
    ",": re.compile(GROUPED.format(by=".", decimal=","), re.ASCII),
}


def plain(text: str, decimal: Decimal | None) -> str:
    """As 1200.5; what is no number stays as it is. `decimal` is the sign that decides where there are two readings;
    without one such a number raises InvalidError."""
    read = readings(text)
    if decimal in read:
        return read[decimal]
    if len(read) > 1:
        low, high = sorted(f"{float(each):.16g}" for each in read.values())
        raise InvalidError(
            f"“{text}” may be {low} or {high}, and no other number of the file tells which; say in the mapping which"
            ' sign stands before the fraction: decimal: "," or decimal: "."'
        )
    return next(iter(read.values()), text)


def readings(text: str) -> dict[Decimal, str]:
    """By the decimal sign that must be meant; one where the sign makes no difference."""
    found = {each: _read(text, each) for each, pattern in WRITTEN.items() if pattern.fullmatch(text)}
    return found if len(set(found.values())) == len(found) else dict([found.popitem()])


def sign_of(text: str) -> Decimal | None:
    """The decimal sign without which it would be no number, if there is one."""
    fits: list[Decimal] = [decimal for decimal, pattern in WRITTEN.items() if pattern.fullmatch(text)]
    return fits[0] if len(fits) == 1 else None


class Signs:
    """What the numbers of a file, column by column, tell of how they are written."""

    def __init__(self) -> None:
        self._seen: dict[str, set[Decimal]] = {}

    def see(self, column: str, text: str) -> None:
        if sign := sign_of(text):
            self._seen.setdefault(column, set()).add(sign)

    def of(self, column: str = "") -> Decimal | None:
        """By the column's other numbers, else by all of the file; None where they say nothing or both."""
        seen = self._seen.get(column) or set[Decimal]().union(*self._seen.values())
        return next(iter(seen)) if len(seen) == 1 else None


def _read(text: str, decimal: Decimal) -> str:
    whole, _, fraction = text.partition(decimal)
    digits = "".join(character for character in whole if character in "+-0123456789")
    return f"{digits}.{fraction}" if fraction else digits
