"""Putting a page for our own people together: its frame, what happened to the last form, and the headers."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

from jinja2 import Environment
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.services import Running
from api.web import words
from api.web.visiting import Visit, fresh_once

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # not no-referrer: with that a browser hides the Origin of our own forms too
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}
DONE: Mapping[str, str] = {
    "accept": "Accepted. The clock for the first contact is running.",
    "reject": "Refused. Thank you for the reason: it improves what you get.",
    "attempt": "Noted.",
    "qualify": "Qualified. Well done.",
    "opportunity": "An opportunity. The next thing we hear is a proposal, or a sign of life within 60 days.",
    "proposal": "Noted: the offer is in their hands.",
    "won": "Won. Congratulations!",
    "lost": "Noted as lost. Thank you for the reason.",
    "rescope": "Back to the opportunity.",
    "feedback": "Thank you. It is counted where the definition stands.",
    "feedback-yes": "Changed to Yes. Thank you.",
    "feedback-partly": "Changed to Partly. Thank you.",
    "feedback-no": "Changed to No. Thank you.",
    "debrief": "Thank you. It is counted where the definition stands.",
    "recycle": "Back to nurture, with what you learned.",
    "disqualify": "Disqualified. Nobody will write to them again.",
    "note": "The note is on the lead's timeline.",
    "pause": "Paused: no sends until then.",
    "resume": "The pause is over.",
    "promote": "Promoted: on its way to sales.",
    "enrol": "On the track from now on.",
    "assign": "Offered to that salesperson.",
    "withdraw": "Taken back from sales.",
    "undo": "Taken back, as if it had not been.",
    "reopen": "Reopened.",
    "support": "Allowed. Nothing goes out before the time below.",
    "end_support": "No more mail goes out in your name to this lead.",
    "tell": "Noted, with you as the source.",
    "done": "Done. Thank you.",
    "skip": "Skipped. The lead goes on without it.",
    "sign": "Signed. Your name stands under it.",
    "publish": "Live. Leads whose next step is another one now are being told.",
    "rollback": "Taken back. What was live before is live again.",
    "reassign": "With that salesperson from now on.",
    "change": "Changed.",
    "away": "Noted. Others take over what was said.",
    "back": "Welcome back.",
    "reassign-all": "Everything is in other hands now.",
    "queue-attempt": "Noted.",
    "queue-skip": "Skipped. You will not see it again for a while.",
    "queue-release": "Back in the queue.",
    "queue-call": "Yours as long as a call may take.",
    "resend": "On its way again, within seconds.",
    "enable": "On again. What waited goes out now.",
    "signed-out": "You are signed out.",
}


def prepare(environment: Environment) -> Environment:
    environment.filters["spoken"] = words.spoken
    environment.filters["fact_value"] = words.value
    environment.globals["words"] = words
    return environment


def show(visit: Visit, template: str, status: int = 200, **values: object) -> Response:
    done = DONE.get(visit.request.query_params.get("done", ""))
    frame = {"visit": visit, "times": visit.times, "release": visit.release, "done": done, "once": fresh_once()}
    return bare(visit.app, template, status, **{**frame, **values})


def bare(app: Running, template: str, status: int = 200, **values: object) -> Response:
    """A page for somebody who has not signed in."""
    return HTMLResponse(app.pages.get_template(template).render(values), status, dict(HEADERS))


def address(kind: str, id: str) -> str:
    """Of a lead, task or handoff; another system's id may hold anything."""
    return f"/{kind}/{quote(id, safe=':')}"


def onward(path: str, done: str | None = None) -> Response:
    """After a form: the page it belongs to, so that going back or reloading sends nothing again."""
    return RedirectResponse(f"{path}?done={done}" if done else path, 303, {"Cache-Control": "no-store"})
