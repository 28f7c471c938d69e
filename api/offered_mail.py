"""The mail that tells a salesperson of an offer: the links that answer it, and the packet in words.

Loads nothing of the web: the worker writes this mail.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, timedelta
from uuid import UUID

from api.packet_words import FIRST_SCREEN
from api.packets import packet
from api.views import Json
from domain.context import Context
from mail.links import Links
from storage import sales_reading
from storage.archive import Archive, Tx
from storage.facts import load
from storage.reading import Row

HOLDS_FOR = timedelta(days=14)
EPOCH = date(1970, 1, 1)
ACCEPT, REFUSE = "accept", "not-for-us"


def url(links: Links, offer: Row, answer: str) -> str:
    """The address of one answer. It says of itself until which day it holds."""
    last_day = (offer["offered_at"].astimezone(UTC).date() - EPOCH + HOLDS_FOR).days
    return f"{links.url('h', offer['id'], last_day)}/{answer}"


def values(tx: Tx, archive: Archive, links: Links, offer_id: UUID) -> dict[str, object]:
    """What `mail.staff` fills into the words of the notice; nothing for an offer that is gone."""
    offer = sales_reading.offer(tx, offer_id)
    if offer is None:
        return {}
    handoff = sales_reading.handoff(tx, str(offer["handoff_id"]))
    facts, _ = load(tx, offer["lead_id"], lock=False)
    ctx = Context(facts, archive.live(tx), archive.clock.now())
    found = packet(tx, ctx, handoff, [offer], may_see_persons=True)
    answers = {"accept": url(links, offer, ACCEPT), "refuse": url(links, offer, REFUSE)}
    return {**answers, "packet": "\n\n".join(_blocks(found["sections"]))}


def _blocks(sections: Sequence[Json]) -> Iterator[str]:
    """One screen first, then the detail; the answers are links above both."""
    first = [one for one in sections if one["number"] in FIRST_SCREEN[:-1]]
    rest = [one for one in sections if one["number"] not in FIRST_SCREEN]
    for one in (*first, *rest):
        lines = "\n".join(f"- {line}" if len(one["lines"]) > 1 else line for line in one["lines"])
        yield f"{one['title'].upper()}\n{lines}"
