"""Releases over HTTP: propose files, see what they would do to leads on the way, sign, make live, take back."""

from __future__ import annotations

from threading import Thread
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import JSONResponse

from api import publications
from api.bodies import Body, Code
from api.calls import App, Call, Calling, Done, Id, Who
from api.roles import Principal
from api.services import Running
from api.views import Json
from authoring.load import FOLDERS, MOST_FILES
from commands.releasing import checked, publish_in
from domain.errors import ConflictError, ForbiddenError, InvalidError
from storage import planning, publishing, releases
from storage.archive import Archive, Tx
from storage.releases import Onto

router = APIRouter(prefix="/api/releases", tags=["releases"])
MOST_LISTED = 1_000_000
MANY = 5000
"""Leads on the way from which on they are woken behind the answer."""
SHORTLY = 2.0
"""Seconds in which somebody else's plan of a small installation is done."""
Path = Annotated[str, Field(min_length=1, max_length=300)]
Hash = Annotated[str, Field(min_length=1, max_length=64)]


class Proposal(Body):
    """The texts of lead_defs/ and content/, by path."""

    files: Annotated[dict[Path, str], Field(min_length=1, max_length=MOST_FILES)]


class Signing(Body):
    """`subject`: definition or track:NAME; without one, whatever this release says. `as_`: for an admin key only."""

    subject: Annotated[str, Field(max_length=255)] | None = None
    as_: Annotated[Code | None, Field(alias="as")] = None


class Publishing(Body):
    """`onto`: what has to be live for this to go through."""

    onto: Hash | None = None
    as_: Annotated[Code | None, Field(alias="as")] = None


class Rollback(Publishing):
    to: Hash | None = None


@router.post("", status_code=201, summary="Propose files: checked, stored under their hash, live for nobody yet")
def propose(body: Proposal, call: Calling) -> JSONResponse:
    """The same files again are the same release; what is live then becomes their base."""
    _check_paths(body.files)
    release, warnings = checked(call.archive, body.files)

    def change(tx: Tx) -> Done:
        is_new = releases.propose(tx, call.archive, release, body.files, acting(call.who))
        row, live = releases.stored(tx, release.hash), releases.live_hash(tx)
        base = releases.files_of(tx, live) if live else {}
        found = {
            **publications.proposal(row, live),
            "is_new": is_new,
            "is_live": release.hash == live,
            "missing": releases.missing(tx, release),
            "changes": releases.changed_paths(base, body.files),
            "warnings": [publications.problem(each) for each in warnings],
        }
        return Done(found, status=201 if is_new else 200)

    return call.perform(change)


def _check_paths(files: dict[str, str]) -> None:
    """The loader refuses whatever nothing reads; this is said before anything is parsed. Raises InvalidError."""
    for path in files:
        parts = path.split("/")
        if parts[0] not in FOLDERS or any(part in ("", ".", "..") for part in parts) or "\\" in path:
            raise InvalidError(
                "files are named by their path in lead_defs/ or content/, with / and without ..", "files"
            )


@router.get("", summary="What was live and when, and what is proposed")
def listed(app: App, who: Who, limit: Annotated[int, Query(ge=1, le=200)] = 50) -> Json:
    with app.archive.reading() as tx:
        return publications.listed(tx, limit)


@router.get("/{id}", summary="A release: its files, signatures, what is missing, what it changes")
def one(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        return publications.one(tx, app.archive, releases.find(tx, id))


@router.get("/{id}/plan", summary="What it would do to every lead on the way, beside what is live")
def plan(id: Id, app: App, who: Who, first: Annotated[int, Query(ge=0, le=MOST_LISTED)] = publications.FIRST) -> Json:
    """Missing signatures are taken as given, and named. Takes a minute for a hundred thousand leads, and is made
    one at a time: who asks meanwhile is refused (409) and asks again."""
    return planned(app, id, first)


def planned(app: Running, given: str, first: int = publications.FIRST) -> Json:
    """Raises ConflictError while another plan goes on."""
    if not app.planning.acquire(timeout=SHORTLY):
        raise ConflictError("another plan is being made just now, and one at a time is enough; ask again in a minute")
    try:
        return _planned(app.archive, given, first)
    finally:
        app.planning.release()


def _planned(archive: Archive, given: str, first: int) -> Json:
    with archive.reading() as tx:
        hash = releases.find(tx, given)
        release, old = archive.release(tx, hash), planning.live_side(tx)
        missing, files = releases.missing(tx, release), releases.files_of(tx, hash)
        undoes = releases.undone(tx, files)
    new = planning.when_signed(release, files)
    return publications.plan(planning.plan(archive, old or new, new), first, missing, undoes)


@router.post("/{id}/sign", summary="Sign what a release says: the definition, the campaign form of a track, or all")
def sign(id: Id, body: Signing, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        release = call.archive.release(tx, releases.find(tx, id))
        who = signer(call.who, body.as_)
        subjects = [body.subject] if body.subject else list(release.form_hashes)
        fresh = [each for each in subjects if releases.sign(tx, call.archive, release, each, who, call.who.name)]
        return Done({"release": release.hash, "signed": fresh, "missing": releases.missing(tx, release)})

    return call.perform(change)


@router.post("/{id}/publish", summary="Make a release live, if what it was planned against still is")
def publish(id: Id, body: Publishing, call: Calling) -> JSONResponse:
    with call.archive.reading() as tx:
        hash = releases.find(tx, id)
        base, files = releases.stored(tx, hash)["base"], releases.files_of(tx, hash)
    release, _ = checked(call.archive, files)

    def change(tx: Tx) -> Done:
        who = signer(call.who, body.as_)
        releases.require_marketing(tx, call.archive, release, who)
        onto = Onto(releases.find(tx, body.onto)) if body.onto else None
        if onto is None and releases.live_hash(tx) != release.hash:
            releases.require_base(tx, base)
        return Done(publications.published(publish_in(tx, call.archive, release, files, who, onto, call.who.name)))

    return _then_wake(call, call.perform(change))


@router.post("/rollback", summary="Make live again what was live before")
def rollback(body: Rollback, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        onto = Onto(releases.find(tx, body.onto)) if body.onto else None
        by = body.as_ if body.as_ and call.who.role == "admin" else acting(call.who)
        release = releases.rollback(tx, call.archive, by, body.to, onto, call.who.name)
        return Done({"release": release.hash, "missing": releases.missing(tx, release)})

    return _then_wake(call, call.perform(change))


def acting(who: Principal) -> str:
    return who.person or who.name


def signer(who: Principal, given: str | None) -> str:
    """Whose name it is: that of the key, or the one an admin enters it for. Raises ForbiddenError."""
    if given and who.role == "admin":
        return given
    if given not in (None, who.person):
        raise ForbiddenError("a key signs for the person it belongs to; leave out as")
    if who.person is None:
        raise ForbiddenError(f"the key {who.name} belongs to nobody; say for whom with as (an admin key), or make one")
    return who.person


def _then_wake(call: Call, answer: JSONResponse) -> JSONResponse:
    """After the commit. What a crash leaves is taken up by the next publication, or when `up` starts again."""
    with call.archive.reading() as tx:
        is_large = planning.is_large(tx, MANY)
    if is_large:
        Thread(target=publishing.wake_concerned, args=(call.archive,), name="waking", daemon=True).start()
    else:
        publishing.wake_concerned(call.archive)
    return answer
