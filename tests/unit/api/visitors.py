"""Somebody in front of the pages: signs in with a key, reads pages, sends the forms that are on them."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.unit.api.house import BROWSER, House

HERE = "http://testserver"
CHOSEN = ("radio", "checkbox")


class Forms(HTMLParser):
    """The forms of a page by their action, each with what it would send untouched."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, dict[str, str]] = {}
        self._into: dict[str, str] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "form":
            self._into = self.found.setdefault(given.get("action") or "", {})
        elif tag == "input" and given.get("name") and (given.get("type") not in CHOSEN or "checked" in given):
            self._into[str(given["name"])] = given.get("value") or ""


def forms_of(page: str) -> dict[str, dict[str, str]]:
    parser = Forms()
    parser.feed(page)
    return parser.found


@dataclass
class Visitor:
    client: TestClient

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, origin: str | None = HERE, **given: str) -> Response:
        headers = {"Origin": origin} if origin else {}
        return self.client.post(path, data=given, headers=headers, follow_redirects=False)

    def send(self, page: str, action: str, given: dict[str, str] | None = None, status: int = 303) -> Response:
        """Fill in a form that is on the page and send it."""
        forms = forms_of(self.get(page))
        assert action in forms, f"{page} has no form {action}; it has {sorted(forms)}"
        answer = self.post(action, **{**forms[action], **(given or {})})
        assert answer.status_code == status, answer.text
        return answer


def visitor(house: House, role: str = "admin") -> Visitor:
    client = TestClient(
        house.client.app,
        raise_server_exceptions=True,
        headers={"User-Agent": BROWSER, "Accept": "text/html,application/xhtml+xml,*/*;q=0.8"},
    )
    signed = client.post("/login", data={"key": house.keys[role]}, headers={"Origin": HERE}, follow_redirects=False)
    assert signed.status_code == 303, signed.text
    return Visitor(client)


def stranger(house: House, **more: Any) -> Visitor:  # Any: of TestClient
    return Visitor(TestClient(house.client.app, headers={"User-Agent": BROWSER, "Accept": "text/html"}, **more))
