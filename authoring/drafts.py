"""The texts of new files: short, and such that `check` has nothing against them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files

from authoring.bodies import full_name
from authoring.documents import DocumentError, parse
from domain.definition import FieldDef
from domain.errors import InvalidError

STARTER = "templates/starter"
ANSWERS_SHOWN = 5


def starter_files() -> dict[str, str]:
    """A complete small set of files without a track, by path: what an empty folder begins with."""
    root = files("authoring").joinpath(STARTER)
    names = [f"lead_defs/{name}.yaml" for name in (
        "fields", "events", "people", "sales-ready", "profiles/our-offering", "reasons", "recycling", "routing",
        "service-levels",
    )]  # fmt: skip
    names += ["content/defaults.yaml", "content/samples.yaml"]
    return {name: root.joinpath(name).read_text(encoding="utf-8") for name in names}


@dataclass(frozen=True)
class TrackDraft:
    title: str
    owner: str
    goal: str
    message: str
    audience: str
    budget: str
    enrol: str
    stages: Sequence[str]

    def text(self) -> str:
        lines = [f"{key}: {scalar(getattr(self, key))}" for key in
                 ("title", "owner", "goal", "message", "audience", "budget", "enrol")]  # fmt: skip
        return "\n".join([*lines, "stages:", *(f"  {stage}: []" for stage in self.stages), ""])


@dataclass(frozen=True)
class TouchDraft:
    """`says` is the first paragraph; the rest is written in an editor. `headline` is a mail's subject, else a title."""

    channel: str
    headline: str
    why: str
    says: str
    learn: str | None = None

    def text(self, fields: Mapping[str, FieldDef], company: str) -> str:
        is_mail = self.channel == "email"
        head = [] if is_mail else [f"channel: {self.channel}"]
        head += [f"{'subject' if is_mail else 'title'}: {scalar(self.headline)}", f"why: {scalar(self.why)}"]
        if self.learn:
            head.append(f"learn: {self.learn.removeprefix('fact.')}")
        body = self._mail(fields) if is_mail else self._script(fields, company)
        return "\n".join(["---", *head, "---", body])

    def _mail(self, fields: Mapping[str, FieldDef]) -> str:
        paragraphs = ['Hi {{ lead.first_name or "there" }},', self.says]
        field = fields.get(full_name(self.learn)) if self.learn else None
        if self.learn and field:
            fact = self.learn.removeprefix("fact.")
            paragraphs.append(field.ask or f"{field.say}?")
            answers = [f"- [{words}](answer:{fact}={value})" for value, words in _answers(field)]
            paragraphs.append("\n".join([*answers, f"- [Something else, I'll tell you](answer:{fact})"]))
        return "\n\n".join([*paragraphs, "{{ sender.first_name }}\n"])

    def _script(self, fields: Mapping[str, FieldDef], company: str) -> str:
        field = fields.get(full_name(self.learn)) if self.learn else None
        hello = f'Hi {{{{ lead.first_name or "there" }}}}, this is {{{{ sender.first_name }}}} at {company}.'
        paragraphs = [f"**The aim:** {self.why}", f'**Open:** "{hello} {self.says}"']
        if field and field.ask:
            paragraphs.append(f'**Ask, then be quiet:** "{field.ask}" Write down their words, not ours.')
        return "\n\n".join(paragraphs) + "\n"


@dataclass(frozen=True)
class ProfileDraft:
    offering: str
    value_proposition: str
    points: Sequence[str]
    persona: str
    message: str
    titles: Sequence[str] = ()
    opening_question: str | None = None

    def text(self) -> str:
        lines = [f"offering: {scalar(self.offering)}", f"value_proposition: {scalar(self.value_proposition)}"]
        if self.points:
            lines += ["points:", *(f"  {_name_of(each, n)}: {scalar(each)}" for n, each in enumerate(self.points, 1))]
        lines += ["messaging:", f"  - persona: {self.persona}"]
        if self.titles:
            lines.append(f"    titles: {json.dumps(list(self.titles), ensure_ascii=False)}")
        lines.append(f"    message: {scalar(self.message)}")
        if self.opening_question:
            lines.append(f"    opening_question: {scalar(self.opening_question)}")
        return "\n".join([*lines, ""])


def with_touch(path: str, text: str, stage: str, touch: str) -> str:
    """The track's text with the touch at the end of its stage, nothing else changed. Raises InvalidError."""
    before = parse(path, text).data
    for candidate in _candidates(path, text, stage, touch):
        try:
            after = parse(path, candidate).data
        except DocumentError:
            continue
        if _touches(after, stage) == [*_touches(before, stage), touch] and _rest(after, stage) == _rest(before, stage):
            return candidate
    raise InvalidError(f"{path} is written so that only you can change it; add {touch} to {stage} there")


def scalar(text: str) -> str:
    """As it stands where YAML reads it so, else in quotes."""
    if not _TEMPLATE.search(text):
        try:
            if parse("", f"key: {text}").data == {"key": text}:
                return text
        except DocumentError:
            pass
    elif '"' not in text.split("{{")[0] and not text.startswith(("'", "[", ">", "|", "#")) and " #" not in text:
        return text
    return json.dumps(text, ensure_ascii=False)


_TEMPLATE = re.compile(r"\{\{|\{%")


def _candidates(path: str, text: str, stage: str, touch: str) -> Iterable[str]:
    """Into an inline list, which may go over several lines, or as one more line of a block."""
    document = parse(path, text)
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    for loc in (("stages", stage), ("stages", stage, "touches")):
        place = document.where(loc)
        offset = sum(len(line) + 1 for line in lines[: place.line - 1]) + place.column - 1
        whole = "\n".join(lines)
        end = whole.find("]", offset)
        if whole[offset : offset + 1] == "[" and end > 0:
            comma = ", " if whole[offset + 1 : end].strip() else ""
            yield f"{whole[:end].rstrip()}{comma}{touch}{whole[end:]}"
        last = document.where((*loc, max(len(_touches(document.data, stage)) - 1, 0)))
        item = lines[last.line - 1]
        if item.lstrip().startswith("- "):
            added = f"{item[: len(item) - len(item.lstrip())]}- {touch}"
            yield "\n".join([*lines[: last.line], added, *lines[last.line :]])


def _touches(data: object, stage: str) -> list[object]:
    found = data["stages"][stage] if isinstance(data, dict) else []
    return list(found["touches"] if isinstance(found, dict) else found)


def _rest(data: object, stage: str) -> object:
    assert isinstance(data, dict)
    own = data["stages"][stage]
    bare = {key: value for key, value in own.items() if key != "touches"} if isinstance(own, dict) else None
    return {**data, "stages": {**data["stages"], stage: bare}}


def _answers(field: FieldDef) -> list[tuple[str, str]]:
    if field.type == "choice":
        return [(value, words) for value, words in field.options.items() if value != "other"][:ANSWERS_SHOWN]
    return [("yes", "Yes"), ("no", "No")] if field.type == "flag" else []


def _name_of(points: str, number: int) -> str:
    """The last word of the first field the condition reads: `company.dock_doors >= 6` is `dock_doors`."""
    found = re.search(r"\b(?:lead|company|inquiry|fact)\.([a-z][a-z0-9_]*)", points)
    return f"{found[1]}_{number}" if found else f"rule_{number}"
