"""What an answer in `nurture new` must be: checked as the files themselves are, by the same code."""

from __future__ import annotations

from collections.abc import Mapping

from authoring.bodies import full_name
from authoring.load import load
from authoring.models import ID
from authoring.problems import did_you_mean
from authoring.sentences import MiswrittenError
from authoring.vocabulary import Vocabulary
from commands.templates import checker
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.phrases import parse_goal, parse_money
from domain.release import Release

POINTS = 100


class Answers:
    """Every method takes what somebody typed and gives back what is written, or raises with what to type instead."""

    def __init__(self, files: Mapping[str, str], release: Release) -> None:
        self._files, self._release = files, release
        documents = load(files).documents
        self._vocabulary = Vocabulary(
            *(documents[f"lead_defs/{name}.yaml"].data for name in ("fields", "events", "sales-ready"))
        )
        self._worth = 0.0

    def words(self, answer: str) -> str:
        if not answer:
            raise InvalidError("write something")
        if not answer.isprintable():
            raise InvalidError("write it in one line, without invisible characters")
        return answer

    def maybe(self, answer: str) -> str | None:
        return self.words(answer) if answer else None

    def id(self, answer: str) -> str:
        if not ID.fullmatch(answer):
            raise InvalidError(f"“{answer}” is no id; use small letters, digits, - and _")
        return answer

    def new_track(self, answer: str) -> str:
        return self._fresh(answer, self._release.tracks, "track")

    def new_touch(self, answer: str) -> str:
        """Not even another track may have one of that name: the ledger knows touches by it."""
        every = [touch for track in self._release.tracks.values() for touch in track.touches]
        return self._fresh(answer, every, "touch")

    def new_profile(self, answer: str) -> str:
        return self._fresh(answer, {**self._release.profiles, "company": None}, "profile")

    def goal(self, answer: str) -> str:
        parse_goal(answer)
        return answer

    def money(self, answer: str) -> str:
        parse_money(answer)
        return answer

    def fact(self, answer: str) -> str:
        if answer and full_name(answer) not in self._release.fields:
            names = [name.removeprefix("fact.") for name in self._release.fields]
            raise InvalidError(f"there is no field {answer}{did_you_mean(answer, names)}")
        return answer

    def condition(self, answer: str) -> str:
        try:
            self._vocabulary.compile(answer)
        except MiswrittenError as error:
            raise InvalidError(" ".join(problem.sentence for problem in error.problems)) from None
        return answer

    def points(self, answer: str) -> str:
        number, found, condition = answer.partition(" if ")
        if not found or not number.strip().lstrip("-").isdigit():
            raise InvalidError(f"write points as: {self.points_example()}")
        self.condition(condition.strip())
        worth = self._worth + max(int(number), 0)
        if worth > POINTS:
            raise InvalidError(f"that makes {worth:g} points together; at most {POINTS}")
        self._worth = worth
        return answer

    def accept(self, texts: Mapping[str, str]) -> None:
        """Whatever is still wrong with the new files, before one is written. Raises InvalidError."""
        loaded = load({**self._files, **texts})
        templates = checker({**self._files, **texts})
        found = [p for p in loaded.errors if p.path in texts]
        for path in texts:
            if path.endswith(".md") and path in loaded.documents:
                found += templates(loaded.documents[path])
        if found:
            raise InvalidError(" ".join(problem.sentence for problem in found))

    def enrol_example(self) -> str:
        return self._example("inquiry.") or "known(lead.title)"

    def points_example(self) -> str:
        return f"40 if {self._example('company.') or 'known(company.name)'}"

    def _example(self, group: str) -> str | None:
        """In this folder's own words."""
        for name, field in self._release.fields.items():
            if name.startswith(group) and not field.personal and (example := _compared(name, field)):
                return example
        return None

    def _fresh(self, answer: str, taken: Mapping[str, object] | list[str], what: str) -> str:
        if self.id(answer) in taken:
            raise InvalidError(f"there is a {what} {answer} already; take another name")
        return answer


def _compared(name: str, field: FieldDef) -> str | None:
    if field.type == "choice":
        return f'{name} in ["{next(iter(field.options))}"]'
    return f"{name} >= 20" if field.type == "number" else None
