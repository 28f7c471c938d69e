"""The same commands against a running server: its answers as they are, its refusals as our own errors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from domain.errors import ConflictError, ForbiddenError, InvalidError, MissingError, NotReadyError, RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

ServerUrl = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", help="A running server, instead of a data folder on this machine."),
]
KeyFile = Annotated[
    Path | None, typer.Option("--key-file", help="Holds the key for --server.", show_default="the key in NURTURE_KEY")
]
CONNECT, PATIENCE = 10.0, 900.0
"""Seconds. A plan over many leads takes minutes."""


class Server:
    """Raises what the archive would raise, with the server's own sentence."""

    def __init__(self, url: str, key_file: Path | None) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise InvalidError(f"{url[:200]} is no address of a server; write one like https://nurture.example.com")
        self._url, self._key = url.rstrip("/"), _key(key_file)

    def get(self, path: str) -> Any:  # Any: JSON
        return self._ask("GET", path)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:  # Any: JSON
        return self._ask("POST", path, json={name: value for name, value in body.items() if value is not None})

    def _ask(self, method: str, path: str, **more: Any) -> Any:  # Any: of httpx, JSON
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"}
        timeout = httpx.Timeout(PATIENCE, connect=CONNECT)
        try:
            answer = httpx.request(method, f"{self._url}/api{path}", headers=headers, timeout=timeout, **more)
        except httpx.HTTPError as error:
            raise NotReadyError(
                f"{self._url} does not answer ({type(error).__name__}); is nurture running there?"
            ) from None
        if answer.is_success:
            return _json(answer, self._url)
        raise _refusal(answer, self._url)


def _key(file: Path | None) -> str:
    key = os.environ.get("NURTURE_KEY", "")
    if file is not None:
        try:
            key = file.read_text()
        except (OSError, UnicodeDecodeError) as error:
            raise InvalidError(f"{file} cannot be read ({error}); it should hold an API key") from None
    key = key.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise InvalidError("a server wants a key: set NURTURE_KEY, or name a file with --key-file")
    return key


def _json(answer: httpx.Response, url: str) -> Any:  # Any: JSON
    try:
        return answer.json()
    except ValueError:
        raise NotReadyError(f"what answers at {url} is not nurture; check the address") from None


def _refusal(answer: httpx.Response, url: str) -> Exception:
    from authoring.load import FilesError
    from authoring.problems import Problem

    try:
        told = answer.json()
        sentence = str(told["detail"])
    except (ValueError, KeyError, TypeError):
        return NotReadyError(f"{url} answered {answer.status_code}, not as nurture does; check the address")
    if problems := told.get("problems"):
        return FilesError([Problem(**each) for each in problems])
    kinds = {403: ForbiddenError, 404: MissingError, 422: InvalidError, 503: NotReadyError}
    if answer.status_code == 409:
        return RefusedError(sentence) if told.get("type", "").endswith("refused") else ConflictError(sentence)
    return kinds.get(answer.status_code, InvalidError)(sentence)
