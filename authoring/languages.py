"""A touch in another language against its base file: the same kind of touch, the same links, the same values."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from authoring.documents import Data, Document
from authoring.problems import Problem
from authoring.sentences import at

OTHER: Final = re.compile(r"(?P<base>content/tracks/[^/]+/[^/.]+)\.(?P<other>[^/.]+)\.md")
TARGET: Final = re.compile(r"\]\(\s*<?([^)>\s]+)")
IN_BRACES: Final = re.compile(r"\{[{%](.*?)[}%]\}")
VALUE: Final = re.compile(r"\b(?:lead|company|sender|fact|inquiry)\.\w+")


def is_variant(name: str, touch: Data) -> bool:
    """Whether `<touch>.<name>.md` is a variant, by what stands in `<touch>.md`; else it is another language. The first
    variant is the touch's own file."""
    shares = touch.get("variants") if isinstance(touch, dict) else None
    return isinstance(shares, dict) and name in list(shares)[1:]


def differences(documents: Mapping[str, Document]) -> Iterator[Problem]:
    """That there is a base file at all is told where touches are read."""
    for path, document in documents.items():
        if not (match := OTHER.fullmatch(path)):
            continue
        base = documents.get(f"{match['base']}.md")
        if base and not is_variant(match["other"], base.data):
            yield from _compared(document, base)


def _compared(document: Document, base: Document) -> Iterator[Problem]:
    said, original = _head(document.data), _head(base.data)
    for key in ("subject", "title"):
        if original.get(key) and not said.get(key):
            yield at(document, (), f"The base file has a {key}; write it in this language too.")
        elif said.get(key) and not original.get(key):
            yield at(document, (key,), f"The base file has no {key}; take this one away.", at_key=True)
    theirs, ours = _targets(original), _targets(said)
    if theirs != ours:
        yield _warning(document, f"The links differ from the base file: {_told(theirs, ours)}")
    theirs, ours = _values(original), _values(said)
    if set(theirs) != set(ours):
        only = Counter(set(theirs)), Counter(set(ours))
        yield _warning(document, f"The values differ from the base file: {_told(*only)}")


def _head(data: Data) -> dict[str, str]:
    found = data if isinstance(data, dict) else {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}


def _targets(said: Mapping[str, str]) -> Counter[str]:
    return Counter(TARGET.findall(said.get("body", "")))


def _values(said: Mapping[str, str]) -> Counter[str]:
    parts = " ".join(said.get(key, "") for key in ("subject", "preheader", "body"))
    return Counter(VALUE.findall(" ".join(IN_BRACES.findall(parts))))


def _told(theirs: Counter[str], ours: Counter[str]) -> str:
    absent, added = sorted((theirs - ours).elements()), sorted((ours - theirs).elements())
    told = [f"{', '.join(absent)} only there"] if absent else []
    told += [f"{', '.join(added)} only here"] if added else []
    return f"{'; '.join(told)}. Say the same in both."


def _warning(document: Document, sentence: str) -> Problem:
    return Problem(document.path, document.body_line or 1, 1, sentence, "warning")
