"""Pages for buyers: plain HTML and CSS that read well on a phone and need no script. Those for our own people are in
`api/web`."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from api.services import Running

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
LINKS = ("/u/", "/a/", "/c/", "/h/")
"""Addresses opened from mails: whatever goes wrong there is told as a page."""


def environment() -> Environment:
    return Environment(
        loader=PackageLoader("api"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def page(app: Running, template: str, status: int = 200, **values: object) -> Response:
    return HTMLResponse(app.pages.get_template(template).render(values), status, HEADERS)
