"""`nurture import FILE --map`: an interview about the columns of a file, and the mapping file that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

from commands.console import say
from commands.import_answers import is_known, one_of, value_of, yes_or_no
from commands.mapping_files import beside, read_mapping
from commands.progress import progress
from domain.errors import InvalidError

if TYPE_CHECKING:
    from authoring.csv_files import CsvFile
    from authoring.mapping import ImportMapping
    from domain.release import Release

SAMPLES = 3
MOST_WORDS = 12
"""Different words up to which a column is worth asking about word by word."""
LEAVE_OUT, LEAVE_REST, HELP = "-", "!", "?"
FLAGS = {"opted_out": "wants no mail", "do_not_call": "wants no call", "bounced": "has an address that bounces"}
PLAIN = ("email", "external_id", "owner", *FLAGS)
T = TypeVar("T")
Ask = Callable[[str, str], str]
"""A question and the answer that Enter gives; what was typed comes back."""


def interview(path: Path, before: Path | None, release: Release, ask: Ask | None = None) -> Path:
    """Asks about every column, and saves the answers beside the file. `before` is a mapping to begin from. Raises
    CsvError, FilesError for that mapping, InvalidError when nothing says where the addresses stand."""
    from authoring.csv_files import open_csv

    guessed = _guessed(before, release, path)
    file = open_csv(path, guessed.encoding, guessed.delimiter)
    talk = Talk(file, release, guessed, ask or _prompt)
    for column in file.header:
        if column:
            talk.about(column)
    if "email" not in talk.found:
        raise InvalidError(
            "no column was said to hold mail addresses, so nothing is saved; answer email for one of them"
        )
    target = beside(path)
    target.write_text(talk.written(), encoding="utf-8")
    say(f"\nSaved as {target}; the next import of this file finds it there.")
    return target


def _guessed(before: Path | None, release: Release, path: Path) -> ImportMapping:
    """What is known already; nothing but what each column's name says, when that is not enough."""
    from authoring.aliases import completed, guess
    from authoring.csv_files import open_csv
    from authoring.mapping import ImportMapping, parse_mapping

    if before:
        found, _ = parse_mapping(*read_mapping(before))
        header = open_csv(path, found.encoding, found.delimiter).header
        return completed(found, header, release.fields) if found.recognise else found
    try:
        return guess(open_csv(path).header, release.fields)
    except InvalidError:  # no address, or two opt-outs: that is what will be asked
        return ImportMapping(recognise=True)


