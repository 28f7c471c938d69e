"""Signatures as their vendors publish them; bad, old, missing and strange ones are refused."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import NotReadyError
from hooks.signing import (
    SignatureError,
    new_secret,
    signature,
    signed,
    verify_header,
    verify_hubspot,
    verify_standard,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
CLIENT = "hubspot-client-secret"
URL = "https://nurture.example/hooks/hubspot"


def test_the_published_vector_of_standard_webhooks() -> None:
    found = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert found == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_what_we_sign_verifies_with_either_of_two_secrets() -> None:
    old, new = new_secret(b"o" * 24), new_secret(b"n" * 24)
    headers = signed([new, old], "msg_1", NOW, b"{}")
    for known in ([old], [new], [new, old]):
        verify_standard(known, headers, b"{}", NOW + timedelta(minutes=4))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"webhook-id": "msg_2"}, "webhook-signature"),
        ({"webhook-signature": "v1,AAAA"}, "webhook-signature"),
        ({"webhook-signature": ""}, "webhook-signature"),
        ({"webhook-signature": "v1,\udcff"}, "webhook-signature"),
        ({"webhook-timestamp": ""}, "webhook-timestamp"),
        ({"webhook-timestamp": "now"}, "webhook-timestamp"),
        ({"webhook-timestamp": "1" * 400}, "webhook-timestamp"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) - 301)}, "five minutes"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) + 301)}, "five minutes"),
        ({"webhook-timestamp": str(int(NOW.timestamp()) - 1)}, "webhook-signature"),
    ],
)
def test_standard_refuses(change: dict[str, str], says: str) -> None:
    headers = signed([SECRET], "msg_1", NOW, b"{}") | change
    with pytest.raises(SignatureError, match=says):
        verify_standard([SECRET], headers, b"{}", NOW)


def test_a_changed_body_is_refused() -> None:
    headers = signed([SECRET], "msg_1", NOW, b'{"amount": 1}')
    with pytest.raises(SignatureError):
        verify_standard([SECRET], headers, b'{"amount": 9}', NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "not base64!"])
def test_a_secret_that_is_none_signs_nothing(secret: str) -> None:
    with pytest.raises(NotReadyError, match="webhook secret"):
        signature(secret, "msg_1", 1, b"")


def hubspot(method: str, uri: str, body: bytes, at: datetime, secret: str = CLIENT) -> dict[str, str]:
    """As HubSpot's page describes it: method, decoded URI, body, timestamp in milliseconds; HMAC-SHA256 in base64."""
    timestamp = str(int(at.timestamp() * 1000))
    said = method.encode() + uri.encode() + body + timestamp.encode()
    made = b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
    return {"x-hubspot-signature-v3": made, "x-hubspot-request-timestamp": timestamp}


def test_hubspot_signs_the_decoded_address() -> None:
    verify_hubspot([CLIENT], hubspot("POST", URL, b"[]", NOW), "POST", URL, b"[]", NOW)
    headers = hubspot("POST", f"{URL}?to=a@b.c&n=x%20y", b"[]", NOW)
    verify_hubspot([CLIENT], headers, "POST", f"{URL}?to=a%40b.c&n=x%20y", b"[]", NOW)


@pytest.mark.parametrize(
    ("method", "url", "body", "at", "secret"),
    [
        ("PUT", URL, b"[]", NOW, CLIENT),
        ("POST", URL + "/", b"[]", NOW, CLIENT),
        ("POST", URL, b"[ ]", NOW, CLIENT),
        ("POST", URL, b"[]", NOW - timedelta(minutes=6), CLIENT),
        ("POST", URL, b"[]", NOW, "another app's"),
    ],
)
def test_hubspot_refuses(method: str, url: str, body: bytes, at: datetime, secret: str) -> None:
    headers = hubspot(method, url, body, at, secret)
    with pytest.raises(SignatureError):
        verify_hubspot([CLIENT], headers, "POST", URL, b"[]", NOW)


def test_a_header_holds_the_secret_or_not() -> None:
    verify_header(["old", "new"], {"x-nurture-secret": "new"}, "X-Nurture-Secret")
    for headers in ({}, {"x-nurture-secret": ""}, {"x-nurture-secret": "ne"}, {"x-nurture-secret": "néw"}):
        with pytest.raises(SignatureError, match="X-Nurture-Secret"):
            verify_header(["old", "new"], headers, "X-Nurture-Secret")
