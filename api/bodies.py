"""What requests may hold. Strict: an unknown field is an error, and so is a value of another kind."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

DEEPEST = 4
Code = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=255)]
Words = Annotated[str, Field(max_length=20_000)]
Raw = dict[str, Any]  # Any: checked against lead_defs/fields.yaml, like everything anybody says about a lead


def _moment(value: object) -> object:
    """A day, meaning its beginning in UTC, or an instant with its zone."""
    if not isinstance(value, str) or len(value) > 40:
        raise ValueError("write a day like 2027-03-31, or an instant with its zone like 2027-03-31T09:00:00Z")
    try:
        if len(value) == 10:
            return datetime.combine(date.fromisoformat(value), time.min, UTC)
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError
        return at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("write a day like 2027-03-31, or an instant with its zone like 2027-03-31T09:00:00Z") from None


Moment = Annotated[datetime, BeforeValidator(_moment, json_schema_input_type=str)]


def _refuse_strange(value: object, depth: int = 0) -> None:
    """NUL and half characters cannot be stored everywhere, NaN cannot be answered, and nothing here is deep."""
    if isinstance(value, str):
        if "\0" in value or any("\ud800" <= c <= "\udfff" for c in value):
            raise ValueError("a text holds a character that cannot be stored (NUL, or half of a pair); delete it")
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("a number must be finite")
    elif isinstance(value, Mapping | list):
        if depth >= DEEPEST:
            raise ValueError("this is nested deeper than anything here needs")
        for key, inner in value.items() if isinstance(value, Mapping) else enumerate(value):
            _refuse_strange(key, depth + 1)
            _refuse_strange(inner, depth + 1)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:  # Any: as somebody sent it
        _refuse_strange(data)
        return data


class External(Body):
    """What another system calls the lead."""

    system: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    id: Name


class Consent(Body):
    basis: Code
    text: Words | None = None


class Groups(Body):
    """Values by group: `{"lead": {"first_name": "Ana"}, "company": {"dock_doors": 12}}`."""

    lead: Raw = {}
    company: Raw = {}
    inquiry: Raw = {}
    fact: Raw = {}

    @property
    def values(self) -> Raw:
        groups = {"lead": self.lead, "company": self.company, "inquiry": self.inquiry, "fact": self.fact}
        return {f"{group}.{name}": value for group, fields in groups.items() for name, value in fields.items()}


class NewLead(Groups):
    email: Annotated[str, Field(max_length=1000)]
    offering: Code | None = None
    origin: Code = "api"
    external: External | None = None
    consent: Consent | None = None
    opted_out: bool = False
    do_not_call: bool = False
    event: Code | None = None


class Note(Body):
    text: Annotated[Words, Field(min_length=1)]


class Event(Body):
    """Something the lead did. `id` makes it one event however often it is sent."""

    name: Code
    id: Name | None = None
    source: Code | None = None
    at: Moment | None = None
    human: Literal["human", "machine", "unknown"] = "human"
    fact: Raw = {}
    words: Words | None = None


class AnyonesEvent(Event):
    """Whose it is: one of `lead`, `external`, `email`, tried in this order."""

    lead: Code | None = None
    external: External | None = None
    email: Annotated[str, Field(max_length=1000)] | None = None


class Pause(Body):
    until: Moment


class Reasoned(Body):
    """A decision in words: a reason of reasons.yaml where one is needed, a note for everyone, facts learned."""

    reason: Code | None = None
    note: Words | None = None
    learned: Raw = {}


class Enrol(Reasoned):
    track: Code
    stage: Code | None = None


class Merge(Reasoned):
    """`into` is the lead that stays: its id, or `<system>:<external id>`."""

    into: Name


class Correct(Reasoned):
    to: Code
    ticket: Code
    rep: Code | None = None


class Retract(Reasoned):
    """`source` and `id` of the event as it was told."""

    source: Code
    id: Name


class PauseOf(Body):
    """`scope` is everything, track:<id>, company:<domain> or list:<origin of the leads>."""

    scope: Name
    until: Moment
    note: Words = ""


class PauseEnd(Body):
    scope: Name


class Opportunity(Body):
    """As another system knows it now; whose it is by `lead`, or by the company's domain."""

    status: Literal["open", "won", "lost", "withdrawn"]
    lead: Name | None = None
    company: Name | None = None
    stage: Code | None = None
    amount: Annotated[float, Field(ge=0, lt=1e12)] | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    close_on: date | None = None
    forecast: Code | None = None
    owner: Code | None = None
    origin: Literal["marketing", "sales", "partner", "referral", "unknown"] = "unknown"


