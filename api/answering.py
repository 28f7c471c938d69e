"""The links in a salesperson's mail: a page to decide whatever is possible now, without signing in.

The token names the offer and the salesperson it was sent to, signed, and holds for some days. A GET shows a page and
changes nothing, however often a scanner follows it; a POST decides as that salesperson and nobody else, with the forms
of the signed-in page and by the same rules as everywhere.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api import handoffs, leads, packet_words, returning
from api.calls import App
from api.deciding import WORDS
from api.offered_mail import EPOCH, FEEDBACK, REFUSE
from api.pages import HEADERS
from api.roles import Principal
from api.views import Json
from api.web import acting, refusals
from api.web.handoffs import DECISIONS, choices, judged, said_again
from api.web.rendering import DONE, bare
from api.web.visiting import Posted, Visit, form_of, fresh_once
from domain.errors import MissingError, NurtureError
from domain.lead import State
from domain.release import Release
from mail.errors import BadLinkError
from storage import duties, sales_reading
from storage.reading import Row

router = APIRouter(include_in_schema=False)
READS = ["GET", "HEAD"]


@dataclass(frozen=True)
class Asked:
    """An offer somebody answers from a mail, as the one it was made to."""

    visit: Visit
    offer: Row
    handoff: Row

    @property
    def id(self) -> str:
        return str(self.handoff["id"])


def asked(token: str, request: Request, app: App) -> Asked:
    """Raises MissingError for a token that is not ours, too old, or of somebody who has not this offer any more or
    sells here no more. One from before links named a person could act for the wrong one, and is refused too."""
    try:
        offer_id, last_day, person = app.services.links.read("h", token)
    except BadLinkError as error:
        raise MissingError(error.sentence) from None
    now = app.archive.clock.now()
    with app.archive.reading() as tx:
        release = app.archive.live(tx)
        offer = sales_reading.offer(tx, offer_id)
        if offer is None:
            raise MissingError("This lead is no longer known here.")
        handoff = sales_reading.handoff(tx, str(offer["handoff_id"]))
    if handoff["team"]:
        raise MissingError("This lead waits in the queue again: sign in, and it may be the next one you get.")
    if now.astimezone(UTC).date() > EPOCH + timedelta(days=last_day):
        raise MissingError(
            "This link has had its time. Sign in: the lead is on the page Handoffs if it is yours still."
        )
    _check_person(release, person, offer["rep"])
    who = Principal(f"link:{offer['id']}", person, "sales", person)
    return Asked(Visit(request, app, who), offer, handoff)


def _check_person(release: Release, sent_to: str, rep: str) -> None:
    """The offer of a team may have gone to somebody else after a claim was taken back."""
    if not sent_to:
        raise MissingError("This link does not say whom it was sent to. Sign in: your leads are on the page Handoffs.")
    person = release.people.get(sent_to)
    if person is None or person.role not in ("sales", "manager"):
        raise MissingError("Whoever this lead was offered to does not sell here any more.")
    if sent_to != rep:
        now_with = release.people[rep].name if rep in release.people else rep
        raise MissingError(f"This link was sent to {person.name}; the lead went on to {now_with}.")


Offered = Annotated[Asked, Depends(asked)]


@router.api_route("/h/{token}/{answer}", methods=READS)
def ask(answer: str, offered: Offered) -> Response:
    if answer not in (*DECISIONS, REFUSE, FEEDBACK):
        raise MissingError("It is not complete, or not one of ours.")
    return _page(offered, answer)


@router.post("/h/{token}/{answer}")
def act(answer: str, offered: Offered, given: Annotated[dict[str, str], Depends(form_of)]) -> Response:
    if answer not in (*DECISIONS, FEEDBACK):
        raise MissingError("It is not complete, or not one of ours.")
    said = f"{offered.offer['id']}/{answer}\n{sorted(given.items())!r}"
    digest = hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()
    form = Posted(offered.visit, given, digest)
    with offered.visit.app.archive.reading() as tx:
        before = duties.of(tx, offered.handoff["id"]).get(FEEDBACK)
    told = said_again(before["answer"] if before else {}, form) if answer == FEEDBACK else answer
    try:
        done = _decide(offered, answer, form)
    except NurtureError as error:
        problem = refusals.told(error, form)
        return _page(offered, answer, error.status, problem=problem, failed=answer, given=given)
    return _page(offered, answer, done=done, told=told)


def _decide(offered: Asked, answer: str, form: Posted) -> JSONResponse:
    if answer == FEEDBACK:
        return handoffs.feedback(offered.id, judged(form), form.call)
    body = acting.decision(form, answer, offered.handoff, offered.offer["number"])
    return DECISIONS[answer](id=offered.id, body=body, call=form.call)


def _page(offered: Asked, answer: str, status: int = 200, **more: Any) -> Response:  # Any: what a refused form said
    visit, offer = offered.visit, offered.offer
    packet = handoffs.handoff(offered.id, visit.app, visit.who)
    lead = leads.lead(packet["lead"], visit.app, visit.who)
    with visit.app.archive.reading() as tx:
        ctx = leads.context(tx, visit.app.archive, offer["lead_id"])
    shown = choices(visit, packet, lead, ctx)
    if packet["offers"][-1]["number"] != offer["number"]:
        shown["decisions"] = []  # it went on; who has it now may be the same person, by another offer
    command = _unfolded(answer, shown["decisions"])
    if "recycle" in shown["decisions"]:  # here no script asks while the form is filled in
        shown["outlooks"] = {code: returning.outlook(ctx, code, None, None) for code in shown["reasons"]["recycle"]}
    shown["told_back"]["feedback"] = _without_words(shown["told_back"]["feedback"], offer["rep"])
    shown |= {
        "at": str(visit.request.url.path).rpartition("/")[0],
        "command": command,
        "opened": None if "done" in more else command,
        "live": "",
        "packet": packet,
        "sections": _first(packet) if shown["decisions"] else [],
        "now_with": visit.release.people.get(packet["owner"] or ""),
        "rep": visit.release.people[offer["rep"]],
        "times": visit.times,
        "release": visit.release,
        "rests_until": ctx.lead.cool_until if ctx.lead.state is State.RECYCLED else None,
        "said": _said(more.pop("told", answer), more.pop("done", None), packet),
        "once": fresh_once(),
    }
    answered = bare(visit.app, "web/answering.html", status, **{**shown, **more})
    answered.headers["Referrer-Policy"] = HEADERS["Referrer-Policy"]  # the token is in the address
    return answered


def _unfolded(answer: str, decisions: list[str]) -> str:
    """Not for us is a rejection before the first attempt, and a return after it."""
    return answer if answer != REFUSE else "reject" if "reject" in decisions else "recycle"


def _without_words(feedback: Json | None, rep: str) -> Json | None:
    """What a salesperson wrote is for those who sign in; a link may have been passed on."""
    if feedback is None or feedback.get("rep", rep) != rep:
        return None
    return {**feedback, "answer": {name: said for name, said in feedback["answer"].items() if name not in WORDS}}


def _first(packet: Json) -> list[Json]:
    return [one for one in packet["sections"] if one["number"] in packet_words.FIRST_SCREEN[:3]]


def _said(answer: str, done: JSONResponse | None, packet: Json) -> str | None:
    """What came of a form. Sent again after others have decided, or it was taken back, it says only what is so."""
    if done is None:
        return None
    state = json.loads(bytes(done.body)).get("state", packet["state"])
    return DONE[answer] if state == packet["state"] else "This was sent before; the lead has moved on since."
