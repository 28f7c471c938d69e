"""What answers of the import's interview become; each raises InvalidError for what is none."""

from __future__ import annotations

from collections.abc import Iterable

from authoring.mapped_rows import NO, YES
from authoring.problems import did_you_mean
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.values import coerce


def one_of(given: str, names: Iterable[str]) -> str:
    if given not in names:
        raise InvalidError(f"There is no {given[:60]}{did_you_mean(given, names)} Write {', '.join(names)}.")
    return given


def yes_or_no(given: str) -> bool:
    if given.casefold() not in YES | NO:
        raise InvalidError(f"“{given[:60]}” is neither yes nor no.")
    return given.casefold() in YES


def value_of(name: str, given: str, declared: FieldDef) -> str:
    return str(coerce(name, given, declared))


def is_known(name: str, word: str, declared: FieldDef) -> bool:
    try:
        return bool(value_of(name, word, declared))
    except InvalidError:
        return False
