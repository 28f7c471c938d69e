"""What other systems tell us: POST /hooks/<name>, signed as the hook's file says, read through its mapping."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.calls import App
from api.problems import problem
from api.services import Running
from authoring.posted import Item, is_list, items_in
from domain.errors import MissingError
from domain.hooks import Hook
from hooks import signing
from storage import receiving
from storage.archive import machine_now
from storage.receiving import Decision, Outcome, Told

router = APIRouter(tags=["hooks"])
NO_SUCH = "there is no hook of this name; it is a file in lead_defs/hooks, switched on and published"


@router.post("/hooks/{name}", summary="Facts, events, opt-outs and decisions from another system, signed by it")
async def receive(name: Annotated[str, Path(max_length=64)], request: Request, app: App) -> Response:
    body = await request.body()
    return await run_in_threadpool(_receive, app, name, request, body)


def _receive(app: Running, name: str, request: Request, body: bytes) -> Response:
    with app.archive.reading() as tx:
        hook = app.archive.live(tx).hooks.get(name)
    if hook is None or not hook.on:
        raise MissingError(NO_SUCH)
    _verify(app, name, hook, request, body)
    items = items_in(hook, body, request.headers.get("webhook-id", ""))
    outcomes = [receiving.take(app.archive, _told(name, hook, item)) for item in items]
    app.services.signal([outcome.wake for outcome in outcomes if outcome.wake])
    return _answer(outcomes, is_list(hook, body))


def _verify(app: Running, name: str, hook: Hook, request: Request, body: bytes) -> None:
    """Raises SignatureError; NotReadyError when nobody has set the secret."""
    secrets = app.services.secrets(hook.secret or name)
    headers = {key.lower(): value for key, value in request.headers.items()}
    if hook.verify == "standard":
        signing.verify_standard(secrets, headers, body, machine_now())
    elif hook.verify == "header":
        signing.verify_header(secrets, headers, hook.header)
    else:
        # Behind a proxy the request has another host and scheme than the address that was called and signed.
        query = request.scope["query_string"].decode("latin-1")
        path = request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0] or request.url.path
        url = app.services.base_url + path + (f"?{query}" if query else "")
        signing.verify_hubspot(secrets, headers, request.method, url, body, machine_now())


def _told(name: str, hook: Hook, item: Item) -> Told:
    return Told(
        hook=name,
        system=hook.system or name,
        event_id=item.id,
        at=receiving.moment(item.at) if item.at else None,
        lead=item.lead,
        external=item.external,
        email=item.email,
        enrols=hook.unknown == "enrol",
        trust=hook.trust,
        facts=item.facts,
        event=item.rule.event,
        opts_out=item.rule.opt_out,
        has_bounced=item.rule.bounced,
        decisions=[Decision(command, given) for command, given in item.decisions],
        deal=item.deal,
        is_ignored=item.is_ignored,
    )


def _answer(outcomes: list[Outcome], is_several: bool) -> Response:
    """A sender of one hears what is wrong with it. Of several it must not send all again because of one."""
    if not is_several and outcomes[0].status >= 400:
        return problem(outcomes[0].status, outcomes[0].what, outcomes[0].says or "")
    items: list[dict[str, Any]] = [{"outcome": each.what, **_more(each)} for each in outcomes]  # Any: JSON
    return JSONResponse({"items": items} if is_several else items[0])


def _more(outcome: Outcome) -> dict[str, str]:
    lead = {"lead": str(outcome.lead_id)} if outcome.lead_id else {}
    return lead | ({"says": outcome.says} if outcome.says else {})
