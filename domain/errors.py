"""Every error the engine raises on purpose.

    NurtureError            type, status, sentence: what is wrong and what to do
    ├── RefusedError        a business rule says no; carries what is legal now      409
    ├── InvalidError        the input cannot be understood or is incomplete         422
    ├── MissingError        no such lead, task, handoff, release                    404
    ├── ForbiddenError      the key's role may not do this                          403
    ├── ConflictError       the same key or id was used for something else          409
    └── NotReadyError       nothing is published, or the folder is not usable yet   503

None of these is worth a retry with the same input; anything else is a bug and is left to show itself.
"""

from __future__ import annotations

from collections.abc import Sequence


class NurtureError(Exception):
    type = "error"
    status = 500

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class RefusedError(NurtureError):
    type = "refused"
    status = 409

    def __init__(self, sentence: str, legal: Sequence[str] = ()) -> None:
        super().__init__(sentence)
        self.legal = tuple(legal)


class InvalidError(NurtureError):
    type = "invalid"
    status = 422

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.field = field


class NotNowError(RefusedError):
    """This command, in the state the lead is in."""

    def __init__(self, sentence: str, legal: Sequence[str], state: str, command: str) -> None:
        super().__init__(sentence, legal)
        self.state, self.command = state, command


class NeedsError(InvalidError):
    """A reason, without what it needs: `field`, by the names reasons.yaml uses. `more` says it in words, `least` is the
    least number of characters, where there is one."""

    def __init__(self, reason: str, field: str, more: str, least: int = 0) -> None:
        super().__init__(f"{reason} needs {'' if least else 'more: '}{more}", field)
        self.reason, self.more, self.least = reason, more, least


class MissingError(NurtureError):
    type = "missing"
    status = 404


class ForbiddenError(NurtureError):
    type = "forbidden"
    status = 403


class ConflictError(NurtureError):
    type = "conflict"
    status = 409


class NotReadyError(NurtureError):
    type = "not-ready"
    status = 503
