"""Numbers as people type them into a form, by the rule of the import (docs/import.md): 12.000,50 and 12,000.50 are read
as what they are, and 12.500, which may be either, is asked about rather than guessed. The API itself stays strict.
"""

from __future__ import annotations

import unicodedata

from babel.numbers import get_currency_symbol

from api.web.refusals import AskedError
from authoring.numbers import readings


def amount(text: str | None, currency: str | None) -> str | None:
    """Of money, with or without its sign: $12,500.00. Raises AskedError, also for the sign of another currency."""
    if text is None:
        return None
    code = (currency or "").strip().upper()
    bare, signs = text, ""
    if code and bare.upper().endswith(code):
        bare = bare[: -len(code)]
    elif code and bare.upper().startswith(code):
        bare = bare[len(code) :]
    signs = "".join(c for c in bare if unicodedata.category(c) == "Sc")
    symbol = get_currency_symbol(code, "en") if code else signs
    if signs and signs not in symbol and symbol != code:  # where the code itself is the sign, any other may be meant
        raise AskedError(f"the amount is in {signs} and the currency is {code}; make them agree", "currency")
    return number(bare.strip(f"{signs} \t\xa0\u202f"), "amount")


def number(text: str, field: str) -> str:
    """As 12500.5, the way the API reads it. Raises AskedError, saying what to write instead."""
    found = readings(text.strip())
    if len(found) > 1:
        low, high = sorted((float(each) for each in found.values()), key=abs)
        raise AskedError(f"“{text}” may be {high:.16g} or {low:.16g}; write {high:.16g} or {_clear(low)}", field)
    if not found:
        raise AskedError(f"“{text[:40]}” is no number; write digits, such as 12500 or 12.50", field)
    return next(iter(found.values()))


def _clear(number: float) -> str:
    """So that its three digits cannot be taken for thousands again: 12.50, or 1.2340."""
    written = f"{number:.16g}"
    digits = len(written.partition(".")[2])
    return written + "0" * (digits in (1, 3))
