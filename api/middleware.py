"""What every request passes: a limit for its body, ids that may hold a slash, and the counters."""

from __future__ import annotations

import time
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import Metrics
from api.problems import problem

LARGEST_BODY = 1_000_000
LARGEST_UPLOAD = 25_000_000
LARGER = {"/api/imports": LARGEST_UPLOAD, "/api/releases": 10_000_000}
"""Bodies that may be larger, by path: an export of people, and all files of a release."""


class BodyLimit:
    """Takes the whole body in before anything else sees it, and never more than the limit of it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        largest = LARGER.get(scope["path"], LARGEST_BODY)
        body = None if self._says_too_much(scope, largest) else await self._read(receive, largest)
        if body is None:
            detail = f"a body holds at most {largest} bytes here; send large lists in pieces"
            return await problem(413, "too-large", detail, {"Connection": "close"})(scope, receive, send)
        is_given = False

        async def replay() -> Message:
            nonlocal is_given
            if is_given:
                return await receive()  # nothing but the disconnect can still come
            is_given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    def _says_too_much(self, scope: Scope, largest: int) -> bool:
        length: bytes = dict(scope["headers"]).get(b"content-length", b"0")
        return not length.isdigit() or int(length[:20]) > largest

    async def _read(self, receive: Receive, largest: int) -> bytes | None:
        """None when it is too large: a chunked body says nothing of its length beforehand."""
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > largest:
                return None
            if message["type"] == "http.disconnect" or not message.get("more_body", False):
                return bytes(body)


class WholeIds:
    """Another system's id may hold a slash: one sent as %2F stays part of its segment.

    Routing sees it encoded once more, as well as a %; whoever reads an id from the path decodes it (`path_id`).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw = scope.get("raw_path") if scope["type"] == "http" else None
        if raw and b"%" in raw:
            kept = raw.replace(b"%25", b"%2525").replace(b"%2F", b"%252F").replace(b"%2f", b"%252F")
            scope = {**scope, "path": unquote(kept.decode("latin-1"), errors="replace")}
        await self._app(scope, receive, send)


class Counted:
    """Requests and their seconds, by route: never by address, which would name leads."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(scope["method"][:8], route, status).inc()
            self._metrics.seconds.labels(route).observe(time.perf_counter() - began)
