"""A lead of the archive as the reader of a preview: read once, in a transaction that writes nothing."""

from __future__ import annotations

from authoring.preview import RealLead
from commands.leads import find
from commands.opening import opened
from domain.errors import MissingError
from settings import Settings
from storage import facts, texts


def real_lead(settings: Settings, given: str) -> RealLead:
    """By id, system:id or address. Raises MissingError, also for one who was erased, and NotReadyError."""
    with opened(settings) as archive, archive.reading() as tx:
        lead_id = find(tx, archive, given)
        found, _ = facts.load(tx, lead_id, lock=False)
        words = texts.get(tx, lead_id, "field", "address")
        now = archive.clock.now()
    address = next((text for (kind, _), text in words.items() if kind == "address"), None)
    if address is None:
        raise MissingError(f"lead {lead_id} has no address any more, so there is nobody to show a mail to")
    return RealLead(found, address, {name: text for (kind, name), text in words.items() if kind == "field"}, now)
