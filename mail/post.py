"""From a letter to the wire: compile the touch, fill it in, put on the headers, hand it to the relay."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from domain.letters import OURS, Letter, Outcome
from mail.errors import MailConfigError, MailError
from mail.links import Links
from mail.markdown import MailLink
from mail.messages import Envelope, build, return_path
from mail.pictures import shown_in
from mail.pool import SmtpPool
from mail.templates import Rendered, compile_mail

logger = logging.getLogger("nurture.post")


@dataclass(frozen=True)
class Post:
    """`domain` is where Message-IDs and return paths live; replies go to the sender."""

    pool: SmtpPool
    links: Links
    domain: str

    async def send(self, letter: Letter) -> Outcome:
        """Never raises for a relay, an address or a template: that is an outcome, with a code that names nobody."""
        try:
            rendered, message = await asyncio.to_thread(self.compose, letter)
        except MailError as error:
            return Outcome("failed", f"render:{error.type}")
        except Exception as bug:  # the claim stands: whatever it is, this mail waits for the fix and is not given up
            logger.exception("cannot compose %s", letter.touch)
            return Outcome("deferred", f"bug:{type(bug).__name__}")
        try:
            result = await self.pool.send(return_path(letter.send_id, self.domain), letter.to_address, message)
        except MailConfigError as error:  # ours to mend, not the lead's: it waits until we have
            logger.error("%s", error)
            return Outcome("deferred", OURS)
        return Outcome(result.status, result.code, f"{rendered.subject}\n\n{rendered.text}")

    def compose(self, letter: Letter) -> tuple[Rendered, bytes]:
        def link(to: MailLink) -> str:
            return self.links.url("a" if to.kind == "answer" else "c", letter.send_id, to.number)

        return compose(letter, link, self.links.url("u", letter.send_id), self.domain)


def compose(
    letter: Letter, link: Callable[[MailLink], str], unsubscribe_url: str, domain: str, *, is_test: bool = False
) -> tuple[Rendered, bytes]:
    """The words and the whole message. Raises MailError."""
    template = compile_mail(letter.subject, letter.body, letter.preheader, letter.path)
    rendered = template.render(
        letter.values, link, unsubscribe_url, letter.postal_address, letter.company, letter.language
    )
    envelope = Envelope(
        letter.send_id,
        letter.to_address,
        letter.to_name,
        letter.sender_name,
        letter.sender_address,
        letter.reply_to,
        domain,
        unsubscribe_url,
        None,
        (letter.touch, letter.track, "nurture"),
        letter.at,
        is_test,
    )
    return rendered, build(envelope, rendered, shown_in(rendered.html, letter.path, letter.pictures))