@dataclass
class Talk:
    """The answers so far are in `found`, as they will be written."""

    file: CsvFile
    release: Release
    guessed: ImportMapping
    ask: Ask
    found: dict[str, Any] = field(default_factory=dict)  # Any: YAML
    _words: Mapping[str, list[str]] = field(default_factory=dict)
    _leaves_rest: bool = False

    def __post_init__(self) -> None:
        self._words = _words_of(self.file)
        self._meant = {text: loc for loc, text in self.guessed.written()}
        self.found = _kept(self.guessed, self.file.header)

    def about(self, column: str) -> None:
        if self._leaves_rest:
            return
        if self.file.header.count(column) > 1:
            say(f"\n{column} is there twice, so it cannot be read; rename one of the two.")
            return
        say(f"\n{column}: {', '.join(self._words[column][:SAMPLES]) or 'empty in the first rows'}")
        while True:
            given = self.ask("  becomes", self._guess(column)).strip()
            if given == LEAVE_REST:
                self._leaves_rest = True
            if given in ("", LEAVE_OUT, LEAVE_REST):
                return
            if given == HELP:
                say(self._help())
            elif self._take(column, given):
                return

    def written(self) -> str:
        import yaml

        head = f"# Which column of {self.file.source.path.name} is which field; made by nurture import --map.\n"
        return head + yaml.safe_dump(self.found, sort_keys=False, allow_unicode=True, width=120)

    def _guess(self, column: str) -> str:
        loc = self._meant.get(column)
        if loc is None:
            return LEAVE_OUT
        kind = {"events": "event:", "received": "received:", "fields": ""}.get(str(loc[0]))
        return str(loc[0]) if kind is None else f"{kind}{loc[1]}"

    def _help(self) -> str:
        fields = "\n".join(f"    {name}: {declared.say}" for name, declared in self.release.fields.items())
        return (
            f"  One of these, {LEAVE_OUT} to leave it out, {LEAVE_REST} to leave out all that follow:\n"
            f"    {', '.join(PLAIN)}\n    event:NAME for days on which they did something, received:TOUCH for days on"
            f" which they got it\n{fields}"
        )

    def _take(self, column: str, given: str) -> bool:
        """False when that is no answer, or one that another column gave already; why is told."""
        kind, colon, name = given.partition(":")
        if colon and kind in ("event", "events", "received"):
            return self._take_past(column, "events" if kind != "received" else "received", name.partition(":")[0])
        if given in PLAIN:
            if given in self.found:
                say(f"  {given} is another column already; leave one of the two out.")
                return False
            self.found[given] = self._flag(column, given) if given in FLAGS else self._plain(column, given)
            return True
        return self._take_field(column, given)

    def _take_past(self, column: str, kind: str, name: str) -> bool:
        from authoring.mapping import Names
        from authoring.problems import did_you_mean

        names = getattr(Names.of(self.release), kind)
        if name not in names:
            say(f"  There is no {name}{did_you_mean(name, names)}")
            return False
        before = self.guessed.events.get(name) if kind == "events" else None
        is_same = before is not None and column in (before.times, before.at)
        rule = before.model_dump(exclude_unset=True) if before and is_same else column
        self.found.setdefault(kind, {})[name] = rule
        return True

    def _take_field(self, column: str, given: str) -> bool:
        from authoring.aliases import own_names, squeezed
        from authoring.problems import did_you_mean

        fields = self.release.fields
        name = given if given in fields else own_names(fields).get(squeezed(given), "")
        taken = self.found.setdefault("fields", {})
        if name not in fields:
            say(f"  There is no field {given}{did_you_mean(given, [*fields, *PLAIN])} Type {HELP} for the list.")
            return False
        if name in taken:
            say(f"  {name} is another column already; leave one of the two out.")
            return False
        values: dict[str, str | None] = {**self._choices(column, name)}
        if fields[name].type == "number":
            self._settle_decimal(column)
        rule = self.guessed.fields.get(name)
        if rule and rule.column == column:
            values = {**dict(rule.values), **values}
        taken[name] = {"column": column, "values": values} if values else column
        return True

    def _plain(self, column: str, kind: str) -> Any:  # Any: YAML
        if kind != "owner":
            return column
        people = {name: who for name, who in self.release.people.items() if who.role in ("sales", "manager")}
        before = self.guessed.owner
        values: dict[str, str | None] = dict(before.values) if before and before.column == column else {}
        for word in self._asked_about(column):
            if word in values:
                continue
            same = [name for name, who in people.items() if word.casefold() in (name, who.name.casefold(), who.address)]
            usual = same[0] if same else LEAVE_OUT
            values[word] = self._until(f"“{word}” is ({', '.join(people)})", usual, lambda given: one_of(given, people))
        return {"column": column, "values": values}

    def _flag(self, column: str, kind: str) -> dict[str, Any]:  # Any: YAML
        """Enter decides nothing: an opt-out lasts, and whoever has opted out must not be mailed."""
        from authoring.mapping import Flag

        before: Flag | None = getattr(self.guessed, kind)
        known = before if before and before.column == column else Flag(column=column)
        yes, no = list(known.yes), list(known.no)
        for word in self._asked_about(column):
            if word.casefold() in (*yes, *no):
                continue
            question = f"Does “{word}” say that somebody {FLAGS[kind]}? (yes/no, {LEAVE_OUT} for nobody knows)"
            means_yes = self._until(question, LEAVE_OUT, yes_or_no)
            if means_yes is None:
                say(f"  Then its rows are refused until somebody writes “{word}” under yes or no of the saved file.")
            else:
                (yes if means_yes else no).append(word)
        return {"column": column, "yes": yes, "no": no}

    def _choices(self, column: str, name: str) -> dict[str, str]:
        """What the words of a column mean that its field does not know; those left out stay unknown."""
        from domain.values import is_country

        declared = self.release.fields[name]
        is_one = is_country(name, declared)
        if declared.type != "choice" and not is_one:
            return {}
        values: dict[str, str] = {}
        for word in self._asked_about(column):
            if not is_known(name, word, declared):
                wanted = "two letters, or the name of a country" if is_one else ", ".join(declared.options)
                meant = self._until(f"“{word}” is ({wanted})", LEAVE_OUT, lambda given: value_of(name, given, declared))
                values.update({word: meant} if meant else {})
        return values

    def _settle_decimal(self, column: str) -> None:
        """Where the column's first numbers may be two each, and no other one tells which."""
        from authoring.numbers import Signs, readings

        signs, words = Signs(), self._words[column]
        for word in words:
            signs.see(column, word)
        unclear = next((each for each in words if len(readings(each)) > 1), None)
        if unclear is None or "decimal" in self.found or signs.of(column):
            return
        meant = {f"{float(number):.16g}": sign for sign, number in readings(unclear).items()}
        sign = self._until(
            f"“{unclear}” is ({' or '.join(meant)})", LEAVE_OUT, lambda given: meant[one_of(given, meant)]
        )
        if sign:
            self.found["decimal"] = sign

    def _until(self, question: str, usual: str, understood: Callable[[str], T]) -> T | None:
        """Asks again, with what is wrong, until an answer is understood; None for what is left out."""
        while True:
            given = self.ask(f"  {question}", usual).strip()
            if given == LEAVE_OUT:
                return None
            try:
                return understood(given)
            except InvalidError as error:
                say(f"  {error.sentence} ({LEAVE_OUT} leaves it out)")

    def _asked_about(self, column: str) -> list[str]:
        words = self._words[column]
        if len(words) > MOST_WORDS:
            say(f"  More than {MOST_WORDS} different words stand there; say in the saved file what they mean.")
            return []
        return words


def _kept(guessed: ImportMapping, header: Sequence[str]) -> dict[str, Any]:  # Any: YAML
    """What the mapping says beside single columns: constants, consent, templates and how the file is read."""
    found = guessed.model_dump(mode="json", exclude_unset=True, exclude={"recognise", "ignore"})
    for loc, text in guessed.written():
        if text in header:
            group = found if len(loc) == 1 or loc[1] == "column" else found[str(loc[0])]
            group.pop(str(loc[0] if group is found else loc[1]), None)
    return {name: value for name, value in found.items() if value not in ({}, None)}


def _words_of(file: CsvFile) -> Mapping[str, list[str]]:
    """The different words of every column, in the order they come, one more than are asked about at most."""
    found: dict[str, dict[str, None]] = {name: {} for name in file.header}
    with progress("Reading", None) as advance:
        for count, record in enumerate(file.records(), 1):
            advance(count)
            for name, cell in zip(file.header, record.cells, strict=False):
                words, word = found[name], cell.strip()[:60]
                if word and len(words) <= MOST_WORDS:
                    words[word] = None
    return {name: list(words) for name, words in found.items()}


def _prompt(question: str, usual: str) -> str:
    answer: str = typer.prompt(question, default=usual, err=True)
    return answer
