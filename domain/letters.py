"""What it takes to write one mail: the words of the touch, what they may mention, and who writes to whom.

The only thing in the domain that holds names and an address; it lives for one send and is never stored as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from domain.context import Context
from domain.policies import Person
from domain.steps import Order
from domain.track import Touch, Track

LANGUAGE = "lead.language"


@dataclass(frozen=True)
class Letter:
    """`values` are nested: {"lead": {...}, "company": {...}, "inquiry": {...}, "fact": {...}, "sender": {...}}."""

    send_id: UUID
    touch: str
    track: str
    path: str
    subject: str
    body: str
    preheader: str | None
    values: Mapping[str, Mapping[str, object]]
    to_address: str
    to_name: str | None
    sender_name: str
    sender_address: str
    reply_to: str
    company: str
    postal_address: str
    assets: Mapping[str, str]
    """Collateral id to its https address."""
    at: datetime
    language: str = "en"
    pictures: Mapping[str, str] = field(default_factory=dict)
    """Those beside the touch: file name to content in base64."""


def write(ctx: Context, track: Track, touch: Touch, send_id: UUID, address: str, personal: Mapping[str, str]) -> Letter:
    """What a touch says to this lead: its own words plus what we know, choices in their words.

    `personal` are the texts that are kept apart from the facts, by full name.
    """
    release = ctx.release
    touch = touch.in_language(spoken_by(ctx))
    mailbox = release.person(track.sender or release.defaults.sender)
    sender = release.person(ctx.lead.owner) if track.is_support and ctx.lead.owner else mailbox
    values: dict[str, dict[str, object]] = {"lead": {}, "company": {}, "inquiry": {}, "fact": {}}
    for name, known in ctx.facts.known.items():
        group, _, key = name.partition(".")
        options = release.fields[name].options if name in release.fields else {}
        values.setdefault(group, {})[key] = options.get(str(known.value), known.value)
    for name, text in personal.items():
        group, _, key = name.partition(".")
        values.setdefault(group, {})[key] = text
    values["sender"] = {"first_name": sender.first_name, "name": sender.name, "address": sender.address}
    if sender.phone:
        values["sender"]["phone"] = sender.phone
    person = values["lead"]
    names = " ".join(str(person[k]) for k in ("first_name", "last_name") if person.get(k))
    return Letter(
        send_id,
        touch.id,
        track.id,
        path_of(track, touch),
        touch.subject or "",
        touch.body,
        touch.preheader,
        values,
        address,
        names or None,
        sender.name,
        sender.address if _domain(sender) == _domain(mailbox) else mailbox.address,
        sender.address,
        release.defaults.company.name,
        release.defaults.company.postal_address,
        {name: asset.url for name, asset in release.assets.items()},
        ctx.now,
        touch.language or release.defaults.language,
        release.pictures_of(track),
    )


def _domain(person: Person) -> str:
    """A salesperson whose address is elsewhere gets the answers; what we send leaves from our own domain."""
    return person.address.rpartition("@")[2].lower()


def spoken_by(ctx: Context) -> str | None:
    language = ctx.view.value(LANGUAGE)
    return str(language) if language is not None else None


def path_of(track: Track, touch: Touch) -> str:
    is_first = touch.variant is None or touch.variant == next(iter(touch.variants), None)
    other = touch.language or ("" if is_first else touch.variant)
    return f"content/tracks/{track.id}/{touch.id}{'.' if other else ''}{other}.md"


OURS = "config"
"""A send that our own settings prevented: tried again for as long as it takes."""


@dataclass(frozen=True)
class Outcome:
    """How a send ended: sent, deferred, failed or uncertain, with a code that names no person."""

    status: str
    code: str = ""
    text: str | None = None
    """What the buyer could read, kept with the person's other words."""


@dataclass(frozen=True)
class Claimed:
    """A send that is ours alone to make: its ledger row is committed, the wire not yet touched."""

    order: Order
    attempt: str
    letter: Letter
