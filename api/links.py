"""Where links in mails lead: /u unsubscribes, /c follows, /a answers. No login, no cookie, no script.

Only a POST changes anything about a lead: scanners follow every link with GET.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.calls import App
from api.clicks import Recorded, Seen
from api.hits import network_of
from api.pages import page
from api.questions import OTHER, asked, question, words_for
from api.services import Running
from domain.definition import FieldDef
from domain.errors import InvalidError, MissingError
from domain.lead import Source
from domain.release import Release
from mail.errors import BadLinkError
from mail.links import Kind
from storage import enrolling, events, learning, sending
from storage.archive import Tx
from storage.events import Happening

router = APIRouter(include_in_schema=False)
READS = ["GET", "HEAD", "OPTIONS"]
ANSWER = "answer"
LONGEST = 5000


@router.api_route("/u/{token}", methods=READS)
def ask_unsubscribe(token: str, app: App) -> Response:
    send_id, _ = _read(app, "u", token)
    with app.archive.reading() as tx:
        words = _words(app, tx, send_id)
    return page(app, "unsubscribe.html", 200, is_done=False, **words)


@router.post("/u/{token}")
def unsubscribe(token: str, app: App) -> Response:
    """RFC 8058: a mail program posts `List-Unsubscribe=One-Click` here by itself; what the body says is the same."""
    send_id, _ = _read(app, "u", token)
    with app.archive.begin() as tx:
        words = _words(app, tx, send_id)
        row = events.delivery(tx, send_id)
        assert row is not None  # _words has just read it
        wake = enrolling.opt_out(tx, app.archive, row["lead_id"], "link")
    if wake:
        app.services.signal([wake])
    if row["status"] == "uncertain":
        sending.resolve(app.archive, send_id, True)
    return page(app, "unsubscribe.html", 200, is_done=True, **words)


@router.api_route("/c/{token}", methods=READS)
async def follow(token: str, request: Request, app: App) -> Response:
    send_id, number = _read(app, "c", token)
    recorded = await asyncio.wrap_future(app.clicks.record(_seen("c", send_id, number, request)))
    if recorded.url is None:
        raise MissingError("this link leads nowhere any more")
    return RedirectResponse(recorded.url, 302, {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})


@router.api_route("/a/{token}", methods=READS)
def ask(token: str, request: Request, app: App) -> Response:
    send_id, number = _read(app, "a", token)
    recorded = app.clicks.record(_seen("a", send_id, number, request)).result()
    return _question(app, recorded, {}, None)


@router.post("/a/{token}")
def answer(
    token: str,
    request: Request,
    app: App,
    value: Annotated[str, Form(max_length=LONGEST)] = "",
    words: Annotated[str, Form(max_length=LONGEST)] = "",
    once: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    send_id, number = _read(app, "a", token)
    recorded = app.clicks.record(_seen("a", send_id, number, request)).result()
    given = {"value": value.strip(), "words": words.strip()}
    try:
        _store(app, recorded, send_id, given, once)
    except InvalidError as error:
        return _question(app, recorded, given, error.sentence)
    with app.archive.reading() as tx:
        release = app.archive.release(tx, recorded.release)
    said = words_for(_language(release, recorded.language), release.defaults.company.name)
    return page(app, "answered.html", company=release.defaults.company.name, said=said)


def _store(app: Running, recorded: Recorded, send_id: UUID, given: Mapping[str, str], once: str) -> None:
    """The fact, told by the buyer in a form. The same form sent twice is one answer, a new one may correct it."""
    with app.archive.begin() as tx:
        release = app.archive.live(tx)
        name, _ = asked(recorded.link.target)
        declared = release.fields[learning.full_name(release, name)]
        said = words_for(_language(release, recorded.language), release.defaults.company.name)
        learned = _learned(name, declared, given, said)
        mark = once or hashlib.sha256(repr(sorted(given.items())).encode()).hexdigest()[:32]
        happening = Happening(
            ANSWER,
            ANSWER,
            f"{send_id}/{name}/{mark}",
            ledger_id=send_id,
            learned=learned,
            learned_from=Source.FORM,
            words=given["words"] or None,
        )
        _, wake = events.happen(tx, app.archive, recorded.lead_id, happening)
    if wake:
        app.services.signal([wake])


def _learned(name: str, declared: FieldDef, given: Mapping[str, str], said: Mapping[str, str]) -> dict[str, str]:
    """What the form says: a choice, or for a field of another kind the words themselves."""
    value, words = given["value"], given["words"]
    if "\0" in value + words:
        raise InvalidError(said["invisible"])
    if value:
        return {name: value}
    if not words:
        raise InvalidError(said["choose"])
    if declared.type == "text":
        return {name: words}
    return {name: OTHER} if OTHER in declared.options else {}


def _question(app: Running, recorded: Recorded, given: Mapping[str, str], problem: str | None) -> Response:
    with app.archive.reading() as tx:
        release = app.archive.release(tx, recorded.release)
    once = secrets.token_urlsafe(16)
    values = question(release, recorded.link.target, _language(release, recorded.language), given, problem, once)
    return page(app, "answer.html", 422 if problem else 200, **values)


def _language(release: Release, written_in: str | None) -> str:
    """Pages speak the language of the mail that led to them."""
    return written_in or release.defaults.language


def _seen(kind: Kind, send_id: UUID, number: int, request: Request) -> Seen:
    agent = "".join(c for c in request.headers.get("user-agent", "") if c.isprintable())
    host = request.client.host if request.client else None
    return Seen(kind, send_id, number, request.method, agent, network_of(host))


def _read(app: Running, kind: Kind, token: str) -> tuple[UUID, int]:
    try:
        send_id, number, _ = app.services.links.read(kind, token)
    except BadLinkError as error:
        raise MissingError(error.sentence) from None
    return send_id, number


def _words(app: Running, tx: Tx, send_id: UUID) -> dict[str, object]:
    row = events.delivery(tx, send_id)
    if row is None:
        raise MissingError("This mail is no longer known here.")
    release = app.archive.release(tx, row["release"])
    company = release.defaults.company.name
    return {"company": company, "said": words_for(_language(release, row["language"]), company)}
