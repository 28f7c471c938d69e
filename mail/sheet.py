"""A mail to our own people as text and as a page that reads well on a phone: what to know, buttons, lists.

Both parts are made of the same pieces and say the same. The page needs no picture, follows the reader's light or dark
colors, and every value in it is escaped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Literal

import css_inline
from jinja2 import Environment, StrictUndefined, Template


@dataclass(frozen=True)
class Button:
    """A link to a page; following it decides nothing."""

    label: str
    url: str
    tone: Literal["", "go", "no"] = ""


@dataclass(frozen=True)
class Item:
    text: str
    note: str = ""
    url: str = ""
    buttons: Sequence[Button] = ()
    is_late: bool = False


@dataclass(frozen=True)
class Section:
    """`is_plain`: sentences to read; else things to do, each with its links."""

    title: str
    items: Sequence[Item]
    more: str = ""
    is_plain: bool = False


@dataclass(frozen=True)
class Sheet:
    buttons: Sequence[Button] = ()
    sections: Sequence[Section] = ()


NOTHING_MORE = Sheet()


@dataclass(frozen=True)
class Letter:
    subject: str
    text: str
    html: str


def letter(subject: str, text: str, url: str, open: str, foot: str, sheet: Sheet = NOTHING_MORE) -> Letter:
    """`text` is what `mail.staff` says, ending in `url`: as a page its last sentence has a button named `open`."""
    said = text.strip()
    *paragraphs, call = said.removesuffix(url).rstrip().split("\n\n")
    if not said.endswith(url):
        paragraphs, call = [*paragraphs, call], ""
    values = {"paragraphs": paragraphs, "call": call, "url": url if said.endswith(url) else "", "open": open}
    page = _template().render(subject=subject, foot=foot, sheet=sheet, **values)
    inliner = css_inline.CSSInliner(keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False)
    return Letter(subject, "\n\n".join(_text(said, paragraphs, sheet)) + f"\n\n--\x20\n{foot}\n", inliner.inline(page))


def _text(said: str, paragraphs: Sequence[str], sheet: Sheet) -> Iterator[str]:
    """The answers stand before the link to everything, as on the page."""
    before = "\n\n".join(paragraphs)
    yield from filter(None, [before, *(f"{one.label}:\n{one.url}" for one in sheet.buttons)])
    yield said.removeprefix(before).strip()
    for section in sheet.sections:
        yield "\n".join([section.title.upper(), *_lines(section), *filter(None, [section.more])])


def _lines(section: Section) -> Iterator[str]:
    is_list = len(section.items) > 1 or not section.is_plain
    for item in section.items:
        yield f"- {item.text}" if is_list else item.text
        if item.note:
            yield f"  {item.note}"
        for label, url in ((one.label, one.url) for one in item.buttons):
            yield f"  {label}: {url}"
        if item.url and not section.is_plain:
            yield f"  {item.url}"


@lru_cache(maxsize=1)
def _template() -> Template:
    source = files("mail").joinpath("layouts/staff.html").read_text(encoding="utf-8")
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(source)
