"""Signing in with an API key, and out again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.calls import App
from api.roles import principal
from api.services import Running
from api.web.rendering import bare, onward
from api.web.visiting import LONGEST_KEY, STAYS, check_origin, cookie_name, form_of, safe_way_back

router = APIRouter(include_in_schema=False)
WRONG = "This key opens nothing here: it was revoked, belongs to another installation, or is not complete."


@router.get("/login")
def ask(request: Request, app: App, back: str = "/", done: str = "") -> Response:
    return _page(app, 200, back, None, "You are signed out." if done == "signed-out" else None)


@router.post("/login")
def sign_in(request: Request, app: App, given: Annotated[dict[str, str], Depends(form_of)]) -> Response:
    check_origin(request, app)
    key, back = given.get("key", "").strip(), safe_way_back(given.get("back", "/"))
    if not 0 < len(key) <= LONGEST_KEY or principal(app, key) is None:
        return _page(app, 401, back, WRONG, None)
    answer = onward(back)
    is_https = request.headers["origin"].startswith("https:")  # as the browser sees it, whatever stands between
    answer.set_cookie(cookie_name(request), key, STAYS, path="/", secure=is_https, httponly=True, samesite="strict")
    return answer


@router.post("/logout")
def sign_out(request: Request, app: App) -> Response:
    check_origin(request, app)
    answer = onward("/login", "signed-out")
    answer.delete_cookie(cookie_name(request), path="/", httponly=True, samesite="strict")
    return answer


def _page(app: Running, status: int, back: str, problem: str | None, done: str | None) -> Response:
    lies = app.services.admin_key
    return bare(app, "web/login.html", status, back=safe_way_back(back), problem=problem, done=done, lies=lies)
