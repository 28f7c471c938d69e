"""Countries as people write them, and their two letters, which is what calendars, zones and territories go by.

The names are those of the Unicode CLDR in all its languages (Babel has them), and those of the IANA's iso3166.tab.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from importlib import resources

FIELDS = frozenset({"lead.country", "company.country"})
"""The fields that hold one."""
KOSOVO = "XK"  # has no code of its own in ISO 3166; this one is what everybody uses
ALSO: Mapping[str, tuple[str, ...]] = {
    "AE": ("UAE",),
    "BN": ("Brunei Darussalam",),
    "BO": ("Bolivia, Plurinational State of",),
    "CD": ("Congo, The Democratic Republic of the", "DR Congo", "DRC", "Congo"),
    "CG": ("Congo, Republic of the", "Congo"),
    "CI": ("Ivory Coast",),
    "FM": ("Micronesia, Federated States of",),
    "DE": ("BRD", "Federal Republic of Germany"),
    "GB": ("U.K.", "Great Britain", "Großbritannien", "England", "Scotland", "Wales", "Northern Ireland"),
    "GR": ("EL", "Hellas"),
    "IE": ("Republic of Ireland", "Eire"),
    "IR": ("Iran, Islamic Republic of",),
    "KP": ("Korea, Democratic People's Republic of",),
    "KR": ("Korea, Republic of", "Republic of Korea"),
    "LA": ("Lao People's Democratic Republic",),
    "MD": ("Moldova, Republic of",),
    "MK": ("Macedonia", "Macedonia, the former Yugoslav Republic of"),
    "NL": ("Holland",),
    "PS": ("Palestine, State of", "Palestine"),
    "RU": ("Russian Federation",),
    "SY": ("Syrian Arab Republic",),
    "TW": ("Taiwan, Province of China",),
    "TZ": ("Tanzania, United Republic of",),
    "US": (
        "U.S.",
        "U.S.A.",
        "America",
        "EE.UU.",
        "Estados Unidos de América",
        "États-Unis d'Amérique",
        "United States of America",
        "Vereinigte Staaten von Amerika",
    ),
    "VA": ("Holy See (Vatican City State)", "Holy See"),
    "VE": ("Venezuela, Bolivarian Republic of",),
}
"""Everyday names, and ISO's own as CRMs export them, that neither source has."""


def country(written: str) -> str:
    """DE for DE, deu, 276, Germany or Deutschland, and DE-BY for a part of one. Raises ValueError."""
    found = _found(written.strip())
    if not found:
        line = " ".join(written[:200].split())[:60]
        raise ValueError(f"is a country, and “{line}” is none we know; write its two letters, such as US, or its name")
    return found


@lru_cache(maxsize=1024)
def _found(written: str) -> str | None:
    # Not squeezed, where a code is meant: n/a is not Namibia.
    return codes().get(written.casefold()) or _part(written.upper()) or _named(_squeezed(written))


def _named(short: str) -> str | None:
    bare = short.removeprefix("the").removesuffix("the")
    return _in_english().get(short) or _in_english().get(bare) or _anywhere().get(short)


def _part(code: str) -> str | None:
    whole, _, part = code.partition("-")
    is_part = whole in _iana() and 1 <= len(part) <= 3 and part.isascii() and part.isalnum()
    return code if is_part else None


@lru_cache(maxsize=1)
def codes() -> dict[str, str]:
    """By two letters, three letters or number, in small letters: the two letters."""
    from babel.core import get_global

    own = {*_iana(), KOSOVO}
    other = {alias: found[0] for alias, found in get_global("territory_aliases").items() if len(found) == 1}
    return {
        **{alias.casefold(): code for alias, code in other.items() if code in own},
        **{c.casefold(): c for c in own},
    }


@lru_cache(maxsize=1)
def _in_english() -> dict[str, str]:
    return _unambiguous(_everyday())


@lru_cache(maxsize=1)
def _anywhere() -> dict[str, str]:
    """In every language there is: half a second, for the first name that is not English."""
    from babel.localedata import locale_identifiers

    languages = (name for name in locale_identifiers() if "_" not in name)
    return _unambiguous([*_everyday(), *(each for language in languages for each in _territories(language))])


def _everyday() -> list[tuple[str, str]]:
    also = ((code, name) for code, names in ALSO.items() for name in names)
    return [*_territories("en"), *_iana().items(), *also]


def _territories(language: str) -> Iterator[tuple[str, str]]:
    from babel import Locale

    known = codes().values()
    return ((code, name) for code, name in Locale(language).territories.items() if code in known)


def _unambiguous(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A name that is one country here and another one there is nobody's: Kongo is two of them."""
    found: dict[str, set[str]] = {}
    for code, name in named:
        found.setdefault(_squeezed(name), set()).add(code)
    return {name: next(iter(meant)) for name, meant in found.items() if name and len(meant) == 1}


@lru_cache(maxsize=1)
def _iana() -> dict[str, str]:
    text = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8")
    return {line[:2]: line[3:] for line in text.splitlines() if not line.startswith("#")}


def _squeezed(name: str) -> str:
    """Without case, accents, spaces and signs: U.S.A. and usa are one."""
    plain = unicodedata.normalize("NFKD", name.replace("&", " and ")).casefold()
    return "".join(character for character in plain if character.isalnum())
