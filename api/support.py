"""Sales support: mail in a salesperson's name to a lead they have, seen before it is allowed and taken back at once."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import JSONResponse

from api import bodies, views
from api.calls import App, Call, Calling, Done, Id, Who
from api.leads import context
from api.roles import Principal
from api.services import Running
from api.views import Json
from domain import supporting
from domain.context import Context
from domain.letters import Letter
from domain.supporting import Nothing
from domain.track import Track
from mail.errors import MailError
from mail.markdown import MailLink
from mail.templates import compile_mail
from storage import reading, sending
from storage import supporting as storing
from storage.archive import Tx
from storage.people import Decided

router = APIRouter(prefix="/api/leads", tags=["leads"])
NOBODY = UUID(int=0)


@router.get("/{id}/support", summary="What would go out in the salesperson's name, when, and what stands in the way")
def support(id: Id, app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        lead_id = reading.find(tx, id)
        ctx, last = context(tx, app.archive, lead_id), storing.allowed(tx, lead_id)
        tracks = [_track(tx, app, who, ctx, track) for track in supporting.tracks(ctx)]
    allowed = ctx.lead.support
    since = {"by": last["actor_id"], "at": views.at(last["at"])} if allowed and last else None
    return {
        "lead": str(lead_id),
        "allowed": allowed,
        "since": since,
        "owner": ctx.lead.owner,
        "tracks": tracks,
    }


OWN_LINK = "(a link of their own)"
"""To unsubscribe, in the words of a mail that is not sent: nobody but its reader may follow it."""


def _track(tx: Tx, app: Running, who: Principal, ctx: Context, track: Track) -> Json:
    """`next` as everywhere, with the mail as it would be; `why_not` when nothing is sent as things stand."""
    found = supporting.if_allowed(ctx, track)
    quiet = track.quiet_time or ctx.release.defaults.quiet_time
    shown: Json = {"id": track.id, "title": track.title, "quiet_days": quiet.days, "next": None, "why_not": None}
    if isinstance(found, Nothing):
        return {**shown, "why_not": found.why}
    step = views.next_step(found.id, found.verb.value, found.due_at.isoformat(), found.reason)
    return {**shown, "next": {**step, **(_mail(tx, app, ctx, track, step["touch"]) if who.may_see_persons else {})}}


def _mail(tx: Tx, app: Running, ctx: Context, track: Track, touch: str) -> Json:
    """Its words as of now; a mail that could not be written says what is missing."""
    letter = sending.letter(tx, ctx, track, track.touches[touch].version_for(ctx.lead.id), NOBODY, "")
    postal, company = letter.postal_address, letter.company
    try:
        template = compile_mail(letter.subject, letter.body, letter.preheader, letter.path)
        mail = template.render(letter.values, _plainly(letter), OWN_LINK, postal, company, letter.language)
    except MailError as error:
        return {"problem": str(error)}
    return {"from": letter.sender_name, "subject": mail.subject, "text": mail.text}


def _plainly(letter: Letter) -> Callable[[MailLink], str]:
    """Where a link leads, not counted as anybody's click."""
    return lambda link: letter.assets.get(link.target, link.target)


@router.post("/{id}/support", summary="Let it go out in my name; off until its salesperson says so")
def allow(id: Id, call: Calling, body: bodies.Support = bodies.THE_ONE) -> JSONResponse:
    def change(tx: Tx) -> Done:
        who = call.who
        decided = storing.allow(tx, call.archive, reading.find(tx, id), body.track, who.actor, who.actor_id)
        return _done(tx, call, decided)

    return call.perform(change)


@router.post("/{id}/support/end", summary="No more of it, from this moment on")
def end(id: Id, call: Calling) -> JSONResponse:
    def change(tx: Tx) -> Done:
        decided = storing.end(tx, call.archive, reading.find(tx, id), call.who.actor, call.who.actor_id)
        return _done(tx, call, decided)

    return call.perform(change)


def _done(tx: Tx, call: Call, decided: Decided) -> Done:
    row = reading.lead(tx, decided.lead_id)
    allowed = context(tx, call.archive, decided.lead_id).lead.support
    return Done({**views.short(row), "support": allowed}, decided.wake)
