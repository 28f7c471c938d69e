"""What a person says to a lead: the script of a human touch, filled in, as plain text."""

from __future__ import annotations

from domain.letters import Letter
from mail.errors import MailError
from mail.templates import compile_mail

FOOTER = "\n-- \n"
"""Where the words of a mail end and what every mail must carry begins; a script carries none of it."""


def script(letter: Letter, title: str) -> str:
    """As the author wrote it where a value that it needs is not known: better a gap than no script."""
    try:
        template = compile_mail(title, letter.body, None, letter.path)
        text = template.render(letter.values, lambda link: link.target, "", "", "").text
    except MailError:
        return letter.body
    return text.rpartition(FOOTER)[0].rstrip() if FOOTER in text else text.rstrip()
