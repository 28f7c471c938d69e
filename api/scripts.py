"""The script of a human touch, filled in with what we know of the lead, as plain text."""

from __future__ import annotations

from uuid import UUID

from domain.context import Context
from domain.track import Touch, Track
from mail.errors import MailError
from mail.templates import compile_mail
from storage import sending
from storage.archive import Tx

FOOTER = "\n-- \n"
"""Where the words of a mail end and what every mail must carry begins; a script carries none of it."""
NOBODY = UUID(int=0)


def script(tx: Tx, ctx: Context, track: Track, touch: Touch) -> str:
    """As the author wrote it where a value that it needs is not known: better a gap than no script."""
    touch = touch.version_for(ctx.lead.id)
    letter = sending.letter(tx, ctx, track, touch, NOBODY, "")
    try:
        template = compile_mail(touch.name, touch.body, None, letter.path)
        text = template.render(letter.values, lambda link: link.target, "", "", "").text
    except MailError:
        return touch.body
    return text.rpartition(FOOTER)[0].rstrip() if FOOTER in text else text.rstrip()
