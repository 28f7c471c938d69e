"""The links in a salesperson's mail: a page to accept an offer or say why not, without signing in.

The token is the offer's, signed, and holds for some days. A GET shows a page and changes nothing, however often a
scanner follows it; the POST decides as the salesperson the offer was made to, and by the same rules as everywhere.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import handoffs, packet_words, returning
from api.calls import App, Call
from api.leads import context
from api.offered_mail import ACCEPT, ATTEMPT, EPOCH, REFUSE
from api.pages import HEADERS
from api.roles import Principal
from api.services import Running
from api.web import acting
from api.web.rendering import bare
from api.web.visiting import ONCE, Posted, Visit, form_of
from api.web.words import Times
from domain import lifecycle
from domain.errors import MissingError, NurtureError
from domain.lead import State
from domain.release import Release
from mail.errors import BadLinkError
from storage import sales_reading
from storage.reading import Row

router = APIRouter(include_in_schema=False)
READS = ["GET", "HEAD"]
ANSWERS = {ACCEPT: "accept", ATTEMPT: "attempt", REFUSE: "reject"}
"""What the pages are called, and what the API calls it while the lead is only offered."""
BEFORE = (State.HANDED_OFF,)


@dataclass(frozen=True)
class Asked:
    """An offer somebody answers from a mail."""

    request: Request
    app: Running
    offer: Row
    handoff: Row
    release: Release
    now: datetime

    @property
    def who(self) -> Principal:
        return Principal(f"link:{self.offer['id']}", self.offer["rep"], "sales", self.offer["rep"])

    @property
    def is_over(self) -> bool:
        """Somebody else has the lead, or the handoff is closed."""
        return self.offer["closed_at"] is not None or self.handoff["closed_at"] is not None

    @property
    def is_answered(self) -> bool:
        return not self.is_over and self.handoff["state"] not in BEFORE


def asked(token: str, request: Request, app: App) -> Asked:
    """Raises MissingError for a token that is not ours, too old, or of somebody who sells here no more."""
    try:
        offer_id, last_day = app.services.links.read("h", token)
    except BadLinkError as error:
        raise MissingError(error.sentence) from None
    now = app.archive.clock.now()
    with app.archive.reading() as tx:
        release = app.archive.live(tx)
        offer = sales_reading.offer(tx, offer_id)
        if offer is None:
            raise MissingError("This lead is no longer known here.")
        handoff = sales_reading.handoff(tx, str(offer["handoff_id"]))
    if now.astimezone(UTC).date() > EPOCH + timedelta(days=last_day):
        raise MissingError(
            "This link has had its time. Sign in: the lead is on the page Handoffs if it is yours still."
        )
    person = release.people.get(offer["rep"])
    if person is None or person.role not in ("sales", "manager"):
        raise MissingError("Whoever this lead was offered to does not sell here any more.")
    return Asked(request, app, offer, handoff, release, now)


Offered = Annotated[Asked, Depends(asked)]


@router.api_route("/h/{token}/{answer}", methods=READS)
def ask(answer: str, offered: Offered) -> Response:
    return _page(offered, _known(answer))


@router.post("/h/{token}/{answer}")
def act(answer: str, offered: Offered, given: Annotated[dict[str, str], Depends(form_of)]) -> Response:
    command = ANSWERS[_known(answer)]
    digest = hashlib.sha256(f"{offered.offer['id']}/{command}\n{sorted(given.items())!r}".encode("utf-8", "replace"))
    form = Posted(Visit(offered.request, offered.app, offered.who), given, digest.hexdigest())
    call = Call(offered.app, offered.who, form.digest if given.get(ONCE) else None, form.digest)
    try:
        _decide(offered, command, form, call)
    except NurtureError as error:
        again = asked(offered.request.path_params["token"], offered.request, offered.app)
        return _page(again, answer, error.status, problem=error.sentence, given=given)
    return _page(asked(offered.request.path_params["token"], offered.request, offered.app), answer, done=True)


def _decide(offered: Asked, command: str, form: Posted, call: Call) -> JSONResponse:
    """Not for us is a rejection before the first attempt, and a return after it."""
    if command == "reject" and offered.is_answered:
        command = "recycle"
    body = acting.decision(form, command, offered.handoff, offered.offer["number"])
    return handoffs.DECIDE[command](id=str(offered.handoff["id"]), body=body, call=call)


def _known(answer: str) -> str:
    if answer not in ANSWERS:
        raise MissingError("It is not complete, or not one of ours.")
    return answer


def _page(offered: Asked, answer: str, status: int = 200, **more: Any) -> Response:  # Any: what a refused form said
    packet = handoffs.handoff(str(offered.handoff["id"]), offered.app, offered.who)
    first = [one for one in packet["sections"] if one["number"] in packet_words.FIRST_SCREEN[:3]]
    kind = "recycle" if offered.is_answered else "reject"
    shown = {
        "answer": answer,
        "offered": offered,
        "packet": packet,
        "sections": first,
        "now_with": offered.release.people.get(packet["owner"] or ""),
        "rep": offered.release.people[offered.offer["rep"]],
        "times": Times(offered.release.defaults.time_zone, offered.now),
        "release": offered.release,
        "reasons": acting.reasons_on(offered.release)[kind],
        "is_return": offered.is_answered,
        **_return(offered, answer),
        "once": secrets.token_urlsafe(16),
        "given": {},
        "problem": None,
        "done": False,
    }
    answered = bare(offered.app, "web/answering.html", status, **{**shown, **more})
    answered.headers["Referrer-Policy"] = HEADERS["Referrer-Policy"]  # the token is in the address
    return answered


def _return(offered: Asked, answer: str) -> dict[str, Any]:  # Any: what the page shows
    """When the lead would be back, and with whom, for each reason: here no script asks while the form is filled in."""
    with offered.app.archive.reading() as tx:
        ctx = context(tx, offered.app.archive, offered.offer["lead_id"])
    is_asked = answer == REFUSE and offered.is_answered and "recycle" in lifecycle.legal(ctx.lead.state)
    reasons = acting.reasons_on(offered.release)["recycle"] if is_asked else {}
    rests = ctx.lead.cool_until if ctx.lead.state is State.RECYCLED else None
    return {"outlooks": {code: returning.outlook(ctx, code, None, None) for code in reasons}, "rests_until": rests}
