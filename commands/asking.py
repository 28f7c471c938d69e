"""Questions in the terminal. An answer given as an option is not asked for; a wrong one is said and asked again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import typer

from authoring.problems import did_you_mean
from commands.console import say
from domain.errors import InvalidError

T = TypeVar("T")
Check = Callable[[str], T]
"""What an answer becomes. Raises ValueError or InvalidError with what to write instead."""


def ask(question: str, given: str | None, check: Check[T], *, flag: str, default: str | None = None) -> T:
    """Raises InvalidError for a wrong option, and where nobody is there to ask."""
    if given is not None:
        try:
            return check(given.strip())
        except (ValueError, InvalidError) as error:
            raise InvalidError(f"{flag}: {_said(error)}") from None
    while True:
        answer = _prompt(question, flag, default)
        try:
            return check(answer.strip())
        except (ValueError, InvalidError) as error:
            say(f"  {_said(error)}")


def ask_many(
    question: str, given: str | None, check: Check[T], *, flag: str, default: str | None = None
) -> Sequence[T]:
    """Several answers in one line, with commas."""

    def each(answer: str) -> list[T]:
        return [check(part.strip()) for part in answer.split(",") if part.strip()]

    return ask(question, given, each, flag=flag, default=default)


def ask_until_empty(question: str, given: Sequence[str] | None, check: Check[T], *, flag: str) -> Sequence[T]:
    """One answer a line; an empty line ends it."""
    if given is not None:
        return [ask(question, each, check, flag=flag) for each in given]
    found: list[T] = []
    while answer := ask(f"{question} (Enter ends)", None, lambda a: (check(a),) if a else None, flag=flag, default=""):
        found += answer
    return found


def choose(question: str, given: str | None, names: Sequence[str], *, flag: str) -> str:
    """One of a few names; without a question where there is only one."""

    def one_of(answer: str) -> str:
        if answer not in names:
            raise InvalidError(f"there is no {answer}{did_you_mean(answer, names)} Write {', '.join(names)}")
        return answer

    if given is None and len(names) == 1:
        return names[0]
    return ask(f"{question} ({', '.join(names)})", given, one_of, flag=flag, default=names[0] if names else None)


def _prompt(question: str, flag: str, default: str | None) -> str:
    try:
        return str(typer.prompt(question, default=default, show_default=bool(default), err=True))
    except typer.Abort:
        raise InvalidError(f"nobody answered, so nothing was written; answer, or give {flag}") from None


def _said(error: ValueError | InvalidError) -> str:
    return error.sentence if isinstance(error, InvalidError) else str(error)
