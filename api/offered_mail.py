"""The mail that tells a salesperson of a lead: buttons that answer it, and the packet in words.

Loads nothing of the web: the worker writes this mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from uuid import UUID

from api.packet_words import FIRST_SCREEN
from api.packets import packet
from api.views import Json
from domain.context import Context
from domain.lead import State
from mail.links import Links
from mail.sheet import Button, Item, Section, Sheet
from storage import sales_reading
from storage.archive import Archive, Tx
from storage.facts import load
from storage.notices import Notice
from storage.reading import Row

HOLDS_FOR = timedelta(days=14)
EPOCH = date(1970, 1, 1)
REFUSE = "not-for-us"
"""A rejection or a return: which of them, the page knows when it is opened."""
FEEDBACK = "feedback"
LABELS: Mapping[str, tuple[str, Literal["", "go", "no"]]] = {
    "accept": ("Accept", "go"),
    "attempt": ("Log an attempt", ""),
    "qualify": ("Qualify", ""),
    "opportunity": ("It is a deal", ""),
    "proposal": ("Proposal sent", ""),
    "won": ("Won", ""),
    "lost": ("Lost", "no"),
    REFUSE: ("Not for us", "no"),
}
LIKELY: Mapping[State, Sequence[str]] = {
    State.HANDED_OFF: ("accept", "attempt", REFUSE),
    State.ACCEPTED: ("attempt", REFUSE),
    State.WORKING: ("attempt", "qualify", REFUSE),
    State.QUALIFIED: ("attempt", "opportunity", REFUSE),
    State.OPPORTUNITY: ("attempt", "proposal", "won", "lost"),
    State.PROPOSAL: ("attempt", "won", "lost"),
}
"""The buttons of a mail. Each opens the page with everything that is possible then, the form it names unfolded."""


def url(links: Links, offer: Row, answer: str) -> str:
    """The address of one answer. It says of itself until which day it holds."""
    return _url(links, offer["id"], offer["rep"], answer, offer["offered_at"])


def _url(links: Links, offer_id: UUID, person: str, answer: str, at: datetime) -> str:
    last_day = (at.astimezone(UTC).date() - EPOCH + HOLDS_FOR).days
    return f"{links.url('h', offer_id, last_day, person)}/{answer}"


def buttons(links: Links, offer_id: UUID, person: str, state: str, at: datetime) -> tuple[Button, ...]:
    """What this person may answer without signing in, while the lead is theirs, for some days from `at`."""
    answers = LIKELY.get(State(state), ())
    return tuple(Button(LABELS[one][0], _url(links, offer_id, person, one, at), LABELS[one][1]) for one in answers)


def reminding(tx: Tx, links: Links, notice: Notice) -> Sheet:
    """The buttons of a reminder about a lead, or a packet, that somebody has or had; nothing for anybody else."""
    offers = sales_reading.offers_of(tx, notice.lead_id) if notice.lead_id else ()
    offer = next((row for row in reversed(offers) if row["rep"] == notice.person), None)
    if offer is None:
        return Sheet()
    if notice.kind == "feedback_remind":
        return Sheet((Button("Say it", _url(links, offer["id"], notice.person, FEEDBACK, notice.at), "go"),))
    handoff = sales_reading.handoff(tx, str(offer["handoff_id"]))
    is_theirs = offer["closed_at"] is None and not handoff["team"]
    return Sheet(buttons(links, offer["id"], notice.person, handoff["state"], notice.at) if is_theirs else ())


def sheet(tx: Tx, archive: Archive, links: Links, offer_id: UUID) -> Sheet:
    """Nothing for an offer that is gone, no buttons for one that is over."""
    offer = sales_reading.offer(tx, offer_id)
    if offer is None:
        return Sheet()
    handoff = sales_reading.handoff(tx, str(offer["handoff_id"]))
    facts, _ = load(tx, offer["lead_id"], lock=False)
    ctx = Context(facts, archive.live(tx), archive.clock.now())
    found = packet(tx, ctx, handoff, [offer], may_see_persons=True)
    is_over = offer["closed_at"] is not None
    answers = () if is_over else buttons(links, offer_id, offer["rep"], handoff["state"], offer["offered_at"])
    return Sheet(answers, tuple(_sections(found["sections"])))


def _sections(sections: Sequence[Json]) -> Iterator[Section]:
    """One screen first, then the detail; the answers are buttons above both."""
    first = [one for one in sections if one["number"] in FIRST_SCREEN[:-1]]
    rest = [one for one in sections if one["number"] not in FIRST_SCREEN]
    for one in (*first, *rest):
        yield Section(one["title"], tuple(map(Item, one["lines"])), is_plain=True)
