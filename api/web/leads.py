"""Leads: the list with its search, and the one view of a lead with everything a person may do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import JSONResponse, Response

from api import bodies, leads, repairs, support, views
from api.calls import Call, Id
from api.evidence import denied, evidence
from api.views import Json
from api.web import acting, changes, proofs
from api.web.giving import giving
from api.web.names import names_of
from api.web.rendering import address, onward, show
from api.web.telling import FILTERS, Teller, Told, taught, touch_title
from api.web.visiting import Forms, Posted, Reader, Visit, Visiting
from domain.errors import MissingError
from domain.lead import SUPPORTED, State
from domain.repairs import UNDO_WITHIN
from storage import finding, pauses, repairing, sales_reading
from storage import reading as archive_reading
from storage.archive import Tx
from storage.around import around
from storage.facts import load

router = APIRouter(include_in_schema=False)
PAGE, STORY, ALL = 30, 150, 5000
Change = Callable[[str, Posted, Call], JSONResponse]
Words = Annotated[str, Query(max_length=200)]


def _reasoned(do: Callable[..., JSONResponse], kind: type[bodies.Reasoned] = bodies.Reasoned, *names: str) -> Change:
    """A command of the API that takes a reason, a note, and these inputs of the form."""

    def change(id: str, form: Posted, call: Call) -> JSONResponse:
        body = acting.reasoned(form, kind, **{name: form[name] for name in names})
        return do(id=id, body=body, call=call)

    return change


def _tell(id: str, form: Posted, call: Call) -> JSONResponse:
    groups: dict[str, dict[str, str]] = {}
    for name, value in acting.facts(form).items():
        group, _, field = name.partition(".")
        groups.setdefault(group, {})[field] = value
    return leads.tell(id, acting.filled(bodies.Groups, groups), call)


CHANGES: dict[str, Change] = {
    "note": lambda id, form, call: leads.note(id, acting.filled(bodies.Note, {"text": form["text"]}), call),
    "pause": lambda id, form, call: leads.pause(id, acting.filled(bodies.Pause, {"until": form["until"]}), call),
    "resume": lambda id, form, call: leads.resume(id, call),
    "promote": _reasoned(leads.promote),
    "disqualify": _reasoned(leads.disqualify),
    "enrol": _reasoned(leads.enrol_on_track, bodies.Enrol, "track"),
    "assign": _reasoned(leads.assign, bodies.Assign, "rep"),
    "reassign": _reasoned(leads.reassign, bodies.Assign, "rep"),
    "withdraw": _reasoned(leads.withdraw),
    "reopen": _reasoned(leads.reopen),
    "support": lambda id, form, call: support.allow(id, call, acting.filled(bodies.Support, {"track": form["track"]})),
    "end_support": lambda id, form, call: support.end(id, call),
    "undo": _reasoned(repairs.undo),
    "tell": _tell,
}
GROUPS = {"fact": "Learned", "company": "Company", "inquiry": "Inquiry", "lead": "Person"}
ANYTIME = ("note", "tell")
"""What is possible in every state, by role alone."""
SUPPORT = ("support", "end_support")
"""Beside the other actions: the page shows first what they mean."""
ROUTES = {
    "note": "/api/leads/{id}/notes",
    "tell": "/api/leads/{id}",
    "end_support": "/api/leads/{id}/support/end",
}


@router.get("/leads")
def listed(visit: Reader, q: Words = "", state: Words = "", after: Words | None = None) -> Response:
    states = [state] if state in State.__members__ else []
    words = "".join(c for c in q if c.isprintable())
    with visit.app.archive.reading() as tx:
        rows, following = finding.found(tx, words, states, visit.who.may_see_persons, after or None, PAGE)
        names = names_of(tx, [row["id"] for row in rows], visit.who.may_see_persons)
        items = [views.listed(row, None) for row in rows]
    shown: dict[str, Any] = {
        "items": items,
        "names": names,
        "next": following,
        "after": after,
        "q": words.strip(),
    }  # Any: what the page shows
    return show(visit, "web/leads.html", state=states[0] if states else "", **shown)


@router.get("/leads/{id}")
def one(id: Id, visit: Reader, show_only: Words = "everything", all: bool = False) -> Response:
    return _page(visit, id, show_only if show_only in FILTERS else "everything", all)


def _page(
    visit: Visit, id: str, kinds: str = "everything", is_all: bool = False, status: int = 200, **more: Any
) -> Response:
    """Any: what a form that was refused said, and why"""
    lead = leads.lead(id, visit.app, visit.who)
    with visit.app.archive.reading() as tx:
        lead_id = archive_reading.find(tx, id)
        is_theirs = _may_take_back(visit, tx, lead_id)
        beside = {
            "handoffs": [*reversed(sales_reading.handoffs_of(tx, lead_id))],
            "task": sales_reading.open_task(tx, lead_id),
            "criteria": _criteria(visit, tx, lead_id, lead["verdict"]["criteria"]),
            "over": pauses.over(tx, lead_id, visit.times.now),
            "scopes": changes.Teller(visit.release, visit.times),
        }
    story = _story(visit, id, lead["facts"], kinds)
    shown = {
        "lead": lead,
        "buyer": visit.times.of(lead["time_zone"]),
        "upcoming": touch_title(visit.release, lead["next"]["touch"]) if lead["next"]["touch"] else None,
        "days": _by_day(visit, story if is_all else story[:STORY]),
        "has_more": len(story) > STORY and not is_all,
        "kinds": kinds,
        "filters": FILTERS,
        "actions": list(_actions(visit, lead["state"], lead["paused_until"], is_theirs)),
        "support": _support(visit, lead),
        **giving(visit, lead),
        "groups": _groups(lead["facts"]),
        "reasons": acting.reasons_on(visit.release),
        "given": {},
        "problem": None,
        "failed": None,
    }
    return show(visit, "web/lead.html", status, **{**beside, **shown, **more})


def _criteria(visit: Visit, tx: Tx, lead_id: UUID, judged: list[Json]) -> list[Json]:
    ctx = leads.context(tx, visit.app.archive, lead_id)
    known = around(tx, lead_id, visit.who.may_see_persons)
    records = evidence(tx, ctx, known, {id for one in judged for id in one["evidence"]})
    said = denied(tx, ctx, judged, records)
    judged = [{**one, "denied": said.get(one["id"])} for one in judged]
    return proofs.proven(ctx, judged, {id: records.of(id) for id in records.rows})


def _groups(facts: Json) -> dict[str, dict[str, Json]]:
    """What we know, by what it is about, in the order a person asks for it."""
    found = {title: {n: f for n, f in facts.items() if n.startswith(f"{g}.")} for g, title in GROUPS.items()}
    return {title: facts for title, facts in found.items() if facts}


def _story(visit: Visit, id: str, facts: Json, kinds: str) -> list[Told]:
    """Newest first."""
    rows: list[Json] = []
    after: str | None = None
    while len(rows) < ALL:
        answer = leads.timeline(id, visit.app, visit.who, after, 500)
        rows += answer["items"]
        after = answer["next"]
        if after is None:
            break
    teller, wanted = Teller(visit.release, taught(facts)), FILTERS[kinds]
    return [told for row in reversed(rows) if (not wanted or row["kind"] in wanted) and (told := teller.tell(row))]


def _by_day(visit: Visit, story: Iterable[Told]) -> list[tuple[str, list[Told]]]:
    return [(day, list(told)) for day, told in groupby(story, lambda one: visit.times.heading(one.at))]


def _may_take_back(visit: Visit, tx: Tx, lead_id: UUID) -> bool:
    """Whether whoever looks decided the newest thing about this lead, and nobody outside has seen it yet."""
    facts, _ = load(tx, lead_id, lock=False)
    was, now = repairing.last_decision(tx, facts.lead), visit.app.archive.clock.now()
    if was is None or was.left_the_house or now - was.at > UNDO_WITHIN:
        return False
    return visit.who.actor == "OPS" or was.actor_id == visit.who.person


def _actions(visit: Visit, state: str, paused_until: str | None, is_theirs: bool) -> Iterator[str]:
    for command in CHANGES:
        if command in SUPPORT:
            continue
        if command == "undo":
            if is_theirs and visit.may("POST", "/api/leads/{id}/undo"):
                yield command
            continue
        if command in ("pause", "resume"):
            is_open = (paused_until is not None) == (command == "resume")
            if is_open and visit.may("POST", f"/api/leads/{{id}}/{command}"):
                yield command
        elif command in ANYTIME:
            if visit.may(*_route(command)):
                yield command
        elif visit.can(state, command, f"/api/leads/{{id}}/{command}"):
            yield command


def _support(visit: Visit, lead: Json) -> Json | None:
    """What a salesperson may let go out in their name, while somebody has the lead; and whether whoever looks may."""
    if State(lead["state"]) not in SUPPORTED:
        return None
    found = support.support(lead["id"], visit.app, visit.who)
    is_theirs = visit.who.person == lead["owner"]
    return {
        **found,
        "may_allow": is_theirs and visit.may(*_route("support")),
        "may_end": (is_theirs or visit.who.actor != "REP") and visit.may(*_route("end_support")),
    }


def _route(command: str) -> tuple[str, str]:
    return "PATCH" if command == "tell" else "POST", ROUTES.get(command, f"/api/leads/{{id}}/{command}")


@router.get("/leads/{id}/{command}")
def back(id: Id, command: str, visit: Visiting) -> Response:
    """Somebody reloads the answer to a form that was refused."""
    return onward(address("leads", id))


@router.post("/leads/{id}/{command}")
def change(id: Id, command: str, form: Forms) -> Response:
    do = CHANGES.get(command)
    if do is None:
        raise MissingError(f"there is nothing called {command} that could be done with a lead")

    def again(problem: str, status: int) -> Response:
        return _page(form.visit, id, status=status, problem=problem, failed=command, given=form.given)

    return acting.perform(
        form, _route(command)[1], command, lambda call: do(id, form, call), address("leads", id), again
    )
