"""What can go wrong with a mail, each with a stable `type` and a sentence that says what to do.

MailError
 ├── TemplateError      a touch's words cannot be compiled: the author changes the file
 ├── RenderError        a good template met a lead it cannot be written for: skip, or give a fallback
 ├── MailAddressError   an address that no header and no envelope can carry
 ├── BadLinkError       a token nobody signed, or signed for something else: answer 404, say no more
 └── MailConfigError    the settings are wrong, the next try would fail the same way: an operator acts
"""

from __future__ import annotations

from typing import ClassVar, Literal

Part = Literal["subject", "preheader", "body"]


class MailError(Exception):
    type: ClassVar[str] = "mail_error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class TemplateError(MailError):
    """`line` and `column` count from 1; in the body `line` is the line of the file, elsewhere of the
    value.
    """

    type = "template_error"

    def __init__(self, path: str, line: int, column: int, sentence: str, part: Part = "body") -> None:
        super().__init__(sentence)
        self.path, self.line, self.column, self.part = path, line, column, part

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.sentence}"


class RenderError(MailError):
    """`variable` is the dotted name that was needed and is not known; never a value, which would be
    personal.
    """

    type = "render_error"

    def __init__(self, path: str, sentence: str, variable: str | None = None) -> None:
        super().__init__(sentence)
        self.path, self.variable = path, variable


class MailAddressError(MailError):
    type = "mail_address_error"


class BadLinkError(MailError):
    type = "bad_link"


class MailConfigError(MailError):
    type = "mail_config_error"