class Support(Body):
    """Which sales support track; there is no need to say where there is one."""

    track: Code | None = None


class Assign(Reasoned):
    rep: Code


class Referral(Body):
    """Whom to ask instead. With an address this person becomes an inquiry of their own."""

    email: Annotated[str, Field(max_length=1000)] | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    title: Name | None = None
    phone: Name | None = None


class Attempt(Body):
    """One try to reach the buyer; what was agreed on lies ahead."""

    outcome: Code
    channel: Code = "phone"
    minutes: float | None = None
    callback_at: Moment | None = None
    meeting_at: Moment | None = None
    note: Words | None = None


class Feedback(Body):
    """What the packet was worth: one tap, everything else if they like. What is left out stays as it was."""

    helpful: Literal["yes", "partly", "no"] | None = None
    why: Words | None = None
    what_else_should_we_do: Words | None = None
    what_should_we_have_asked: Annotated[list[Code], Field(max_length=50)] | None = None
    asked_words: Words | None = None
    what_should_we_stop: Words | None = None
    accuracy: dict[Code, Literal["right", "wrong", "unsure"]] | None = None
    minutes_saved: Annotated[int, Field(ge=0, le=480)] | None = None
    for_rep: Code | None = None


class Debrief(Body):
    """Why a deal was won or lost, asked by somebody who did not sell it."""

    primary: Code
    secondary: Code | None = None
    competitor: Words | None = None
    decision_trigger: Words | None = None
    who_decided: Words | None = None
    nearly_stopped: Words | None = None
    predicted: Annotated[list[Code], Field(max_length=50)] = []
    misled: Annotated[list[Code], Field(max_length=50)] = []
    touches_remembered: Annotated[list[Code], Field(max_length=100)] = []
    message_landed: Words | None = None
    message_flat: Words | None = None
    change: Words | None = None
    owner: Code | None = None


class Decision(Reasoned):
    """A salesperson's decision. `offer` is the number of the offer it answers; `for_rep` is whom a manager or
    operations enter it for. One call after one telephone call: a decision may bring its `attempt`, an attempt what
    comes `then`, and the last of them the `feedback`; all of it is one change.
    """

    for_rep: Code | None = None
    offer: int | None = Field(default=None, ge=1, le=1_000_000)
    criterion: Code | None = None
    resume_on: Moment | None = None
    stage: Code | None = None
    outcome: Code | None = None
    channel: Code | None = None
    minutes: float | None = None
    callback_at: Moment | None = None
    meeting_at: Moment | None = None
    confirmed: Annotated[list[Code], Field(max_length=50)] = []
    contradicted: Annotated[list[Code], Field(max_length=50)] = []
    referral: Words | Referral | None = None
    competitor: Words | None = None
    amount: Annotated[float, Field(gt=0, lt=1e12)] | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] | None = None
    close_on: date | None = None
    forecast: Code | None = None
    attempt: Attempt | None = None
    then: Then | None = None
    feedback: Feedback | None = None


class Then(Decision):
    """The decision that follows at once; whose it is and which offer it answers was said before."""

    command: Literal["qualify", "opportunity", "proposal", "won", "lost", "recycle", "disqualify"]


class TaskEnd(Body):
    outcome: Code
    facts: Raw = {}
    words: Words | None = None
    until: Moment | None = None
    reason: Code | None = None


class Skip(Body):
    reason: Words | None = None


class RepChange(Body):
    """What is left out stays as it is."""

    capacity: int | None = None
    weight: float | None = None
    is_active: bool | None = None
    hours: Code | None = None
    zone: Code | None = None
    holidays: Code | None = None
    """A country like US, or a part of one like DE-BY."""
    away_until: Moment | None = None


class Away(Body):
    until: Moment | None
    in_hand: Literal["untouched", "everything", "nothing"] = "untouched"
    """What others take over: leads nobody has tried yet, all of them, or none."""


class ReassignAll(Body):
    reason: Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Keep(Body):
    is_calling: bool = False


NOTHING_MORE, NO_REASON, NO_WORDS, STILL_HERE, THE_ONE = Decision(), Reasoned(), Skip(), Keep(), Support()
"""For requests whose body may be left out; they are frozen."""
