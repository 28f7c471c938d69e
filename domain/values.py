"""One function turns what somebody wrote into a value of a declared field, or says what to write instead.

The API, the import, answer links, tasks and the samples all use it, so a fact means the same whoever told us.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime

from domain import countries
from domain.definition import FieldDef
from domain.errors import InvalidError
from domain.lead import Value

LONGEST_TEXT = 2000
LARGEST_NUMBER = 1e15
"""Whole numbers up to here are exact as doubles."""
_FREE_MAIL = """
gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com ymail.com icloud.com me.com
mac.com aol.com proton.me protonmail.com pm.me gmx.com gmx.de gmx.net web.de t-online.de mail.com zoho.com
yandex.com yandex.ru mail.ru qq.com 163.com 126.com rediffmail.com comcast.net verizon.net att.net sbcglobal.net
cox.net orange.fr free.fr laposte.net libero.it btinternet.com hotmail.co.uk yahoo.co.uk yahoo.fr yahoo.de
yahoo.co.in fastmail.com hey.com tutanota.com
"""
FREE_MAIL = frozenset(_FREE_MAIL.split())
"""Domains that are nobody's company."""

_NUMBER = re.compile(r"[+-]?\d{1,16}(\.\d{1,15})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_FLAGS = {"true": True, "yes": True, "false": False, "no": False}


def coerce(name: str, raw: object, field: FieldDef) -> Value:
    """The value that `raw` stands for. Raises InvalidError, its `field` set, with what to write instead."""
    try:
        found = _BY_TYPE[field.type](raw, field)
        return countries.country(str(found)) if is_country(name, field) else found
    except ValueError as error:
        raise InvalidError(f"{name} {error}", field=name) from None


def is_country(name: str, field: FieldDef) -> bool:
    """Kept as its two letters, however it was written."""
    return name in countries.FIELDS and field.type == "text"


def company_domain(domain: object, address: str | None) -> str | None:
    """The company's web domain: the one given, else that of the mail address; None for a free-mail one."""
    given = domain if isinstance(domain, str) else (address or "").rpartition("@")[2]
    found = given.strip().casefold().removeprefix("www.")
    return found if found and found not in FREE_MAIL else None


def instant(text: str, pattern: str | None = None) -> datetime:
    """The instant that a date, with a time or without, stands for: UTC, unless it says otherwise. `pattern` is how
    dates are written if not as 2027-03-31 (strptime). Raises ValueError."""
    # A zone may stand in the text; where none does, it is UTC.
    found = datetime.strptime(text, pattern) if pattern else datetime.fromisoformat(text)  # noqa: DTZ007
    try:
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        raise ValueError("is not in the calendar") from None


def _text(raw: object, field: FieldDef) -> str:
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise ValueError(f"is a text; {_shown(raw)} is none, so put it in quotes")
    if isinstance(raw, int) and abs(raw) > LARGEST_NUMBER:
        raise ValueError("is a text; put a number that long in quotes")
    words = str(raw).replace("\r\n", "\n").replace("\r", "\n").strip()
    if not words:
        raise ValueError("is empty; leave it out, then it is unknown")
    if len(words) > LONGEST_TEXT:
        raise ValueError(f"has {len(words)} characters; shorten it to {LONGEST_TEXT}")
    wrong = next((c for c in words if c != "\n" and unicodedata.category(c) in ("Cc", "Cs")), None)
    if wrong is not None:
        raise ValueError(f"has an invisible character U+{ord(wrong):04X}; delete it")
    return words


def _number(raw: object, field: FieldDef) -> float:
    if isinstance(raw, str) and _NUMBER.fullmatch(raw.strip()):
        raw = float(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        raise ValueError(f"is a number; {_shown(raw)} is none, so write digits only, such as 1200 or 2.5")
    if not abs(raw) <= LARGEST_NUMBER:  # also false for NaN
        raise ValueError(f"is a number; write one between -{LARGEST_NUMBER:.0f} and {LARGEST_NUMBER:.0f}")
    if field.min is not None and raw < field.min:
        raise ValueError(f"is {field.min:g} at least; {raw:g} is less")
    return float(raw) + 0.0  # minus zero is zero


def _choice(raw: object, field: FieldDef) -> str:
    if isinstance(raw, str | int) and not isinstance(raw, bool):
        given = _text(raw, field)
        if given in field.options:
            return given
        for code, words in field.options.items():
            if given.casefold() in (code.casefold(), words.strip().casefold()):
                return code
    raise ValueError(f"is never {_shown(raw)}; it can be {', '.join(field.options)}")


def _flag(raw: object, field: FieldDef) -> bool:
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.strip().lower() in _FLAGS:
        return _FLAGS[raw.strip().lower()]
    raise ValueError(f"is true or false, or yes or no; {_shown(raw)} is neither")


def _date(raw: object, field: FieldDef) -> date:
    if isinstance(raw, date) and not isinstance(raw, datetime):
        return raw
    if isinstance(raw, str) and _DATE.fullmatch(raw.strip()):
        try:
            return date.fromisoformat(raw.strip())
        except ValueError:
            raise ValueError(f"is a date, and {raw.strip()} is not in the calendar") from None
    raise ValueError(f"is a date; {_shown(raw)} is none, so write year, month and day like 2027-03-31")


def _shown(raw: object) -> str:
    """At most one short line of it. What is not a scalar is only named: it could be as large as it likes."""
    if isinstance(raw, str):
        line = " ".join(raw[:200].split())
        return f"“{line[:60]}…”" if len(line) > 60 else f"“{line}”"
    if isinstance(raw, bool):
        return str(raw).lower()
    if isinstance(raw, float) or (isinstance(raw, int) and abs(raw) <= LARGEST_NUMBER):
        return str(raw)
    return "that" if isinstance(raw, int) else "nothing" if raw is None else "a list or mapping"


_BY_TYPE: Mapping[str, Callable[[object, FieldDef], Value]] = {
    "text": _text,
    "number": _number,
    "choice": _choice,
    "flag": _flag,
    "date": _date,
}
