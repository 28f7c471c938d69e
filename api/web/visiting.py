"""Who looks at a page: the key in the cookie, what its role may do, and forms that only our own pages can send.

The cookie is HttpOnly and SameSite=Strict, so another site's page can neither read it nor make a browser send it; a
POST must say besides that it comes from here (Origin), whatever an old browser thinks of cookies.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends
from starlette.datastructures import URL
from starlette.requests import Request

from api.calls import Call
from api.roles import ROUTES, Principal, principal, require
from api.services import Running, running
from api.web.words import Times
from domain import lifecycle
from domain.errors import ForbiddenError
from domain.lead import State
from domain.release import Release

STAYS = 7 * 86_400
"""Seconds the cookie lasts."""
LONGEST_KEY = 200
ONCE = "once"
SHOWS = {"/": "/api/leads", "/definition": "/api/definitions", "/team": "/api/reps"}
"""Pages whose address is not that of the API without its /api."""


class NotSignedInError(Exception):
    """Nobody is signed in: the page to come back to after signing in."""

    def __init__(self, back: str) -> None:
        super().__init__(back)
        self.back = back


@dataclass(frozen=True)
class Visit:
    request: Request
    app: Running
    who: Principal

    def may(self, method: str, route: str) -> bool:
        return self.who.role in ROUTES[method, route]

    @cached_property
    def release(self) -> Release:
        with self.app.archive.reading() as tx:
            return self.app.archive.live(tx)

    @cached_property
    def times(self) -> Times:
        """In the team's zone."""
        return Times(self.release.defaults.time_zone, self.app.archive.clock.now())

    @property
    def name(self) -> str:
        person = self.release.people.get(self.who.person or "")
        return person.name if person else self.who.name

    @property
    def sells(self) -> bool:
        """Has a queue of their own to work from."""
        return self.who.person is not None and self.may("POST", "/api/queue/next")

    @property
    def has_mails(self) -> bool:
        return self.app.services.caught is not None and self.who.may_see_persons

    def can(self, state: str, command: str, route: str) -> bool:
        """By the lifecycle table and by the table of roles; an admin may do what anybody may."""
        actor = None if self.who.role == "admin" else self.who.actor
        return self.may("POST", route) and command in lifecycle.legal(State(state), actor)


@dataclass(frozen=True)
class Posted:
    """A form, and the call that does what it asks. The same form sent twice is done once: every page puts a fresh
    mark into its forms, so what was sent is its own Idempotency-Key.
    """

    visit: Visit
    given: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""

    @property
    def call(self) -> Call:
        return Call(self.visit.app, self.visit.who, self.digest if self.given.get(ONCE) else None, self.digest)

    def __getitem__(self, name: str) -> str | None:
        return self.given.get(name, "").strip() or None


def fresh_once() -> str:
    return secrets.token_urlsafe(16)


def visiting(request: Request, app: Annotated[Running, Depends(running)]) -> Visit:
    """Raises NotSignedInError."""
    token = request.cookies.get(cookie_name(request), "")
    who = principal(app, token) if 0 < len(token) <= LONGEST_KEY else None
    if who is None:
        raise NotSignedInError(address_of(request) if request.method == "GET" else "/")
    return Visit(request, app, who)


def reader(request: Request, visit: Annotated[Visit, Depends(visiting)]) -> Visit:
    """A page shows what its route of the API answers, to the roles that may ask that."""
    path = request.scope["route"].path
    require(visit.who, "GET", SHOWS.get(path, f"/api{path}"))
    return visit


async def posted(request: Request, visit: Annotated[Visit, Depends(visiting)]) -> Posted:
    """A form of ours. Raises ForbiddenError for one that comes from elsewhere."""
    check_origin(request, visit.app)
    given = await form_of(request)
    digest = hashlib.sha256(
        f"{request.method} {request.url.path}\n{sorted(given.items())!r}".encode("utf-8", "replace")
    )
    return Posted(visit, given, digest.hexdigest())


async def form_of(request: Request) -> dict[str, str]:
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}


def check_origin(request: Request, app: Running) -> None:
    """Browsers say with every form where its page came from."""
    origin = urlsplit(request.headers.get("origin", ""))
    known = {request.headers.get("host", ""), urlsplit(app.services.base_url).netloc}
    if not origin.netloc or origin.netloc not in known:
        raise ForbiddenError("this form does not come from a page of ours; open the page again and send it from there")


def cookie_name(request: Request) -> str:
    """Cookies know no ports: two installations on one machine must not sign each other out."""
    return f"nurture_key_{request.url.port or request.url.scheme}"


def address_of(request: Request) -> str:
    query = request.scope.get("query_string", b"").decode("latin-1")
    path = quote(request.scope["path"], safe="/:%")
    return f"{path}?{query}" if query else path


def safe_way_back(given: str) -> str:
    """A page of ours, never another host: browsers read //host and /\\host as one."""
    is_ours = given.startswith("/") and given[1:2] not in ("/", "\\") and given.isprintable() and "\\" not in given
    return given if is_ours and not URL(given).netloc else "/"


Forms = Annotated[Posted, Depends(posted)]
Reader = Annotated[Visit, Depends(reader)]
Visiting = Annotated[Visit, Depends(visiting)]
