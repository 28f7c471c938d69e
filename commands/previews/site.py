"""The preview as a local site: one track for one reader on a page, shown anew when a file changes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from authoring.preview import first_track, reader_called, readers, scope_of, typical
from commands.previews.pages import problems_page, renderer, script, track_page
from commands.previews.workbench import State, Workbench
from domain.errors import MissingError
from domain.release import Release
from domain.track import Track
from mail.links import Links

HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest stands in the page, which can also be a file
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
HERE = ["127.0.0.1", "localhost"]
"""A page elsewhere must not read this one under a name of its own that leads here."""


@dataclass(frozen=True)
class Site:
    """`wanted` is the track or touch that was asked for, None for all."""

    bench: Workbench
    wanted: str | None
    sample: str | None
    base_url: str
    domain: str
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def app(self) -> Starlette:
        routes = [
            Route("/", self.start),
            Route("/version", self.version),
            Route("/preview.js", self.script),
            Route("/{track}/{reader}.html", self.page),
        ]
        return Starlette(routes=routes, middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=HERE)])

    def start(self, request: Request) -> Response:
        state = self.bench.look()
        if state.release is None:
            return _html(problems_page(state, is_live=True))
        try:
            track = first_track(scope_of(state.release, self.wanted), state.lead)
        except MissingError as error:
            return _html(problems_page(state, is_live=True, told=error.sentence), 404)
        return RedirectResponse(f"/{track.id}/{self._first(state.release, track, state)}.html", 302, HEADERS)

    def page(self, request: Request) -> Response:
        state = self.bench.look()
        if state.release is None:
            return _html(problems_page(state, is_live=True))
        found = renderer(state.release, state, Links([self.key], self.base_url), self.domain)
        try:
            scope = scope_of(state.release, self.wanted)
            reader = reader_called(found.readers, request.path_params["reader"])
        except MissingError:
            return RedirectResponse("/", 302, HEADERS)
        track = next((each for each in scope.tracks if each.id == request.path_params["track"]), None)
        if track is None:
            return RedirectResponse("/", 302, HEADERS)
        return _html(track_page(found, state, scope, track, reader, found.readers, is_live=True))

    def version(self, request: Request) -> Response:
        return PlainTextResponse(self.bench.version(), headers=HEADERS)

    def script(self, request: Request) -> Response:
        return Response(script(), media_type="text/javascript", headers=HEADERS)

    def _first(self, release: Release, track: Track, state: State) -> str:
        found = readers(release, state.now, state.lead)
        return self.sample if self.sample in found else typical(found, track).id


def _html(page: str, status: int = 200) -> Response:
    return HTMLResponse(page, status, HEADERS)
