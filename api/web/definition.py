"""What both teams agreed on, and beside each criterion what sales found of it: the page on which it is discussed."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api import agreed
from api.web.rendering import show
from api.web.visiting import Reader

router = APIRouter(include_in_schema=False)


@router.get("/definition")
def page(visit: Reader) -> Response:
    (definition,) = agreed.definitions(visit.app, visit.who)["items"]
    return show(visit, "web/definition.html", definition=definition)
