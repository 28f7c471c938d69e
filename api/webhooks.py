"""What went out to other systems, what is dead, and once more."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api import views
from api.calls import App, Call, Calling, Done, Id, Who
from api.leads import After, Filter, Limit
from api.views import Json
from domain.errors import MissingError
from storage import receiving, webhooks
from storage.archive import Tx
from storage.reading import uuid_of

router = APIRouter(prefix="/api", tags=["webhooks"])


@router.get("/endpoints", summary="Where something goes: whether it is on, and how many wait, are dead, were sent")
def endpoints(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        found = webhooks.endpoints(tx, app.archive.live(tx))
    return {"items": [{**one, "off_since": views.at(one["off_since"])} for one in found], "next": None}


@router.post("/endpoints/{id}/enable", summary="On again after it answered 410; what waits for it goes out")
def enable(id: Id, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        _check(tx, call, id)
        return Done({"endpoint": id, "was_off": webhooks.enable(tx, id)})

    return call.perform(change)


@router.post("/endpoints/{id}/resend", summary="Everything dead of this endpoint once more, each under its own id")
def resend_dead(id: Id, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        _check(tx, call, id)
        return Done({"endpoint": id, "resent": webhooks.resend_dead(tx, id)})

    return call.perform(change)


def _check(tx: Tx, call: Call, endpoint: str) -> None:
    if endpoint not in call.archive.live(tx).endpoints:
        raise MissingError(f"there is no endpoint {endpoint[:80]} in lead_defs/endpoints")


@router.get("/webhooks", summary="What was sent to other systems, the newest first; status=dead for what never arrived")
def listed(
    app: App,
    who: Who,
    status: Literal["waiting", "sent", "dead", "dropped"] | None = None,
    endpoint: Filter = None,
    after: After = None,
    limit: Limit = 50,
) -> Json:
    with app.archive.reading() as tx:
        rows, following = webhooks.listed(tx, status, endpoint, after, limit)
        return {"items": [views.jsonable(row, *webhooks.LISTED) for row in rows], "next": following}


@router.post("/webhooks/{id}/resend", summary="Once more from the beginning, under the same id")
def resend(id: Id, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        webhook_id = uuid_of(id)
        if webhook_id is None:
            raise MissingError("a webhook's id is a UUID; see GET /api/webhooks")
        return Done(views.jsonable(webhooks.resend(tx, webhook_id), *webhooks.LISTED))

    return call.perform(change)


@router.get("/received", summary="What other systems told us, the newest first, and what became of it")
def received(app: App, who: Who, hook: Filter = None, outcome: Filter = None, limit: Limit = 50) -> Json:
    with app.archive.reading() as tx:
        rows: list[Any] = list(receiving.listed(tx, hook, outcome, limit))  # Any: rows with columns
        names = ("hook", "event_id", "at", "lead_id", "outcome", "says")
        return {"items": [views.jsonable(row, *names) for row in rows], "next": None}
