"""Links in mails: a token says which send and which link of it, one that decides also for whom; nothing else.

The target stays in the archive, so a link of ours can lead nowhere but where the mail meant it to.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from mail.errors import BadLinkError, MailConfigError

Kind = Literal["u", "c", "a", "o", "h"]
"""u: unsubscribe, c: a link was clicked, a: an answer, o: the mail was opened; h: a salesperson answers an offer, whose
id stands for lead and offer; the number is the last day on which it may be answered so, and by the person named alone:
an offer to a team goes from hand to hand.
"""

_TOKEN = re.compile(r"(?:[A-Za-z0-9_-]{4}){10,40}")
_SIGNATURE_BYTES = 12
_LEAST_KEY_BYTES = 16


class Links:
    """Signs with the first key, accepts all of them: put a new one in front, drop the last months later.

    A token of one kind is none of another.
    """

    def __init__(self, keys: Sequence[bytes], base_url: str) -> None:
        if not keys or any(len(key) < _LEAST_KEY_BYTES for key in keys):
            raise MailConfigError(f"Give at least one link key of {_LEAST_KEY_BYTES} random bytes or more.")
        self._keys = tuple(keys)
        self._base_url = base_url.rstrip("/")

    def url(self, kind: Kind, send_id: UUID, number: int = 0, person: str = "") -> str:
        """`number` is the link's number in its mail (0 where there is only one); at most 65 535."""
        name = person.encode()
        whole = name.ljust(len(name) + -len(name) % 3, b"\0")  # as base64 has no padding then, and no spare bits
        payload = send_id.bytes + number.to_bytes(2, "big") + whole
        token = urlsafe_b64encode(payload + _signature(self._keys[0], kind, payload)).decode("ascii")
        return f"{self._base_url}/{kind}/{token}"

    def read(self, kind: Kind, token: str) -> tuple[UUID, int, str]:
        """What `url` was told. Raises BadLinkError."""
        if not _TOKEN.fullmatch(token):
            raise BadLinkError("This link is not complete: copy it whole from the mail.")
        raw = urlsafe_b64decode(token)
        payload, signature = raw[:-_SIGNATURE_BYTES], raw[-_SIGNATURE_BYTES:]
        if not any(hmac.compare_digest(signature, _signature(key, kind, payload)) for key in self._keys):
            raise BadLinkError("This link is not one of ours: open it from the mail itself.")
        return UUID(bytes=payload[:16]), int.from_bytes(payload[16:18], "big"), payload[18:].rstrip(b"\0").decode()


def _signature(key: bytes, kind: Kind, payload: bytes) -> bytes:
    return hmac.digest(key, b"nurture.link." + kind.encode("ascii") + payload, "sha256")[:_SIGNATURE_BYTES]
