"""docs/api.md and the table of routes say the same."""

from __future__ import annotations

import re
from pathlib import Path

from api.roles import ALL, ROUTES
from storage.api_keys import ROLES

PAGE = Path(__file__).parents[3] / "docs" / "api.md"
ROW = re.compile(r"(?m)^\| `([A-Z]+) (/api/[^`]*)` \| [^|]+ \| ([^|]+) \|$")


def test_every_route_is_described_with_who_may_call_it() -> None:
    described = {(method, path): who.strip() for method, path, who in ROW.findall(PAGE.read_text())}
    assert described.keys() == ROUTES.keys()
    for route, roles in ROUTES.items():
        who = ALL if described[route] == "everyone" else set(described[route].split(", "))
        assert who == roles, route
    assert set(ROLES) == ALL
