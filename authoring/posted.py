"""What another system posts to /hooks/<name>, read through the hook's file: what each item says about whom."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from authoring.mapping import Template
from domain.errors import InvalidError
from domain.hooks import DealRule, Decide, Hook, HookRule, Match, Reading

MOST_ITEMS = 500
LONGEST_ID = 255
LONGEST_TEXT = 20_000
UNREADABLE = "the body could not be read; send JSON in UTF-8, as the hook's file describes it"


@dataclass(frozen=True)
class Item:
    """Everything still as written; empty where nothing was sent. `rule` is the first that fits."""

    id: str
    at: str = ""
    lead: str = ""
    external: str = ""
    email: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    rule: HookRule = HookRule()  # noqa: RUF009 - frozen
    decisions: tuple[tuple[str, Mapping[str, str]], ...] = ()
    deal: Mapping[str, str] | None = None
    is_ignored: bool = False


def items_in(hook: Hook, body: bytes, delivery_id: str = "") -> list[Item]:
    """Every item of a body, in order. `delivery_id` is the sender's own of the whole delivery, for hooks without `id`.

    Raises InvalidError for a body that is none, or holds more than MOST_ITEMS.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidError(UNREADABLE) from None
    found = value_at(data, hook.items) if hook.items else data
    items = found if isinstance(found, list) else [found]
    if len(items) > MOST_ITEMS:
        raise InvalidError(f"one delivery holds at most {MOST_ITEMS} items; send them in pieces")
    return [_item(hook, item, delivery_id if len(items) == 1 else f"{delivery_id}/{n}") for n, item in enumerate(items)]


def is_list(hook: Hook, body: bytes) -> bool:
    """Whether the sender speaks of several at once, and one that is refused must not hold up the others."""
    return bool(hook.items) or body.lstrip()[:1] == b"["


def _item(hook: Hook, item: object, delivery_id: str) -> Item:
    def cell(path: str) -> str:
        return _text(value_at(item, path))

    def read(written: str | None) -> str:
        return Template.of(written).filled(cell) if written else ""

    id = next(filter(None, map(read, hook.id)), "") if hook.id else delivery_id
    if not id or not isinstance(item, Mapping):
        named = " and ".join(hook.id) or "webhook-id"
        raise InvalidError(f"there is an item without an id: {named} is empty", "id")
    rule = next((rule for rule in hook.rules if _holds(rule.when, cell)), None)
    told = rule.opportunity if rule else None
    matched = _matched(told.match if told else hook.match, read)
    is_ignored = bool(hook.ignore) and _holds(hook.ignore, cell)
    facts = {**_facts(hook.fields, read), **(_facts(rule.fields, read) if rule else {})}
    decisions = tuple((each.command, _given(each, read)) for each in rule.decide) if rule else ()
    return Item(
        id=_short(id),
        at=read(hook.at),
        **matched,
        facts=facts,
        rule=rule or HookRule(),
        decisions=decisions,
        deal=_deal(told, read) if told else None,
        is_ignored=is_ignored or (rule is None and not facts),
    )


def _matched(match: Match, read: Callable[[str | None], str]) -> dict[str, str]:
    matched = {name: read(getattr(match, name)) for name in ("lead", "external", "email")}
    if any(len(text) > LONGEST_ID * 4 for text in matched.values()) or len(matched["external"]) > LONGEST_ID:
        raise InvalidError(f"an id has at most {LONGEST_ID} characters", "match")
    return matched


def _deal(rule: DealRule, read: Callable[[str | None], str]) -> dict[str, str]:
    """What is said of it, everything still as written; what is not said is left out."""
    names = set(DealRule.model_fields) - {"id", "match", "company"}
    found = {name: _ruled(given, read(given.path)) for name in names if (given := getattr(rule, name))}
    told = {**found, "id": read(rule.id), "company": read(rule.company)}
    return {name: value for name, value in told.items() if value}


def _facts(fields: Mapping[str, Reading], read: Callable[[str], str]) -> dict[str, str]:
    found = {name: _ruled(reading, read(reading.path)) for name, reading in fields.items()}
    return {name: value for name, value in found.items() if value}


def _given(decide: Decide, read: Callable[[str], str]) -> dict[str, str]:
    given = {name: _ruled(reading, read(reading.path)) for name, reading in decide.read.items()}
    return {**decide.with_, **{name: value for name, value in given.items() if value}}


def _ruled(reading: Reading, text: str) -> str | None:
    by_default = reading.default if "default" in reading.model_fields_set else text
    if not text or not reading.values:
        return text or by_default
    values = {written.strip().casefold(): value for written, value in reading.values.items()}
    return values.get(text.casefold(), by_default)


def _holds(when: Mapping[str, list[str]], cell: Callable[[str], str]) -> bool:
    """Every path reads one of its words, whatever the case; `*` at its end is anything more."""
    return all(_is_one_of(cell(path), words) for path, words in when.items())


def _is_one_of(text: str, words: list[str]) -> bool:
    said = text.casefold()
    return bool(said) and any(
        said.startswith(word[:-1].casefold()) if word.endswith("*") else said == word.casefold() for word in words
    )


def value_at(data: object, path: str) -> object:
    """`person.emails.0.value`: keys, and places in lists. None when nothing is there."""
    for step in path.strip().split("."):
        if isinstance(data, Mapping):
            data = data.get(step)
        elif isinstance(data, list) and step.isascii() and step.isdigit() and len(step) < 6:
            data = data[int(step)] if int(step) < len(data) else None
        else:
            return None
    return data


def _text(value: Any) -> str:  # Any: JSON
    """What a scalar reads; nothing for anything else. Raises InvalidError for what cannot be stored."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if not isinstance(value, str | int | float):
        return ""
    text = str(value).strip()
    if len(text) > LONGEST_TEXT or "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
        raise InvalidError("a text is too long, or holds a character that cannot be stored")
    return text


def _short(id: str) -> str:
    return id if len(id) <= LONGEST_ID else "sha256:" + hashlib.sha256(id.encode()).hexdigest()
