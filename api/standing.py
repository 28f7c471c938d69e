"""What makes more than one lead stand still: pauses, and opportunities open at a company."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api import bodies
from api.calls import App, Calling, Done, Id, Who
from api.views import Json
from domain.errors import InvalidError
from domain.values import company_domain
from storage import opportunities, pauses, people, reading
from storage.archive import Tx
from storage.opportunities import Told

router = APIRouter(prefix="/api", tags=["standing still"])


@router.get("/pauses", summary="What stands still, until when, by whom and why")
def paused(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        rows = pauses.listed(tx, app.archive.clock.now())
        items = [opportunities.as_json(dict(row)) for row in rows]
    return {"items": items, "next": None}


@router.post("/pauses", status_code=201, summary="Everything, a track, a company or a list stands still until a day")
def pause(body: bodies.PauseOf, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        by = call.who.actor_id
        ran = pauses.begin(tx, call.archive, body.scope, body.until, by, body.note)
        replaced = opportunities.as_json(dict(ran)) if ran else None
        return Done({"scope": body.scope, "until": body.until.isoformat(), "by": by, "replaced": replaced}, status=201)

    return call.perform(change)


@router.post("/pauses/end", summary="Go on before its time; everybody who waited looks again")
def resume(body: bodies.PauseEnd, call: Calling) -> JSONResponse:
    by = call.who.actor_id
    return call.perform(lambda tx: Done({"scope": body.scope, "woken": pauses.end(tx, call.archive, body.scope, by)}))


@router.put("/opportunities/{id}", summary="An opportunity as another system knows it now: system:id")
def opportunity(id: Id, body: bodies.Opportunity, call: Calling) -> JSONResponse:
    system, colon, external_id = id.partition(":")
    if not colon or not external_id or not 0 < len(system) <= 64 or len(external_id) > 255:
        raise InvalidError("name it as <system>:<id>, as crm:0061", "id")
    if system == opportunities.OURS:
        raise InvalidError(f"{system} is our own; tell those through /api/handoffs", "id")

    def change(tx: Tx) -> Done:
        told = _told(tx, system, external_id, body)
        answer = {"id": id, "status": body.status, "company": told.company}
        data = body.model_dump(mode="json", exclude_none=True, exclude={"lead", "company"})
        # the lead is locked before anything that deals share, as in every decision
        sign = people.deal_told(tx, call.archive, told.lead_id, system, data) if told.lead_id else None
        is_new = opportunities.tell(tx, told, call.archive.clock.now())
        return Done(answer, sign.wake if sign else None, 201 if is_new else 200)

    return call.perform(change)


def _told(tx: Tx, system: str, external_id: str, body: bodies.Opportunity) -> Told:
    lead_id = reading.find(tx, body.lead) if body.lead else None
    company = company_domain(body.company, "") if body.company else None
    if body.company and company is None:
        raise InvalidError("company is the domain of a company, as site.example; free mail is none", "company")
    if lead_id and company is None:
        company = reading.lead(tx, lead_id)["company"]
    values = body.model_dump(exclude={"lead", "company"})
    return Told(system, external_id, lead_id=lead_id, company=company, **values)
