"""All pages for our own people, and what happens to somebody who has not signed in."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from api.services import Running
from api.web import definition, handoffs, leads, mails, queue, releases, signing_in, tasks, team, today, webhooks
from api.web.rendering import HEADERS, bare, onward
from api.web.visiting import NotSignedInError

PAGES = (today, leads, tasks, queue, handoffs, team, mails, definition, releases, webhooks, signing_in)
ROUTERS = tuple(each.router for each in PAGES)
FROM_ELSEWHERE = "cross-site"


def install(app: FastAPI) -> None:
    for router in ROUTERS:
        app.include_router(router)
    app.add_exception_handler(NotSignedInError, _not_signed_in)


async def _not_signed_in(request: Request, error: Exception) -> Response:
    assert isinstance(error, NotSignedInError)
    if request.headers.get("sec-fetch-site") == FROM_ELSEWHERE and request.method == "GET":
        # A link in a mail read in a browser: the cookie does not come along from there. Asked again by a page of
        # ours it does, and whoever is signed in need not do so twice.
        running: Running = request.app.state.running
        return bare(running, "web/again.html", back=error.back)
    path = f"/login?{urlencode({'back': error.back})}" if error.back != "/" else "/login"
    if "hx-request" in request.headers:
        return HTMLResponse("", headers={**HEADERS, "HX-Redirect": path})
    return onward(path)
