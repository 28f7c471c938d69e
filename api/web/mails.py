"""The mails that were caught, to be read as their readers would; only where nothing leaves the house."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from markupsafe import Markup, escape
from starlette.responses import HTMLResponse, Response

from api.calls import Id
from api.web.rendering import onward, show
from api.web.visiting import Visit, Visiting
from domain.errors import ForbiddenError, MissingError
from mail import catcher, caught
from mail.caught import Letter
from storage import events
from storage import reading as archive_reading

router = APIRouter(include_in_schema=False)
PAGE = 40
URL = re.compile(r"https?://[^\s<>\"']{1,2000}")
TRAILING = ".,;:!?)]}"
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
SEALED = {
    # the mail runs nothing, sends nothing and loads nothing; only its links open, each in a page of its own
    "Content-Security-Policy": "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
    " style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
NEW_PAGE = '<base target="_blank">'


@router.get("/mails")
def listed(
    visit: Visiting,
    q: Annotated[str, Query(max_length=200)] = "",
    after: Annotated[str | None, Query(max_length=80)] = None,
) -> Response:
    folder = _folder(visit)
    items, following = caught.listed(folder, q, after or None, PAGE)
    return show(visit, "web/mails.html", items=items, next=following, q=q, after=after)


@router.get("/mails/{name}")
def one(name: str, visit: Visiting) -> Response:
    letter = _letter(visit, name)
    return show(visit, "web/mail.html", letter=letter, text=_with_links(letter.text))


@router.get("/mails/{name}/html")
def html(name: str, visit: Visiting) -> Response:
    found = _letter(visit, name).html
    if found is None:
        raise MissingError("this mail is plain text only")
    place = HEAD.search(found)
    cut = place.end() if place else 0
    return HTMLResponse(f"{found[:cut]}{NEW_PAGE}{found[cut:]}", headers=SEALED)


@router.get("/mails/of/{id}")
def of_delivery(id: Id, visit: Visiting) -> Response:
    """The mail of a touch on somebody's timeline."""
    folder = _folder(visit)
    send_id = archive_reading.uuid_of(id)
    with visit.app.archive.reading() as tx:
        row = events.delivery(tx, send_id) if send_id else None
    path = catcher.find(folder, row["message_id"]) if row and row["message_id"] else None
    if path is None:
        raise MissingError("this mail is not among the caught ones any more")
    return onward(f"/mails/{path.name}")


def _folder(visit: Visit) -> Path:
    """Raises ForbiddenError for a viewer, MissingError where mail really leaves."""
    if not visit.who.may_see_persons:
        raise ForbiddenError(f"a {visit.who.role} key may not read what was written to people")
    if visit.app.services.caught is None:
        raise MissingError("mail is sent here, not caught, so there is none to show")
    return visit.app.services.caught


def _letter(visit: Visit, name: str) -> Letter:
    letter = caught.letter(_folder(visit), name)
    if letter is None:
        raise MissingError("there is no such mail; see the list of mails")
    return letter


def _with_links(text: str) -> Markup:
    found, last = [], 0
    for match in URL.finditer(text):
        url = match[0].rstrip(TRAILING)
        found += [escape(text[last : match.start()]), _link(url)]
        last = match.start() + len(url)
    return Markup("").join([*found, escape(text[last:])])


def _link(url: str) -> Markup:
    return Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(url)
