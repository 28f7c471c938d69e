"""Pages: plain HTML and CSS that read well on a phone and need no script."""

from __future__ import annotations

from fastapi import APIRouter
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from api.calls import App
from api.services import Running

router = APIRouter(include_in_schema=False)
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
LINKS = ("/u/", "/a/", "/c/")
"""Addresses that buyers open: whatever goes wrong there is told as a page."""


def environment() -> Environment:
    return Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def page(app: Running, template: str, status: int = 200, **values: object) -> Response:
    return HTMLResponse(app.pages.get_template(template).render(values), status, HEADERS)


@router.get("/")
def home(app: App) -> Response:
    return page(app, "home.html", version=app.services.version)
