"""Who sent this, and that it is what they sent: three ways of signing, each as its vendor describes it.

Standard Webhooks: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
HubSpot v3: https://developers.hubspot.com/docs/apps/developer-platform/build-apps/authentication/request-validation
A secret in a header is all that a Salesforce Flow callout with a named credential can do.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from domain.errors import NotReadyError, NurtureError

TOLERANCE = timedelta(minutes=5)
PREFIX = "whsec_"
# What HubSpot decodes in an address before it signs it; everything else stays as it was sent.
DECODED = {f"%{ord(c):02X}": c for c in ":/?@!$'()*,;"}
ENCODED = re.compile("|".join(DECODED), re.IGNORECASE)


class SignatureError(NurtureError):
    """It is not from whom it says, or too old to be. The sentence tells no secret."""

    type = "unauthorized"
    status = 401


def new_secret(random: bytes) -> str:
    return PREFIX + b64encode(random).decode()


def signature(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """`v1,...` of Standard Webhooks. Raises NotReadyError for a secret that is none."""
    try:
        key = b64decode(secret.removeprefix(PREFIX), validate=True)
    except Base64Error:
        key = b""
    if len(key) < 16:
        raise NotReadyError(
            "a webhook's secret is whsec_ and base64 of 24 bytes or more; make one: nurture webhook secret"
        )
    return "v1," + _hmac(key, f"{id}.{timestamp}.".encode() + body)


def signed(secrets: Sequence[str], id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers; with two secrets, while one replaces the other, two signatures."""
    timestamp = int(at.timestamp())
    signatures = " ".join(signature(secret, id, timestamp, body) for secret in secrets)
    return {"webhook-id": id, "webhook-timestamp": str(timestamp), "webhook-signature": signatures}


def verify_standard(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    _check_age(timestamp, 1, now, "webhook-timestamp")
    given = headers.get("webhook-signature", "").split()
    expected = [signature(secret, id, int(timestamp), body) for secret in secrets]
    _check(id and any(_same(one, other) for one in given[:20] for other in expected), "webhook-signature")


def verify_hubspot(
    secrets: Sequence[str], headers: Mapping[str, str], method: str, url: str, body: bytes, now: datetime
) -> None:
    """`url` is the whole address as HubSpot called it."""
    timestamp = headers.get("x-hubspot-request-timestamp", "")
    _check_age(timestamp, 1000, now, "X-HubSpot-Request-Timestamp")
    address, question, query = url.partition("?")
    said = method.encode() + (_decoded(address) + question + _decoded(query)).encode() + body + timestamp.encode()
    given = headers.get("x-hubspot-signature-v3", "")
    _check(any(_same(given, _hmac(secret.encode(), said)) for secret in secrets), "X-HubSpot-Signature-v3")


def verify_header(secrets: Sequence[str], headers: Mapping[str, str], name: str) -> None:
    given = headers.get(name.lower(), "")
    _check(any(_same(given, secret) for secret in secrets), name)


def _decoded(text: str) -> str:
    return ENCODED.sub(lambda found: DECODED[found[0].upper()], text)


def _hmac(key: bytes, said: bytes) -> str:
    return b64encode(hmac.digest(key, said, hashlib.sha256)).decode()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogateescape"), other.encode())


def _check_age(text: str, per_second: int, now: datetime, header: str) -> None:
    is_number = text.isascii() and text.isdigit() and len(text) < 16
    if not is_number or abs(now.timestamp() - int(text) / per_second) > TOLERANCE.total_seconds():
        raise SignatureError(f"{header} is missing or more than five minutes away; send it again, signed now")


def _check(is_right: object, header: str) -> None:
    if not is_right:
        raise SignatureError(f"{header} does not fit; check that both sides hold the same secret")
