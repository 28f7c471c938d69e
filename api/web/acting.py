"""Forms into the API's own requests: the same bodies, the same functions, the same answers, told as a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from pydantic import ValidationError
from starlette.responses import JSONResponse, Response

from api.bodies import Body, Decision
from api.calls import Call
from api.problems import says
from api.roles import LEADING, require
from api.web import numbers, refusals
from api.web.rendering import onward
from api.web.visiting import Posted
from domain import lifecycle
from domain.calendar import zone
from domain.definition import FieldDef
from domain.errors import InvalidError, NurtureError
from domain.lead import State
from domain.policies import Reason
from domain.release import Release
from storage.reading import Row

B = TypeVar("B", bound=Body)
METHODS = {"tell": "PATCH", "change": "PUT"}
"""Of the API's routes, by what a form does; a POST otherwise."""
FACT, CONFIRMED, WRONG = "fact:", "confirmed:", "wrong:"
"""Begin the names of inputs that tell a fact, that say a known one was heard again, or was wrong."""


def perform(
    form: Posted,
    route: str,
    command: str,
    change: Callable[[Call], JSONResponse],
    page: str,
    again: Callable[[str, int], Response],
) -> Response:
    """Do it and go back to `page`; what is refused is said on the page `again` shows, with what was typed."""
    require(form.visit.who, METHODS.get(command, "POST"), route)
    try:
        change(form.call)
    except NurtureError as error:
        return again(refusals.told(error, form), error.status)
    return onward(page, command)


def filled(kind: type[B], values: Mapping[str, object]) -> B:
    """The request's body; what is empty is left out. Raises InvalidError as the API would answer."""
    given = {name: value for name, value in values.items() if value not in (None, "", {}, [])}
    return read(kind, given)


def read(kind: type[B], values: Mapping[str, object]) -> B:
    """The same with what is empty left as it is: there it says something."""
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidError(f"{field.replace('_', ' ')}: {says(first)}" if field else says(first), field) from None


def facts(form: Posted) -> dict[str, str]:
    found = {name.removeprefix(FACT): form[name] for name in form.given if name.startswith(FACT)}
    fields = form.visit.release.fields
    return {name: _told(fields.get(name), name, value) for name, value in found.items() if value}


def _told(field: FieldDef | None, name: str, value: str) -> str:
    return numbers.number(value, name) if field and field.type == "number" else value


def chosen(form: Posted, *names: str) -> dict[str, str | None]:
    """The reason, and what its own inputs say: they are named `note.bad_timing`, so others' stay out of it."""
    reason = form["reason"]
    return {"reason": reason, **{name: form[f"{name}.{reason}"] or form[name] for name in names}}


def decision(form: Posted, command: str, row: Row, offer: int | None) -> Decision:
    """A salesperson's own, or entered for the one who has the lead by somebody who leads."""
    if form["outcome"] == "meeting_booked" and not form["meeting_at"]:
        raise refusals.AskedError(
            "when is it? Say so under “Meeting”, then choose “Booked a meeting” again", "meeting_at"
        )
    who = form.visit.who
    is_for_rep = who.role in LEADING and command not in lifecycle.legal(State(row["state"]), who.actor)
    names = (
        "outcome", "channel", "minutes", "callback_at", "meeting_at", "stage", "amount", "currency", "close_on",
        "forecast",
    )  # fmt: skip
    said = {
        **chosen(form, "note", "criterion", "resume_on", "competitor"),
        **{name: form[name] for name in names},
        "amount": numbers.amount(form["amount"], form["currency"]),
        **{name: _moment(form, name) for name in ("callback_at", "meeting_at")},
        "referral": group(form, f"referral.{form['reason']}."),
        "attempt": _attempt(form),
        "feedback": group(form, "feedback."),
        "confirmed": [name.removeprefix(CONFIRMED) for name in form.given if name.startswith(CONFIRMED)],
        "contradicted": [name.removeprefix(WRONG) for name in form.given if name.startswith(WRONG)],
        "learned": facts(form),
        "offer": offer,
        "for_rep": row["owner"] if is_for_rep else None,
    }
    return filled(Decision, said)


def group(form: Posted, prefix: str) -> dict[str, str]:
    """Inputs that belong together, by what follows the prefix; an empty one is left out."""
    found = {name.removeprefix(prefix): form[name] for name in form.given if name.startswith(prefix)}
    return {name: value for name, value in found.items() if value}


def _attempt(form: Posted) -> dict[str, str]:
    """The call that led to the decision, where its outcome was chosen: the other inputs alone say nothing."""
    found = group(form, "attempt.")
    return found if found.get("outcome") else {}


def _moment(form: Posted, name: str) -> str | None:
    """What a browser sends of a date and time has no zone: it is the team's. What cannot be read stays as it was."""
    given = form[name]
    try:
        local = datetime.fromisoformat(given or "")
    except ValueError:
        return given
    return (local if local.tzinfo else local.replace(tzinfo=zone(form.visit.times.zone))).isoformat()


def reasoned(form: Posted, kind: type[B], **more: object) -> B:
    """For commands of the API that take a reason, a note and what was learned."""
    said = {**chosen(form, "note"), "learned": facts(form), **more}
    return filled(kind, said)


def reasons_on(release: Release) -> dict[str, dict[str, Reason]]:
    """Those of reasons.yaml that are switched on, by decision."""
    found = release.reasons
    lists: dict[str, Mapping[str, Reason]] = {
        "reject": found.reject,
        "recycle": found.recycle,
        "disqualify": found.disqualify,
        "lost": found.loss,
    }
    return {name: {code: reason for code, reason in known.items() if reason.on} for name, known in lists.items()}
