"""The only ways in which simulated people touch the engine: the API with a key, and a browser without one."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
TIMEOUT = 20.0
PAUSES = (0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries while nobody answers, such as when the API is being started again."""
QUESTION = re.compile(r'<h1 id="question">(.*?)</h1>', re.DOTALL)
ONCE = re.compile(r'name="once" value="([^"]*)"')


class ActionError(Exception):
    """A surface refused or did not answer; the sentence is what it said. `is_ours`: the fault is on our side."""

    def __init__(self, said: str, is_ours: bool = False) -> None:
        super().__init__(said)
        self.is_ours = is_ours


@dataclass(frozen=True)
class Api:
    """The API as one person or system sees it."""

    client: httpx.Client
    key: str

    def get(self, path: str, **query: object) -> Any:  # Any: JSON
        return _answered(lambda: self.client.get(path, params=_plain(query), headers=self._headers)).json()

    def items(self, path: str, **query: object) -> list[Any]:  # Any: JSON
        """Of every page."""
        found, after = [], None
        while True:
            page = self.get(path, **query, limit=200, **({"after": after} if after else {}))
            found += page["items"]
            after = page["next"]
            if after is None:
                return found

    def post(self, path: str, body: Mapping[str, object] | None = None) -> Any:  # Any: JSON
        headers = {
            **self._headers,
            "Idempotency-Key": str(uuid4()),
        }  # so that a try without an answer can be repeated
        return _answered(lambda: self.client.post(path, json=dict(body or {}), headers=headers)).json()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.key}"}


@dataclass
class Board:
    """One list that several people look at, such as the open handoffs: asked for once for each look."""

    api: Api
    path: str
    _looked_for: object = None
    _items: Sequence[Any] = ()  # Any: JSON

    def at(self, look: object) -> Sequence[Any]:  # Any: JSON
        if self._looked_for is not look:
            self._items, self._looked_for = self.api.items(self.path, open=True), look
        return self._items


@dataclass(frozen=True)
class Page:
    """An answer page as a reader sees it: the question, and what the form carries unseen."""

    question: str
    once: str


@dataclass(frozen=True)
class Browser:
    client: httpx.Client

    def follow(self, url: str) -> None:
        """A link to somewhere else; the place itself is not visited, it is not ours."""
        _answered(lambda: self.client.get(url, headers={"User-Agent": BROWSER}, follow_redirects=False))

    def question(self, url: str) -> Page:
        text = _answered(lambda: self.client.get(url, headers={"User-Agent": BROWSER})).text
        asked, once = QUESTION.search(text), ONCE.search(text)
        return Page(html.unescape(asked[1].strip()) if asked else "", once[1] if once else "")

    def send(self, url: str, form: Mapping[str, str]) -> None:
        _answered(lambda: self.client.post(url, data=dict(form), headers={"User-Agent": BROWSER}))


def connect(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=base_url, timeout=TIMEOUT, trust_env=False)


def _plain(query: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in query.items()}


def _answered(ask: Callable[[], httpx.Response]) -> httpx.Response:
    for pause in (*PAUSES, None):
        try:
            answer = ask()
            break
        except httpx.TransportError as error:
            if pause is None:
                raise ActionError(f"nobody answers ({type(error).__name__})") from None
            time.sleep(pause)
    if answer.status_code >= 400:
        raise ActionError(_said(answer), answer.status_code >= 500)
    return answer


def _said(answer: httpx.Response) -> str:
    try:
        return f"{answer.status_code} {answer.json()['detail']}"
    except (ValueError, KeyError, TypeError):
        return f"{answer.status_code} {answer.reason_phrase}"
