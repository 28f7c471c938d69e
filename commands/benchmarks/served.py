"""The API as `nurture up` serves it, with one empty route beside it: the floor of a click."""

from __future__ import annotations

import uvicorn
from starlette.responses import Response

from api.app import create_app
from api.services import Services
from commands.opening import open_archive
from commands.serve import Signaller
from mail.links import Links
from settings import Settings

EMPTY = "/empty"


async def empty() -> Response:
    return Response(status_code=204)


def main() -> None:
    settings = Settings()
    archive = open_archive(settings, pool=settings.slots)
    signaller = Signaller(archive)
    signaller.start()
    app = create_app(Services(archive, Links([archive.secret], settings.public_url), signaller, settings.public_url))
    app.add_api_route(EMPTY, empty)
    uvicorn.run(app, host=settings.host, port=settings.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main()
