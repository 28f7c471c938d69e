"""The script of a human touch, filled in with what we know of the lead, as plain text."""

from __future__ import annotations

from uuid import UUID

from domain.context import Context
from domain.track import Touch, Track
from mail import scripts
from storage import sending
from storage.archive import Tx

NOBODY = UUID(int=0)


def script(tx: Tx, ctx: Context, track: Track, touch: Touch) -> str:
    return scripts.script(sending.letter(tx, ctx, track, touch.version_for(ctx.lead.id), NOBODY, ""), touch.name)
