"""Handoffs: what is with sales, the packet on one screen, and what a salesperson decides."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import handoffs, leads
from api.bodies import Debrief, Decision, Feedback
from api.calls import Call, Id
from api.views import Json
from api.web import acting, proofs, refusals
from api.web.giving import giving
from api.web.names import names_of
from api.web.rendering import address, onward, show
from api.web.telling import Teller, taught
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain import lifecycle
from domain.context import Context
from domain.errors import InvalidError, MissingError, RefusedError
from domain.lead import State
from storage import duties, sales_reading
from storage import reading as archive_reading

router = APIRouter(include_in_schema=False)
PAGE, TOLD, OWED = 30, 40, 10
TRYING = (State.ACCEPTED, State.WORKING)
FEEDBACK_WORDS = ("why", "what_else_should_we_do", "asked_words", "what_should_we_stop")
HELPFUL = ("yes", "partly", "no")
Short = Annotated[str, Query(max_length=500)]
DECISIONS = {
    "accept": handoffs.DECIDE["accept"],
    "attempt": handoffs.DECIDE["attempt"],
    "qualify": handoffs.DECIDE["qualify"],
    "opportunity": handoffs.DECIDE["opportunity"],
    "proposal": handoffs.DECIDE["proposal"],
    "won": handoffs.DECIDE["won"],
    "lost": handoffs.DECIDE["lost"],
    "rescope": handoffs.DECIDE["rescope"],
    "reject": handoffs.DECIDE["reject"],
    "recycle": handoffs.DECIDE["recycle"],
    "disqualify": handoffs.DECIDE["disqualify"],
}
"""In the order a salesperson meets them."""


@router.get("/handoffs")
def listed(visit: Reader, whose: Short = "", which: Short = "open", after: Short | None = None) -> Response:
    whose = whose or ("mine" if visit.who.role == "sales" and visit.who.person else "all")
    rep = visit.who.person if whose == "mine" else None
    answer = handoffs.handoffs(visit.app, visit.who, rep, which != "ended", after or None, PAGE)
    with visit.app.archive.reading() as tx:
        mine, _ = duties.listed(tx, visit.who.person, None, True, None, OWED) if visit.who.person else ([], None)
        named = [*(item["lead"] for item in answer["items"]), *(row["lead_id"] for row in mine)]
        names = names_of(tx, named, visit.who.may_see_persons)
    asked = {"whose": whose, "which": which, "after": after, "next": answer["next"]}
    return show(visit, "web/handoffs.html", items=answer["items"], names=names, owed=mine, **asked)


@router.get("/handoffs/{id}")
def one(id: Id, visit: Reader) -> Response:
    return _page(visit, id)


def _page(visit: Visit, id: str, status: int = 200, **more: Any) -> Response:
    """Any: what a form that was refused said, and why"""
    packet = handoffs.handoff(id, visit.app, visit.who)
    lead = leads.lead(packet["lead"], visit.app, visit.who)
    with visit.app.archive.reading() as tx:
        names = names_of(tx, [packet["lead"]], visit.who.may_see_persons)
        ctx = leads.context(tx, visit.app.archive, archive_reading.find(tx, packet["lead"]))
    teller = Teller(visit.release, taught(packet["facts"]))
    told = [one for row in reversed(packet["conversation"]) if (one := teller.tell(row))]
    shown = {
        **choices(visit, packet, lead, ctx),
        **giving(visit, lead),
        "at": address("handoffs", packet["id"]),
        "packet": packet,
        "lead": lead,
        "names": names,
        "teller": teller,
        "buyer": visit.times.of(lead["time_zone"] or visit.release.defaults.time_zone),
        "told": told[:TOLD],
        "criteria": proofs.proven(ctx, packet["why_now"]["criteria"], {}),
        "opened": more.get("failed") or ("attempt" if lead["state"] in TRYING else None),
    }
    return show(visit, "web/handoff.html", status, **{**shown, **more})


def choices(visit: Visit, packet: Json, lead: Json, ctx: Context) -> dict[str, Any]:  # Any: what forms show
    """What may be decided and told back now, as `web/decisions.html` asks for it: here, and behind links in mails."""
    return {
        "decisions": list(_possible(visit, packet, lead)),
        "reasons": acting.reasons_on(visit.release),
        "told_back": _told_back(visit, packet),
        "attempts": ctx.facts.attempts,
        "outlooks": {},
        "given": {},
        "problem": None,
        "failed": None,
    }


def _possible(visit: Visit, packet: Json, lead: Json) -> Iterator[str]:
    """What whoever looks may decide now: the one who has it, or for them somebody who leads."""
    is_lost = lead["state"] == State.LOST and packet["is_newest"]
    if (packet["closed_at"] is not None and not is_lost) or lead["state"] == State.SALES_READY:
        return
    mine = packet["offers"][-1]["rep"] if is_lost and packet["offers"] else lead["holder"]
    is_theirs = visit.who.actor != "REP" or visit.who.person == mine
    for command in DECISIONS:
        is_legal = command in lifecycle.legal(State(lead["state"]), "REP")
        if is_theirs and is_legal and visit.may("POST", f"/api/handoffs/{{id}}/{command}"):
            yield command


def _told_back(visit: Visit, packet: Json) -> Json:
    """Feedback of whoever had the lead, and a debrief by anybody else, when they are asked for or were given."""
    found = packet["duties"]
    had_it = visit.who.person in {offer["rep"] for offer in packet["offers"]}
    feedback = found.get("feedback")
    is_over = packet["closed_at"] is not None or _can_judge(packet["state"])
    debrief = found.get("debrief")
    return {
        "feedback": feedback or ({"answer": {}, "closed_at": None, "due_at": None} if is_over and had_it else None),
        "may_judge": had_it and visit.may("POST", "/api/handoffs/{id}/feedback"),
        "debrief": debrief,
        "may_debrief": debrief is not None
        and visit.who.person != debrief["rep"]
        and visit.may("POST", "/api/handoffs/{id}/debrief"),
        "tags": visit.release.reasons.win if packet["outcome"] == "WON" else visit.release.reasons.loss,
    }


def _can_judge(state: str) -> bool:
    """The packet can be judged once a conversation has confirmed or undone it."""
    return state in (State.QUALIFIED, State.OPPORTUNITY, State.PROPOSAL)


@router.get("/handoffs/{id}/recycle/outlook")
def outlook(id: Id, visit: Visiting) -> Response:
    """A piece of the page, asked for whenever the form changes: what sending it would mean."""
    asked = visit.request.query_params
    reason = asked.get("reason", "")
    shown: dict[str, Any] = {"outlook": None, "why_not": None}  # Any: JSON
    if reason:
        try:
            resume_on = asked.get(f"resume_on.{reason}") or None
            said = acting.filled(Decision, {"reason": reason, "resume_on": resume_on, "stage": asked.get("stage")})
            given = (said.reason or "", said.resume_on, said.stage)
            shown["outlook"] = handoffs.outlook(id, visit.app, visit.who, *given)
        except (InvalidError, RefusedError) as error:
            shown["why_not"] = refusals.told(error, Posted(visit, dict(asked)))
    return show(visit, "web/outlook.html", **shown)


@router.post("/handoffs/{id}/feedback")
def feedback(id: Id, form: Forms) -> Response:
    with form.visit.app.archive.reading() as tx:
        before = duties.of(tx, sales_reading.handoff(tx, id)["id"]).get("feedback")
    done = said_again(before["answer"] if before else {}, form)
    return _told(id, form, "feedback", lambda call: handoffs.feedback(id, judged(form), call), done)


def said_again(before: Mapping[str, Any], form: Posted) -> str:  # Any: JSON
    """What is said of a form: that an answer changed, where there was another one."""
    was, now = before.get("helpful"), form["helpful"]
    return f"feedback-{now}" if was and now in HELPFUL and now != was else "feedback"


def judged(form: Posted) -> Feedback:
    given = {name: form[name] for name in ("helpful", *FEEDBACK_WORDS, "minutes_saved")}
    given["accuracy"] = acting.group(form, "accuracy.")  # type: ignore[assignment]  # a mapping beside texts
    asked = [name.removeprefix("asked:") for name in form.given if name.startswith("asked:")]
    return acting.filled(Feedback, {**given, "what_should_we_have_asked": asked})


@router.post("/handoffs/{id}/debrief")
def debrief(id: Id, form: Forms) -> Response:
    given: dict[str, Any] = {
        name: form[name] for name in ("primary", "secondary", *handoffs.DEBRIEF_WORDS)
    }  # Any: JSON
    for name in ("predicted", "misled", "touches_remembered"):
        given[name] = [key.partition(":")[2] for key in form.given if key.startswith(f"{name}:")]

    def tell(call: Call) -> JSONResponse:
        return handoffs.debrief(id, acting.filled(Debrief, given), call)

    return _told(id, form, "debrief", tell)


def _told(id: str, form: Posted, what: str, tell: Callable[[Call], JSONResponse], done: str = "") -> Response:
    def again(problem: str, status: int) -> Response:
        return _page(form.visit, id, status, problem=problem, failed=what, given=form.given)

    return acting.perform(form, f"/api/handoffs/{{id}}/{what}", done or what, tell, address("handoffs", id), again)


@router.get("/handoffs/{id}/{command}")
def back(id: Id, command: str, visit: Visiting) -> Response:
    return onward(address("handoffs", id))


@router.post("/handoffs/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    if command not in DECISIONS:
        raise MissingError(f"there is no decision called {command}")

    def again(problem: str, status: int) -> Response:
        return _page(form.visit, id, status, problem=problem, failed=command, given=form.given)

    def decide(call: Call) -> JSONResponse:
        return DECISIONS[command](id=id, body=_body(form, id, command), call=call)

    return acting.perform(form, f"/api/handoffs/{{id}}/{command}", command, decide, address("handoffs", id), again)


def _body(form: Posted, id: str, command: str) -> Any:  # Any: as acting.decision
    """It answers the offer the page showed: one that went to somebody else meanwhile is refused."""
    with form.visit.app.archive.reading() as tx:
        row = sales_reading.handoff(tx, id)
    offer = form["offer"]
    return acting.decision(form, command, row, int(offer) if offer and offer.isdecimal() else None)
