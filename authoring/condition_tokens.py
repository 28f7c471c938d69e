"""The words of a condition and where they stand; what cannot be a word is a problem, and reading goes on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from domain.errors import InvalidError

Sort = Literal["name", "number", "text", "op", "open", "close", "comma"]


@dataclass(frozen=True)
class ConditionProblem:
    """`offset` and `length` count characters in the condition as it was written."""

    offset: int
    length: int
    sentence: str


class ConditionError(InvalidError):
    """Everything that is wrong with one condition, in the order it is read."""

    type = "condition"

    def __init__(self, problems: tuple[ConditionProblem, ...]) -> None:
        super().__init__(" ".join(problem.sentence for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Token:
    """`value` is what counts: `&&` for the word `and`, the characters of a text without its quotes."""

    sort: Sort
    value: str
    offset: int
    length: int


TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    |(?P<smart>[“”„‟«»‘’‚`][^“”„‟«»‘’‚`"'\n]*[“”„‟«»‘’`"']?)
    |(?P<unclosed>["'].*)
    |(?P<number>\d[\w.]*)
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<op>==|!=|<=|>=|&&|\|\||[<>!+\-*/?:])
    |(?P<slip>=<|=>|=|<>|[≤≥≠&|])
    |(?P<open>[(\[])|(?P<close>[)\]])|(?P<comma>,)
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
WORDS = {"and": "&&", "or": "||"}
# What people write for an operator, and what they meant.
SLIPS = {
    "=<": "<=",
    "≤": "<=",
    "=>": ">=",
    "≥": ">=",
    "=": "==",
    "<>": "!=",
    "≠": "!=",
    "&": "and",
    "|": "or",
}
ESCAPES = {'\\"': '"', "\\'": "'", "\\\\": "\\"}


class Scanner:
    """Splits one condition; `is_broken` when a piece had to be guessed, so that types mean nothing now."""

    def __init__(self, text: str) -> None:
        self.tokens: list[Token] = []
        self.problems: list[ConditionProblem] = []
        self.is_broken = False
        for match in TOKENS.finditer(text):
            self._take(str(match.lastgroup), match[0], match.start())

    def _take(self, group: str, piece: str, offset: int) -> None:
        match group:
            case "space":
                return
            case "text":
                self._add("text", self._unescaped(piece, offset), piece, offset)
            case "number":
                self._number(piece, offset)
            case "name":
                self._name(piece, offset)
            case "op":
                self._add("op", piece, piece, offset)
            case "open":
                self._add("open", piece, piece, offset)
            case "close":
                self._add("close", piece, piece, offset)
            case "comma":
                self._add("comma", piece, piece, offset)
            case _:
                self._mistake(group, piece, offset)

    def _mistake(self, group: str, piece: str, offset: int) -> None:
        if group == "smart":
            self._say(offset, piece, 'These are curly quotes; write straight ones: "like this".')
            self._add("text", re.sub(r"""^.|[“”„‟«»‘’‚`"']$""", "", piece), piece, offset)
        elif group == "unclosed":
            self._say(offset, piece, f"This text is never closed; write {piece[0]} where it ends.")
            self._add("text", piece[1:], piece, offset)
            self.is_broken = True
        elif group == "slip":
            meant = SLIPS[piece]
            reason = " to compare" if piece == "=" else ""
            self._say(offset, piece, f"Write {meant}{reason} instead of {piece}.")
            self._add("op", WORDS.get(meant, meant), piece, offset)
        else:
            self._say(offset, piece, f"{piece!r} means nothing here; delete it, or put quotes around a text.")
            self.is_broken = True

    def _name(self, piece: str, offset: int) -> None:
        word = piece.lower()
        if word not in ("and", "or", "not", "in"):
            self._add("name", piece, piece, offset)
            return
        if piece != word:
            self._say(offset, piece, f"Write {word} in small letters.")
        self._add("op", WORDS.get(word, word), piece, offset)

    def _number(self, piece: str, offset: int) -> None:
        if NUMBER.fullmatch(piece):
            self._add("number", piece if "." in piece else f"{piece}.0", piece, offset)
            return
        self._say(offset, piece, f"{piece} is not a number; write 1000 or 2.5, and texts and dates in quotes.")
        self._add("number", "0.0", piece, offset)

    def _unescaped(self, piece: str, offset: int) -> str:
        for match in re.finditer(r"\\.", piece):
            if match[0] not in ESCAPES:
                self._say(offset + match.start(), match[0], "Write a backslash in a text twice: \\\\.")
        return re.sub(r"\\.", lambda match: ESCAPES.get(match[0], match[0]), piece[1:-1])

    def _add(self, sort: Sort, value: str, piece: str, offset: int) -> None:
        self.tokens.append(Token(sort, value, offset, len(piece)))

    def _say(self, offset: int, piece: str, sentence: str) -> None:
        self.problems.append(ConditionProblem(offset, max(len(piece), 1), sentence))
