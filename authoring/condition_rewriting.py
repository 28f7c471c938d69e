"""From a condition as marketers write it to a CEL expression over variables, every name checked on the way.

A misspelt name is replaced by its nearest right one, so that the type check finds the other mistakes too;
`u` stands for a name nobody could guess.
"""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

from authoring.condition_pieces import END, Bracket, Names, Piece, event_key
from authoring.condition_tokens import ConditionProblem, Scanner, Token
from authoring.problems import did_you_mean, suggest
from domain.conditions import Reads

COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
ENDS_NOT = frozenset({"&&", "||", "?", ":"})
JOINS = frozenset({"&&", "||", "not", "!", "?", ":", "the end"})
METHODS = ("startsWith", "endsWith", "contains")
FUNCTIONS = ("known", "happened", "date")
UNITS = {"hour": timedelta(hours=1), "day": timedelta(days=1), "week": timedelta(weeks=1)}
GUESSED_WORDS = {"yes": "true", "no": "false", "True": "true", "False": "false"}
NOTHING_WORDS = ("null", "none", "None", "NULL", "empty", "unknown")
DEEPEST = 16  # CEL evaluates 32 levels, and a bracket of ours can be two
LONGEST_WINDOW = timedelta(days=3660)


class Rewriter:
    """One pass over one condition. `expression` is worth compiling unless `is_broken`."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        scanner = Scanner(text)
        self.problems = scanner.problems
        self.is_broken = scanner.is_broken
        self.reads = Reads()
        self._names = names
        self._tokens = scanner.tokens
        self._end = Token("close", "the end", max(len(text.rstrip()) - 1, 0), 1)
        self._at = 0
        self._pieces: list[Piece] = []
        self._stack = [Bracket(END)]
        self._wants_operand = True
        self._walk()

    @property
    def expression(self) -> str:
        return "".join(piece.cel for piece in self._pieces)

    def place(self, column: int) -> tuple[int, int]:
        """Offset and length, in the condition, of the CEL expression's character (from 0)."""
        position = 0
        for piece in self._pieces:
            position += len(piece.cel)
            if column < position and piece.cel.strip():
                return piece.offset, piece.length
        return self._end.offset, self._end.length

    # --- the walk: operands and operators take turns ---

    def _walk(self) -> None:
        if not self._tokens:
            self._break(self._end, "The condition is empty; write one, such as known(fact.pain).")
        while self._at < len(self._tokens) and not self.is_broken:
            token = self._tokens[self._at]
            self._at += 1
            if self._wants_operand:
                self._operand(token)
            else:
                self._operator(token)
        if not self.is_broken:
            self._finish()

    def _finish(self) -> None:
        if self._wants_operand:
            self._break(self._tokens[-1], f"Something is missing after {self._written(self._tokens[-1])}.")
        for bracket in self._stack[1:]:
            closing = ")" if bracket.token.value == "(" else "]"
            opened = bracket.token.value
            self._break(bracket.token, f"This {opened} is never closed; write {closing} where it ends.")
        self._close_nots()

    def _operand(self, token: Token) -> None:
        match token.sort:
            case "name":
                self._name(token)
            case "number":
                self._stack[-1].sorts.add("number")
                self._emit(token.value, token, ends=True)
            case "text":
                self._stack[-1].sorts.add("text")
                self._text(token)
            case "open":
                self._open(token)
            case "close" if token.value == "]" and self._peek(-2).value == "[":
                self._close(token)
            case "op" if token.value in ("!", "-"):
                self._emit(token.value, token)
            case "op" if token.value == "not":
                self._stack[-1].nots += 1
                self._emit("!(", token)
                self._check_depth(token)
            case _:
                self._break(token, f"Something is missing before {self._written(token)}.")

    def _operator(self, token: Token) -> None:
        if token.sort == "op" and token.value not in ("not", "!"):
            if token.value in ENDS_NOT:
                self._close_nots()
            self._emit(f" {token.value} ", token)
            self._wants_operand = True
        elif token.sort == "close":
            self._close(token)
        elif token.sort == "comma" and len(self._stack) > 1 and self._stack[-1].token.value == "[":
            self._emit(", ", token)
            self._wants_operand = True
        elif token.value == "not" and self._peek(0).value == "in":
            self._break(token, "Write not in front: not company.country in [...].")
        elif token.sort == "comma":
            self._break(token, 'A comma only stands in ["US", "CA"] or happened(...); write and or or.')
        else:
            self._break(token, f"Something is missing before {self._written(token)}: and, or, ==, >=.")

    def _open(self, token: Token) -> None:
        list_of = None
        if token.value == "[" and self._peek(-2).value == "in":
            list_of = self._field_at(-3)
        self._stack.append(Bracket(token, list_of))
        self._check_depth(token)
        self._emit(token.value, token)

    def _close(self, token: Token) -> None:
        opened = self._stack[-1].token
        if opened is END:
            self._break(token, f"This {token.value} closes nothing; delete it or open it before.")
        elif (opened.value == "(") != (token.value == ")"):
            self._break(token, f"{opened.value} and {token.value} do not fit together.")
        else:
            self._close_nots()
            bracket = self._stack.pop()
            if bracket.token.value == "[" and len(bracket.sorts) > 1:
                self._say(bracket.token, "This list mixes texts and numbers; write only one of the two.")
            self._emit(token.value, token, ends=True)

    def _close_nots(self) -> None:
        # `not` reaches to the end of its comparison, as in the sentence; CEL's ! takes the next word only.
        bracket = self._stack[-1]
        self._pieces.append(Piece(")" * bracket.nots, self._end.offset, 0))
        bracket.nots = 0

    # --- operands ---

    def _name(self, token: Token) -> None:
        if self._peek(0).value == "(" and self._peek(0).sort == "open":
            self._call(token)
        elif token.value in ("true", "false"):
            self._emit(token.value, token, ends=True)
        elif token.value in NOTHING_WORDS:
            self._say(token, f"{token.value} is no value; whether somebody told us is known(fact.pain).")
            self._emit("u", token, ends=True)
        elif token.value in GUESSED_WORDS and token.value not in self._names.fields:
            self._say(token, f"Write {GUESSED_WORDS[token.value]} instead of {token.value}.")
            self._emit(GUESSED_WORDS[token.value], token, ends=True)
        elif token.value.startswith("lists."):
            self._list(token)
        else:
            self._field(token)

    def _field(self, token: Token) -> None:
        name = self._resolved(token)
        if name is None:
            as_text = self._peek(-2).value in COMPARISONS and self._field_at(-3) is not None
            self._emit(json.dumps(token.value, ensure_ascii=False) if as_text else "u", token, ends=True)
            return
        self.reads |= Reads(fields=frozenset({name}))
        self._emit(f"v{self._names.numbers[name]}", token, ends=True)

    def _resolved(self, token: Token) -> str | None:
        """The field meant, after saying what is wrong with the way it is written."""
        name = token.value
        if self._names.is_readable(name):
            return name
        if name in self._names.fields:
            self._say(token, f"{name} is personal: mails may show it, conditions may not; use another field.")
            return None
        if name in self._names.events:
            self._say(token, f"{name} is an event, not a field; count it: happened({name}, 7 days) >= 1.")
            return None
        left = self._field_at(-3) if self._peek(-2).value in COMPARISONS else self._stack[-1].list_of
        if left is not None and "." not in name and self._names.fields[left].kind in ("text", "choice"):
            self._say(token, f'{name} is no field; if it is a text, put it in quotes: "{name}".')
            return None
        nearest = suggest(name, self._names.readable())
        self._say(token, f"There is no field {name}{did_you_mean(name, self._names.readable())}")
        return nearest

    def _list(self, token: Token) -> None:
        name: str | None = token.value
        if name not in self._names.numbers:
            known = self._names.lists_written()
            self._say(token, f"There is no list {name}{did_you_mean(token.value, known)}")
            name = suggest(token.value, known)
        self._emit("u" if name is None else f"l{self._names.numbers[name]}", token, ends=True)

    def _text(self, token: Token) -> None:
        cel = json.dumps(token.value, ensure_ascii=False)
        partner = self._partner()
        kind = self._names.fields.get(partner) if partner else None
        if kind is not None and kind.kind == "date":
            cel = self._date(token)
        elif kind is not None and kind.kind == "choice" and token.value not in kind.options:
            near, can_be = did_you_mean(token.value, kind.options), ", ".join(kind.options)
            self._say(token, f'{partner} is never "{token.value}"{near} It can be: {can_be}.')
        self._emit(cel, token, ends=True)

    def _partner(self) -> str | None:
        """The field the text just taken is compared with."""
        if self._stack[-1].list_of is not None:
            return self._stack[-1].list_of
        if self._peek(-2).value in COMPARISONS and self._peek(-2).sort == "op":
            return self._field_at(-3)
        return self._field_at(1) if self._peek(0).value in COMPARISONS else None

    def _date(self, token: Token) -> str:
        try:
            if not re.fullmatch(r"\d{4}-\d\d-\d\d", token.value, re.ASCII):
                raise ValueError
            day = date.fromisoformat(token.value)
        except ValueError:
            self._say(token, f'"{token.value}" is no date; write year, month and day like "2027-03-31".')
            day = date(2000, 1, 1)
        return f'timestamp("{day.isoformat()}T00:00:00Z")'

    # --- calls ---

    def _call(self, token: Token) -> None:
        arguments, closing = self._arguments()
        head, _, method = token.value.rpartition(".")
        if head and (self._names.is_readable(head) or method in METHODS):
            self._method(token, head, method)
        elif closing is None:
            self._break(self._peek(0), "This ( is never closed; write ) where it ends.")
        else:
            self._at += len(arguments) + 2
            self._function(token, arguments, closing)

    def _arguments(self) -> tuple[list[Token], Token | None]:
        depth = 0
        for number, token in enumerate(self._tokens[self._at :]):
            if token.value in ("(", ")") and token.sort != "text":
                depth += 1 if token.sort == "open" else -1
            if depth == 0:
                return self._tokens[self._at + 1 : self._at + number], token
        return [], None

    def _method(self, token: Token, head: str, method: str) -> None:
        if method not in METHODS:
            offered = ", ".join(f"{name}(...)" for name in METHODS)
            near = did_you_mean(method, METHODS)
            self._say(token, f"There is no {method}(...){near} A text has {offered}.")
            method = suggest(method, METHODS) or METHODS[0]
        # The field alone is checked where it stands, so that its own mistakes point at it.
        self._field(Token("name", head, token.offset, len(head)))
        self._emit(f".{method}", token)

    def _function(self, token: Token, arguments: list[Token], closing: Token) -> None:
        whole = Token("name", token.value, token.offset, closing.offset + 1 - token.offset)
        match token.value:
            case "known":
                self._known(whole, arguments)
            case "happened":
                self._happened(whole, arguments)
            case "date":
                self._date_call(whole, arguments)
            case _:
                offered = ", ".join(f"{name}(...)" for name in FUNCTIONS)
                near = did_you_mean(token.value, FUNCTIONS)
                self._say(token, f"There is no {token.value}(...){near} There are {offered}.")
                self._emit("u", whole, ends=True)

    def _known(self, whole: Token, arguments: list[Token]) -> None:
        if len(arguments) != 1 or arguments[0].sort != "name":
            self._say(whole, "known(...) takes one field name, such as known(fact.pain).")
            name = None
        else:
            name = self._resolved(arguments[0])
        if name is not None:
            self.reads |= Reads(known=frozenset({name}))
        self._emit("true" if name is None else f"k{self._names.numbers[name]}", whole, ends=True)

    def _happened(self, whole: Token, arguments: list[Token]) -> None:
        before, after = self._tokens_around(whole)
        event, window = self._counted(whole, arguments)
        if event is not None:
            self.reads |= Reads(events=frozenset({(event, window)}))
        cel = "1.0" if event is None else f"n[{json.dumps(event_key(event, window), ensure_ascii=False)}]"
        in_brackets = before.value == "(" and after.value == ")"  # whatever stands around them decides
        if before.value in (*JOINS, "(") and after.value in (*JOINS, ")") and not in_brackets:
            self._say(whole, f"This is a count, so compare it: {self._spelt(event, arguments)} >= 1.")
            cel = f"({cel} >= 1.0)"
        self._emit(cel, whole, ends=True)

    def _spelt(self, event: str | None, arguments: list[Token]) -> str:
        span = ""
        if len(arguments) == 4:
            span = f", {arguments[2].value.removesuffix('.0')} {arguments[3].value}"
        return f"happened({event or 'pricing_view'}{span})"

    def _counted(self, whole: Token, arguments: list[Token]) -> tuple[str | None, timedelta | None]:
        sorts = [token.sort for token in arguments]
        if sorts not in (["name"], ["name", "comma", "number", "name"]):
            self._say(whole, "Write an event, with or without a time: happened(pricing_view, 7 days).")
            return None, None
        event: str | None = arguments[0].value
        if event not in self._names.events:
            near = did_you_mean(arguments[0].value, self._names.events)
            self._say(arguments[0], f"There is no event {event}{near}")
            event = suggest(arguments[0].value, self._names.events)
        return event, self._window(arguments[2], arguments[3]) if len(arguments) == 4 else None

    def _window(self, amount: Token, unit: Token) -> timedelta:
        size = UNITS.get(unit.value.removesuffix("s"))
        if size is None:
            self._say(unit, f"{unit.value} is no unit of time here; write hours, days or weeks.")
            return timedelta(days=1)
        window = size * float(amount.value) if float(amount.value) < 1e6 else LONGEST_WINDOW * 2
        if not timedelta(0) < window <= LONGEST_WINDOW:
            self._say(amount, "Write more than 0 and at most 10 years; no time at all counts everything.")
            return timedelta(days=1)
        return window

    def _date_call(self, whole: Token, arguments: list[Token]) -> None:
        if [token.sort for token in arguments] != ["text"]:
            self._say(whole, 'date(...) takes one date in quotes: date("2027-03-31").')
            self._emit("u", whole, ends=True)
        else:
            self._emit(self._date(arguments[0]), whole, ends=True)

    # --- small things ---

    def _peek(self, step: int) -> Token:
        """The token `step` away from the next one: 0 is the next, -1 the one just taken, and so on back."""
        index = self._at + step
        return self._tokens[index] if 0 <= index < len(self._tokens) else END

    def _tokens_around(self, whole: Token) -> tuple[Token, Token]:
        before = [token for token in self._tokens if token.offset < whole.offset]
        return before[-1] if before else END, self._peek(0)

    def _field_at(self, step: int) -> str | None:
        token = self._peek(step)
        return token.value if token.sort == "name" and self._names.is_readable(token.value) else None

    def _check_depth(self, token: Token) -> None:
        if sum(1 + bracket.nots for bracket in self._stack) > DEEPEST:
            self._break(token, "This is nested too deeply to be understood; split it, or name a part of it.")

    def _written(self, token: Token) -> str:
        return {"&&": "and", "||": "or"}.get(token.value, token.value)

    def _emit(self, cel: str, token: Token, *, ends: bool = False) -> None:
        self._pieces.append(Piece(cel, token.offset, token.length))
        self._wants_operand = not ends

    def _say(self, token: Token, sentence: str) -> None:
        self.problems.append(ConditionProblem(token.offset, max(token.length, 1), sentence))

    def _break(self, token: Token, sentence: str) -> None:
        self._say(self._end if token is END else token, sentence)
        self.is_broken = True
