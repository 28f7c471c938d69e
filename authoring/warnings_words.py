"""What is unwise in the words of one touch: too long, too many asks, markup that buyers would read as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from authoring.bodies import full_name, links
from authoring.documents import Document, Loc
from authoring.problems import Problem
from authoring.sentences import at
from domain.track import Touch

LONGEST_SUBJECT = 60
TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}")
TYPICAL = "Hannah"  # stands for what a template prints when a subject is measured
WEB_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(\s*<?(?P<target>https?:[^)>\s]*)")
TAG = re.compile(r"<(?:/?[a-zA-Z][a-zA-Z0-9-]*(?:[\s/][^<>]*)?/?|!--.*?--)>")
PLACEHOLDER = re.compile(
    r"(?<![{%$#])\{[\w.| -]{1,40}\}(?!\})|%[A-Z_]{3,40}%|\*\|[A-Z_:]{2,40}\|\*|\[\[[\w. -]{1,40}\]\]"
)
"""What other programs fill in; here it is printed as it stands."""
CODE = re.compile(r"`[^`\n]*`")
CURLY = ("“", "”", "„", "«")


def word_warnings(touch: Touch, document: Document, today: date) -> Iterator[Problem]:
    length = len(TEMPLATE.sub(TYPICAL, touch.subject or ""))
    if not touch.is_human and length > LONGEST_SUBJECT:
        sentence = f"This subject has {length} characters; many phones show {LONGEST_SUBJECT} at most."
        yield _warning(document, ("subject",), sentence)
    if touch.expires and date.fromisoformat(touch.expires) < today:
        yield _warning(document, ("expires",), f"{touch.expires} is over: nobody gets this any more.")
    if not touch.is_human and len(calls := _calls_to_action(touch.body)) > 1:
        sentence = f"This mail asks for {len(calls)} things ({', '.join(calls)}); ask for one, and keep the others."
        yield _warning(document, ("subject",), sentence)
    for key in ("subject", "preheader", "title"):
        value = getattr(touch, key)
        if value and value.startswith(CURLY) and value.endswith(("”", "“", "»")):
            sentence = "These curly quotes will be printed; delete them, or write straight ones around the text."
            yield _warning(document, (key,), sentence)
    yield from _markup(touch, document)
    for key in ("subject", "preheader"):
        if found := PLACEHOLDER.search(TEMPLATE.sub("", getattr(touch, key) or "")):
            yield _warning(document, (key,), _unfilled(found[0]))


def _calls_to_action(body: str) -> list[str]:
    """What a mail asks its reader to do, each once: the answers to one question are one thing."""
    ours = (full_name(each.target.partition("=")[0]) if each.kind == "answer" else each.target for each in links(body))
    return list(dict.fromkeys([*ours, *(match["target"] for match in WEB_LINK.finditer(body))]))


def _markup(touch: Touch, document: Document) -> Iterator[Problem]:
    plain = CODE.sub(lambda code: " " * len(code[0]), touch.body)
    for found in TAG.finditer(plain):
        sentence = "Tags do nothing here, buyers would read this as it stands; delete it, Markdown is enough."
        yield _in_body(document, plain, found, sentence)
    words = TEMPLATE.sub(lambda value: " " * len(value[0]), plain)
    for found in PLACEHOLDER.finditer(words):
        yield _in_body(document, words, found, _unfilled(found[0]))


def _unfilled(placeholder: str) -> str:
    example = '{{ lead.first_name or "there" }}'
    return f"{placeholder} would be printed as it stands; a value is written like {example}."


def _in_body(document: Document, text: str, found: re.Match[str], sentence: str) -> Problem:
    line = text.count("\n", 0, found.start()) + (document.body_line or 1)
    column = found.start() - text.rfind("\n", 0, found.start())
    return Problem(document.path, line, column, sentence, "warning", len(found[0].splitlines()[0]))


def _warning(document: Document, loc: Loc, sentence: str) -> Problem:
    return replace(at(document, loc, sentence), severity="warning")
