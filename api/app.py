"""The HTTP side of the engine, put together from its services."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from api import (
    agreed,
    answering,
    events,
    handoffs,
    hooks,
    imports,
    leads,
    links,
    pages,
    problems,
    queue,
    repairs,
    reports,
    reps,
    standing,
    support,
    tasks,
    webhooks,
)
from api import releases as api_releases
from api.calls import App
from api.clicks import Clicks
from api.metrics import Metrics
from api.middleware import BodyLimit, Counted, WholeIds
from api.roles import ROUTES
from api.services import Running, Services
from api.web import routes
from api.web.rendering import prepare
from domain.errors import NotReadyError
from storage import releases

router = APIRouter(tags=["operations"])
ROUTERS = (
    leads.router,
    events.router,
    tasks.router,
    handoffs.router,
    handoffs.duty_router,
    agreed.router,
    repairs.router,
    standing.router,
    support.router,
    api_releases.router,
    reps.router,
    queue.router,
    reports.router,
    webhooks.router,
)


def create_app(services: Services) -> FastAPI:
    """One app over one archive. Raises RuntimeError when a route has no roles: then nobody could tell who may."""
    metrics = Metrics()
    app = FastAPI(
        title="Nurture",
        version=services.version,
        openapi_url="/api/openapi.json",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
        lifespan=_going_on,
    )
    clicks = Clicks(services.archive, services.signal, metrics)
    app.state.running = Running(services, metrics, prepare(pages.environment()), clicks)
    for each in (*ROUTERS, router, hooks.router, links.router, answering.router):
        app.include_router(each)
    routes.install(app)
    if services.uploads:
        app.state.imports = imports.Imports(services.archive, services.uploads)
        app.include_router(imports.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))
    if missing := {route for each in (*ROUTERS, imports.router) for route in _routes(each)} ^ ROUTES.keys():
        raise RuntimeError(f"api.roles and the routes differ: {sorted(missing)}")
    problems.install(app)
    app.add_middleware(WholeIds)
    app.add_middleware(BodyLimit)
    app.add_middleware(Counted, metrics=metrics)
    return app


@asynccontextmanager
async def _going_on(app: FastAPI) -> AsyncIterator[None]:
    """What an earlier process left unfinished is taken up again."""
    if hasattr(app.state, "imports"):
        await run_in_threadpool(app.state.imports.resume)
    yield


def _routes(of: APIRouter) -> Iterator[tuple[str, str]]:
    for route in of.routes:
        if isinstance(route, APIRoute):
            for method in route.methods or ():
                yield method, route.path


@router.get("/health", summary="The process answers")
def health() -> dict[str, object]:
    return {"status": "ok", "pid": os.getpid()}


@router.get("/ready", summary="The archive answers, and something is published")
def ready(app: App) -> dict[str, object]:
    try:
        with app.archive.reading() as tx:
            tx.execute(select(literal(1)))
            release = releases.live_hash(tx)
    except SQLAlchemyError:
        raise HTTPException(503, "the archive does not answer; see nurture doctor") from None
    if release is None:
        raise NotReadyError("nothing is published yet; run: nurture sign and nurture publish")
    return {"status": "ready", "release": release, "pid": os.getpid()}


@router.get("/metrics", summary="Counters for Prometheus")
def metrics(request: Request, app: App) -> Response:
    return Response(app.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
