"""The currencies that are in use somewhere, by their ISO 4217 letters, as the Unicode CLDR has them (through Babel)."""

from __future__ import annotations

from functools import cache

from babel.core import get_global


@cache
def in_use() -> frozenset[str]:
    """Tender today in some country: neither XXX and XAU, nor DEM and ITL."""
    by_country = get_global("territory_currencies").values()
    return frozenset(code for rows in by_country for code, _, ended, is_tender in rows if is_tender and ended is None)
