"""What was refused, in the words of the page that asked for it: its labels and buttons, and names instead of codes.

The API's own sentences stay as they are; this is the one place where a page says them differently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from api.web import words
from api.web.visiting import Posted
from domain.errors import InvalidError, NeedsError, NotNowError, NurtureError, RefusedError
from domain.release import Release

FIELDS: Mapping[str, str] = {
    "amount": "“What is it worth?” needs an amount above zero, such as 12500 or 12.50",
    "currency": "“Currency” needs the three letters of one that is in use, such as USD or EUR",
    "close_on": "“When do you expect it to close?” needs a day from today on, within ten years",
    "forecast": "“How sure is it?” has no answer yet",
    "callback_at": "“Call them back” needs a time to come, or nothing where none was agreed",
    "meeting_at": "“Meeting” needs a time to come, or nothing where none is booked",
    "minutes": "“Minutes” is how long it took, from 0 to 1440",
    "minutes_saved": "“Minutes it saved you” is a whole number from 0 to 480",
    "resume_on": "“When should we be back?” needs a day to come",
    "until": "choose a day to come, within the next two years",
    "outcome": "choose what happened",
    "reason": "“Why?” has no answer yet: choose one",
    "primary": "“What decided it?” has no answer yet",
    "email": "“Email” needs a whole address, as ana@site.example",
}
"""By the name of an input, which is that of the API's field: what the page asks for there."""
NEEDS: Mapping[str, str] = {
    "note": "what was said",
    "criterion": "what of our agreement is not met",
    "resume_on": "a day to come when we should be back",
    "referral": "whom we should ask instead",
    "competitor": "which competitor",
}
"""What a reason takes besides, by the names reasons.yaml uses."""
COMMANDS = ("/api/", "nurture ")
"""Begin what a program or a terminal would do next; a page has a button for it."""


class AskedError(InvalidError):
    """Refused by the page itself, and said in its words already."""


def told(error: NurtureError, form: Posted) -> str:
    """One sentence, or two, with a capital at the beginning and nothing of the API's in it."""
    found = _in_words(error, form.visit.release, form)
    return found[:1].upper() + found[1:]


def _in_words(error: NurtureError, release: Release, form: Posted) -> str:
    if isinstance(error, AskedError):
        return error.sentence
    if isinstance(error, NotNowError):
        return _not_now(error)
    if isinstance(error, NeedsError):
        return _needs(error, release)
    if isinstance(error, InvalidError):
        return _invalid(error, release, form)
    return _named(_without_commands(error), release)


def _not_now(error: NotNowError) -> str:
    state = words.STATES.get(error.state, error.state)
    legal = [name for name in words.DECISIONS if name in error.legal]
    titles = [f"“{words.decision(name, error.state)}”" for name in legal]
    wanted = words.decision(error.command, error.state) or words.spoken(error.command)
    can = f"possible is {', '.join(titles)}" if titles else "there is nothing for you to decide"
    return f"“{wanted}” is not possible now: this lead is “{state}”, and {can}"


def _needs(error: NeedsError, release: Release) -> str:
    reasons = release.reasons
    known = {**reasons.loss, **reasons.disqualify, **reasons.recycle, **reasons.reject}.get(error.reason)
    title = known.say if known else words.spoken(error.reason)
    if error.field == "effort":
        return f"“{title}” takes {error.more.replace('so far 0 on 0 over 0', 'so far there was none')}"
    least = f", in at least {error.least} characters" if error.least else ""
    return f"“{title}” needs {NEEDS.get(error.field or '', error.more)}{least}"


def _invalid(error: InvalidError, release: Release, form: Posted) -> str:
    field = error.field or ""
    if field == "learned":
        return _unconfirmed(error, release)
    if field == "contradicted" and (both := release.fields.get(error.sentence.partition(" ")[0])):
        return f"“{both.say}” is ticked as right and as wrong; tick one of them"
    if declared := release.fields.get(field):
        rest = error.sentence.removeprefix(field).strip()
        return f"“{declared.say or words.spoken(field)}” {rest}"
    if field in ("amount", "currency") and not form["amount"]:
        return FIELDS["amount"]
    return FIELDS.get(field.rpartition(".")[2]) or _named(error.sentence.removesuffix(f": {field}"), release)


def _unconfirmed(error: InvalidError, release: Release) -> str:
    says = error.sentence.partition("; ")[0]
    for name in release.definition.qualify_needs:
        says = says.replace(f" ({name})", "")
    return f"{says}. Tick what you heard again, or choose what it is"


def _without_commands(error: NurtureError) -> str:
    kept = [part for part in error.sentence.split("; ") if not any(begin in part for begin in COMMANDS)]
    then = ". Take the next one" if isinstance(error, RefusedError) and error.legal == ("next",) else ""
    return "; ".join(kept) + (then if len(kept) < len(error.sentence.split("; ")) else "") or error.sentence


def _named(sentence: str, release: Release) -> str:
    """States, people and the reason in brackets by what they are called."""
    names = {**words.STATES, **{id: person.name for id, person in release.people.items()}}
    states = re.sub(r"\b[A-Z]{3,}(_[A-Z]+)*\b", lambda found: names.get(found[0], found[0]), sentence)
    people = re.sub(r"(?<=with )[\w.-]+", lambda found: names.get(found[0], found[0]), states)
    reasons = release.reasons
    says = {code: one.say for known in (reasons.loss, reasons.recycle, reasons.reject) for code, one in known.items()}
    return re.sub(r"(?<=, )\w+(?=\))", lambda found: says.get(found[0], found[0]), people)
