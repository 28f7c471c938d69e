from __future__ import annotations

from datetime import timedelta

import pytest

from api.hits import Hit, judge, network_of
from tests.unit.api.house import BROWSER

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("hit", "expected", "reasons"),
    [
        (Hit("GET", BROWSER, HOUR, 0), "human", ()),
        (Hit("GET", BROWSER, None, 0), "human", ()),
        (Hit("POST", BROWSER, HOUR, 0), "human", ()),
        (Hit("HEAD", BROWSER, HOUR, 0), "machine", ("method",)),
        (Hit("GET", "Mozilla/5.0 (compatible; bingbot/2.0)", HOUR, 0), "machine", ("agent",)),
        (Hit("GET", "python-requests/2.32", HOUR, 0), "machine", ("agent", "no_browser")),
        (Hit("GET", BROWSER, SECOND, 0), "unknown", ("too_soon",)),
        (Hit("GET", BROWSER, HOUR, 1), "unknown", ("many_links_at_once",)),
        (Hit("GET", "", HOUR, 0), "unknown", ("no_browser",)),
        (Hit("GET", BROWSER, SECOND, 2), "machine", ("many_links_at_once", "too_soon")),
        (Hit("GET", "", SECOND, 0), "machine", ("too_soon", "no_browser")),
    ],
)
def test_one_weak_sign_decides_nothing(hit: Hit, expected: str, reasons: tuple[str, ...]) -> None:
    assert judge(hit) == (expected, reasons)


def test_a_network_is_no_address() -> None:
    assert network_of("203.0.113.77") == "203.0.113.0/24"
    assert network_of("2001:db8:1:2::9") == "2001:db8:1::/48"
    assert network_of("testclient") == ""
    assert network_of(None) == ""
