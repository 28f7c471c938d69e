"""Who may call what: one table of every route under /api, and the person or system behind a key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException
from starlette.requests import Request

from api.services import Running, running
from domain.errors import ForbiddenError
from storage import api_keys

ALL = frozenset(api_keys.ROLES)
ENGINE = frozenset({"ops", "admin"})
STAFF = frozenset({"marketing", "nurture", "sales", "manager"}) | ENGINE
FEEDS = STAFF | {"service"}
SELLING = frozenset({"sales", "manager"}) | ENGINE
SIGNING = frozenset({"marketing", "nurture", "sales", "manager", "admin"})
PUBLISHING = frozenset({"marketing", "nurture", "admin"})
LEADING = frozenset({"manager"}) | ENGINE

ROUTES: dict[tuple[str, str], frozenset[str]] = {
    ("POST", "/api/leads"): FEEDS,
    ("GET", "/api/leads"): ALL,
    ("GET", "/api/leads/{id}"): ALL,
    ("PATCH", "/api/leads/{id}"): FEEDS,
    ("GET", "/api/leads/{id}/timeline"): ALL,
    ("POST", "/api/leads/{id}/notes"): STAFF,
    ("POST", "/api/leads/{id}/events"): FEEDS,
    ("POST", "/api/leads/{id}/pause"): FEEDS,
    ("POST", "/api/leads/{id}/resume"): FEEDS,
    ("POST", "/api/leads/{id}/promote"): frozenset({"marketing", "nurture", "admin"}),
    ("POST", "/api/leads/{id}/disqualify"): frozenset({"marketing", "nurture", "admin"}),
    ("POST", "/api/leads/{id}/enrol"): frozenset({"marketing", "admin"}),
    ("POST", "/api/leads/{id}/assign"): frozenset({"manager", "admin"}),
    ("POST", "/api/leads/{id}/reassign"): frozenset({"manager", "admin"}),
    ("POST", "/api/leads/{id}/withdraw"): frozenset({"marketing", "manager", "admin"}),
    ("POST", "/api/leads/{id}/reopen"): frozenset({"marketing"}) | ENGINE,
    ("POST", "/api/leads/{id}/recycle"): SELLING,
    ("GET", "/api/leads/{id}/support"): ALL,
    ("POST", "/api/leads/{id}/support"): frozenset({"sales", "manager"}),
    ("POST", "/api/leads/{id}/support/end"): SELLING,
    ("POST", "/api/leads/{id}/merge"): ENGINE,
    ("POST", "/api/leads/{id}/correct"): ENGINE,
    ("POST", "/api/leads/{id}/undo"): STAFF,
    ("POST", "/api/leads/{id}/retract"): frozenset({"marketing"}) | ENGINE,
    ("DELETE", "/api/leads/{id}"): ENGINE,
    ("GET", "/api/leads/{id}/export"): ENGINE,
    ("GET", "/api/pauses"): ALL,
    ("POST", "/api/pauses"): frozenset({"marketing"}) | ENGINE,
    ("POST", "/api/pauses/end"): frozenset({"marketing"}) | ENGINE,
    ("PUT", "/api/opportunities/{id}"): frozenset({"manager", "service"}) | ENGINE,
    ("POST", "/api/events"): FEEDS,
    ("GET", "/api/tasks"): ALL,
    ("GET", "/api/tasks/{id}"): ALL,
    ("POST", "/api/tasks/{id}/done"): STAFF,
    ("POST", "/api/tasks/{id}/skip"): STAFF,
    ("GET", "/api/handoffs"): ALL,
    ("GET", "/api/handoffs/{id}"): ALL,
    ("POST", "/api/handoffs/{id}/accept"): SELLING,
    ("POST", "/api/handoffs/{id}/reject"): SELLING,
    ("POST", "/api/handoffs/{id}/attempt"): SELLING,
    ("POST", "/api/handoffs/{id}/qualify"): SELLING,
    ("POST", "/api/handoffs/{id}/opportunity"): SELLING,
    ("POST", "/api/handoffs/{id}/proposal"): SELLING,
    ("POST", "/api/handoffs/{id}/rescope"): SELLING,
    ("POST", "/api/handoffs/{id}/won"): SELLING,
    ("POST", "/api/handoffs/{id}/lost"): SELLING,
    ("POST", "/api/handoffs/{id}/recycle"): SELLING,
    ("POST", "/api/handoffs/{id}/disqualify"): SELLING,
    ("GET", "/api/handoffs/{id}/recycle"): ALL,
    ("POST", "/api/handoffs/{id}/feedback"): SELLING,
    ("POST", "/api/handoffs/{id}/debrief"): STAFF,
    ("GET", "/api/duties"): ALL,
    ("POST", "/api/imports"): frozenset({"marketing", "nurture", "service"}) | ENGINE,
    ("GET", "/api/imports/{id}"): ALL,
    ("POST", "/api/imports/{id}/pause"): frozenset({"marketing", "nurture", "service"}) | ENGINE,
    ("POST", "/api/imports/{id}/resume"): frozenset({"marketing", "nurture", "service"}) | ENGINE,
    ("GET", "/api/endpoints"): ENGINE,
    ("POST", "/api/endpoints/{id}/enable"): ENGINE,
    ("POST", "/api/endpoints/{id}/resend"): ENGINE,
    ("GET", "/api/webhooks"): ENGINE,
    ("POST", "/api/webhooks/{id}/resend"): ENGINE,
    ("GET", "/api/received"): ENGINE,
    ("GET", "/api/tracks"): ALL,
    ("GET", "/api/definitions"): ALL,
    ("POST", "/api/releases"): SIGNING,
    ("GET", "/api/releases"): ALL,
    ("GET", "/api/releases/{id}"): ALL,
    ("GET", "/api/releases/{id}/plan"): ALL,
    ("POST", "/api/releases/{id}/sign"): SIGNING,
    ("POST", "/api/releases/{id}/publish"): PUBLISHING,
    ("POST", "/api/releases/rollback"): PUBLISHING | {"manager", "ops"},
    ("GET", "/api/reps"): ALL,
    ("PUT", "/api/reps/{id}"): LEADING,
    ("POST", "/api/reps/{id}/away"): SELLING,
    ("POST", "/api/reps/{id}/reassign"): LEADING,
    ("GET", "/api/queue"): ALL,
    ("GET", "/api/reports/promises"): ALL,
    ("GET", "/api/reports/without-attempt"): ALL,
    ("POST", "/api/queue/next"): SELLING,
    ("POST", "/api/queue/keep"): SELLING,
    ("POST", "/api/queue/skip"): SELLING,
    ("POST", "/api/queue/release"): SELLING,
}
ACTORS = {
    "sales": "REP",
    "manager": "MGR",
    "marketing": "MKT",
    "nurture": "NUR",
    "ops": "OPS",
    "admin": "OPS",
    "service": "EVT",
    "viewer": "EVT",
}
"""How the log names whoever acted."""


@dataclass(frozen=True)
class Principal:
    """Who calls: a key, its role, and the person it belongs to, if it belongs to one."""

    key_id: str
    name: str
    role: str
    person: str | None

    @property
    def actor(self) -> str:
        return ACTORS[self.role]

    @property
    def actor_id(self) -> str:
        """Raises ForbiddenError for a salesperson's key that says of nobody whose it is."""
        if self.actor == "REP" and self.person is None:
            raise ForbiddenError(
                f"the key {self.name} belongs to nobody; make one that does:"
                " nurture key create NAME --role sales --person ID"
            )
        return self.person or self.name

    @property
    def may_see_persons(self) -> bool:
        return self.role != "viewer"


def principal(app: Running, token: str) -> Principal | None:
    """Whoever this key belongs to; None for one that was revoked or never made."""
    with app.archive.reading() as tx:
        key = api_keys.find(tx, token)
    return Principal(str(key.id), key.name, key.role, key.person) if key else None


def authenticated(
    request: Request,
    given: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
    app: Annotated[Running, Depends(running)],
) -> Principal:
    """401 without a valid key, ForbiddenError for one whose role may not call this route."""
    who = principal(app, given.credentials) if given else None
    if who is None:
        sentence = "send a valid key: Authorization: Bearer nk_...; make one with: nurture key create NAME --role ROLE"
        raise HTTPException(401, sentence, {"WWW-Authenticate": 'Bearer realm="nurture"'})
    require(who, request.method, request.scope["route"].path)
    return who


def require(who: Principal, method: str, route: str) -> None:
    """Raises ForbiddenError for a role that may not call this route of the table."""
    may = ROUTES[method, route]
    if who.role not in may:
        raise ForbiddenError(f"a {who.role} key may not do this; it takes one of {', '.join(sorted(may))}")
