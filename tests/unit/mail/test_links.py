from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from mail.errors import BadLinkError, MailConfigError
from mail.links import Kind, Links

NEW, OLD, OTHER = b"n" * 32, b"o" * 32, b"x" * 32
SEND = UUID("0123456789abcdef0123456789abcdef")
KINDS: tuple[Kind, ...] = ("u", "c", "a", "o", "h")


def token_of(url: str) -> str:
    return url.rpartition("/")[2]


@pytest.mark.parametrize("kind", KINDS)
def test_a_link_leads_back_to_its_send_and_number(kind: Kind) -> None:
    links = Links([NEW], "https://n.example/")
    for send_id, number in ((SEND, 0), (uuid4(), 1), (uuid4(), 65_535)):
        url = links.url(kind, send_id, number)
        assert url.startswith(f"https://n.example/{kind}/")
        assert len(token_of(url)) == 40
        assert links.read(kind, token_of(url)) == (send_id, number, "")


@pytest.mark.parametrize("person", ["r", "ro", "ros", "rosa", "zoë", "x" * 64])
def test_a_link_may_name_whom_it_was_sent_to(person: str) -> None:
    links = Links([NEW], "https://n.example")
    token = token_of(links.url("h", SEND, 9, person))
    assert links.read("h", token) == (SEND, 9, person)
    for changed in (token[:-4], f"{token}AAAA", token.swapcase()):
        with pytest.raises(BadLinkError):
            links.read("h", changed)


def test_a_token_of_one_kind_is_none_of_another() -> None:
    links = Links([NEW], "https://n.example")
    for kind in KINDS:
        token = token_of(links.url(kind, SEND, 1))
        for other in KINDS:
            if other != kind:
                with pytest.raises(BadLinkError):
                    links.read(other, token)


def test_every_changed_character_is_noticed() -> None:
    links = Links([NEW], "https://n.example")
    token = token_of(links.url("c", SEND, 3, "rosa"))
    for place, character in enumerate(token):
        changed = token[:place] + ("A" if character != "A" else "B") + token[place + 1 :]
        with pytest.raises(BadLinkError):
            links.read("c", changed)


@pytest.mark.parametrize(
    "token", ["", "x", "A" * 40, "A" * 39 + "=", "é" * 40, "A" * 400_000, "../" * 13 + "a", "A" * 39 + "\n"]
)
def test_rubbish_is_refused(token: str) -> None:
    with pytest.raises(BadLinkError):
        Links([NEW], "https://n.example").read("u", token)


def test_keys_rotate() -> None:
    before, during, after = (Links(keys, "https://n.example") for keys in ([OLD], [NEW, OLD], [NEW]))
    old, new = token_of(before.url("u", SEND)), token_of(during.url("u", SEND))
    assert during.read("u", old) == during.read("u", new) == (SEND, 0, "")
    assert after.read("u", new) == (SEND, 0, "")
    with pytest.raises(BadLinkError):
        after.read("u", old)
    with pytest.raises(BadLinkError):
        Links([OTHER], "https://n.example").read("u", new)


@pytest.mark.parametrize("keys", [[], [b""], [NEW, b"short"]])
def test_a_weak_key_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(MailConfigError, match="16 random bytes"):
        Links(keys, "https://n.example")
