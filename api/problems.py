"""Errors as problem+json (RFC 9457): a stable type, a sentence that says what to do, and nothing of our insides."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.pages import LINKS, page
from api.web.rendering import bare
from authoring.load import FilesError
from domain.errors import InvalidError, NurtureError, RefusedError

logger = logging.getLogger("nurture.api")
MOST_ERRORS = 20
OURS = ("/leads", "/tasks", "/handoffs", "/mails", "/releases", "/definition", "/login", "/logout")
MACHINES = ("/api", "/hooks", "/static", "/health", "/ready", "/metrics")
NOT_JSON = "send one JSON object as the body, with Content-Type: application/json"
UNREADABLE = "the body could not be read; send one JSON object in UTF-8, not nested deeper than it needs to be"


def problem(status: int, type: str, detail: str, headers: Mapping[str, str] | None = None, **more: object) -> Response:
    """`type` is a name that stays; beside it what the kind of error carries: legal, field, errors."""
    title = HTTPStatus(status).phrase
    body = {"type": f"urn:nurture:{type}", "title": title, "status": status, "detail": detail, **more}
    # ascii: the sentence may quote what somebody sent, half characters included
    return Response(json.dumps(body), status, headers, "application/problem+json")


def install(app: FastAPI) -> None:
    app.add_exception_handler(NurtureError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def _as_page(request: Request, status: int, sentence: str, for_us: str | None = None) -> Response | None:
    """What goes wrong behind a link in a mail, or on a page of our own people, is told as a page."""
    path, app = request.scope["path"], request.app.state.running
    if path.startswith(LINKS):
        title = "This link does not work" if status < 500 else "This did not work just now"
        return page(app, "wrong.html", status, title=title, sentence=sentence)
    asks_for_page = "text/html" in request.headers.get("accept", "") or "hx-request" in request.headers
    if path.startswith(OURS) or (asks_for_page and not path.startswith(MACHINES)):
        return bare(app, "web/wrong.html", status, code=status, sentence=for_us or sentence)
    return None


async def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, NurtureError)
    if shown := _as_page(request, error.status, error.sentence):
        return shown
    more: dict[str, object] = {}
    if isinstance(error, RefusedError):
        more["legal"] = list(error.legal)
    if isinstance(error, InvalidError) and error.field:
        more["field"] = error.field
    if isinstance(error, FilesError):
        more["problems"] = [vars(each) for each in error.problems]
    return problem(error.status, error.type, error.sentence, None, **more)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if shown := _as_page(request, 422, "What was sent is not what the form asks for."):
        return shown
    found = [{"field": _field(e["loc"]), "says": says(e)} for e in error.errors()[:MOST_ERRORS]]
    first = found[0]
    where = f"{first['field']}: " if first["field"] else ""
    return problem(422, "invalid", f"{where}{first['says']}", field=first["field"], errors=found)


def _field(loc: Sequence[int | str]) -> str:
    """Where in the request, without the part of it: `lead.email`, not `body.lead.email`."""
    return ".".join(str(part)[:80] for part in loc[1:] if not isinstance(part, int) or len(loc) > 2)


def says(error: Mapping[str, Any]) -> str:  # Any: pydantic's own
    """Pydantic's sentence, never the value: it can be as large and as strange as it likes."""
    kind, sentence = error["type"], str(error["msg"]).removeprefix("Value error, ")
    if tuple(error["loc"]) == ("body",) and kind in ("missing", "model_attributes_type"):
        return NOT_JSON
    if kind == "json_invalid":
        return "this is no valid JSON"
    if kind == "extra_forbidden":
        return "there is no such field here"
    return sentence[:300]


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    for_us = "There is no such page." if error.status_code == 404 else None
    if shown := _as_page(request, error.status_code, "It is not complete, or not one of ours.", for_us):
        return shown
    if error.status_code == 400:  # only ever raised where a body is read
        return problem(422, "invalid", UNREADABLE)
    kinds = {401: "unauthorized", 404: "missing", 405: "method-not-allowed", 413: "too-large"}
    kind = kinds.get(error.status_code, "http")
    sentences = {
        404: "there is no route at this address; the list of routes is at /api/openapi.json",
        405: f"{request.method} is not possible here; the list of routes is at /api/openapi.json",
    }
    sentence = sentences.get(error.status_code, str(error.detail))
    return problem(error.status_code, kind, sentence, error.headers)


async def _bug(request: Request, error: Exception) -> Response:
    logger.error("a bug answered %s %s", request.method, request.scope.get("path"), exc_info=error)
    if shown := _as_page(request, 500, "Something is wrong on our side; please try again in a few minutes."):
        return shown
    return problem(500, "internal", "something is wrong on our side; it was logged, try again later")
