"""One way to change something: one transaction with its Idempotency-Key, the answer from inside it, then the wake."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Depends, Header, Path
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.roles import Principal, authenticated
from api.services import Running, running
from domain.errors import InvalidError, MissingError
from storage import idempotency
from storage.archive import Archive, Tx
from storage.idempotency import Answer
from storage.wakes import Wake


@dataclass(frozen=True)
class Done:
    """What a change answers. It is kept under its Idempotency-Key, so no words about a person belong in it."""

    body: dict[str, Any]  # Any: JSON
    wake: Wake | None = None
    status: int = 200
    more: tuple[Wake, ...] = ()
    """Of other leads that changed with it."""


@dataclass(frozen=True)
class Call:
    app: Running
    who: Principal
    key: str | None
    request_hash: str

    @property
    def archive(self) -> Archive:
        return self.app.archive

    def perform(self, change: Callable[[Tx], Done]) -> JSONResponse:
        with self.archive.begin() as tx:
            if self.key and (stored := idempotency.claim(tx, self.who.key_id, self.key, self.request_hash)):
                return JSONResponse(stored.body, stored.status, {"Idempotency-Replayed": "true"})
            done = change(tx)
            if self.key:
                idempotency.keep(tx, self.who.key_id, self.key, Answer(done.status, done.body))
        if wakes := [*filter(None, [done.wake]), *done.more]:
            self.app.services.signal(wakes)
        return JSONResponse(done.body, done.status)


async def calling(
    request: Request,
    app: Annotated[Running, Depends(running)],
    who: Annotated[Principal, Depends(authenticated)],
    idempotency_key: Annotated[str | None, Header(description="The same twice is done once")] = None,
) -> Call:
    if idempotency_key is not None and not 0 < len(idempotency_key) <= idempotency.LONGEST:
        raise InvalidError(f"an Idempotency-Key has 1 to {idempotency.LONGEST} characters", "Idempotency-Key")
    digest = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    digest.update(await request.body())
    return Call(app, who, idempotency_key, digest.hexdigest())


def path_id(id: Annotated[str, Path(max_length=1000)]) -> str:
    """The id in the address as it was meant; see middleware.WholeIds."""
    meant = unquote(id)
    if "\0" in meant:
        raise MissingError("nothing has an id with an invisible character in it")
    return meant


Calling = Annotated[Call, Depends(calling)]
App = Annotated[Running, Depends(running)]
Who = Annotated[Principal, Depends(authenticated)]
Id = Annotated[str, Depends(path_id)]
