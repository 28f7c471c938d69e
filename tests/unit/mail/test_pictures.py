"""Pictures in a mail, its footer in the reader's language, and how a test says that it is one."""

from __future__ import annotations

import email
import email.policy
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest

from domain.letters import Letter
from mail import caught
from mail.errors import RenderError, TemplateError
from mail.footers import FOOTERS
from mail.markdown import MailLink
from mail.post import compose
from mail.scripts import script
from mail.templates import compile_mail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
LETTER = Letter(
    send_id=UUID(int=7),
    touch="read",
    track="kegs",
    path="content/tracks/kegs/read.md",
    subject="A keg",
    body="![A cold keg](keg.png)\n\n{% if fact.pain %}\n\n![Twice](other.gif)\n\n{% endif %}\n\n![Again](keg.png)",
    preheader=None,
    values={"sender": {"first_name": "Ines"}},
    to_address="ada@pub.example",
    to_name="Ada",
    sender_name="Ines",
    sender_address="ines@brew.example",
    reply_to="ines@brew.example",
    company="Brew",
    postal_address="1 Malt Lane",
    assets={},
    at=datetime(2027, 1, 4, tzinfo=UTC),
    pictures={"keg.png": b64encode(PNG).decode(), "unused.png": b64encode(b"x").decode()},
)


def composed(letter: Letter, *, is_test: bool = False) -> tuple[EmailMessage, bytes]:
    def link(one: MailLink) -> str:
        return f"https://n.example/c/{one.number}"

    raw = compose(letter, link, "https://n.example/u/t", "brew.example", is_test=is_test)[1]
    message = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message, raw


def parts(message: EmailMessage) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


def test_a_picture_travels_once_and_is_shown_where_it_belongs() -> None:
    message, raw = composed(LETTER)
    assert parts(message) == [
        "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
    ]  # fmt: skip
    picture = list(message.walk())[-1]
    assert picture.get_payload(decode=True) == PNG
    assert picture["Content-ID"] == "<keg.png@picture>"
    assert picture.get_content_disposition() == "inline"
    html = message.get_body(("html",))
    assert html is not None
    assert html.get_content().count('src="cid:keg.png@picture"') == 2
    assert 'alt="A cold keg"' in html.get_content()
    text = message.get_body(("plain",))
    assert text is not None
    assert "[A cold keg]" in text.get_content()
    assert raw == composed(LETTER)[1]
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_a_picture_that_is_not_there_is_no_mail() -> None:
    told = replace(LETTER, values={**LETTER.values, "fact": {"pain": "late"}})
    with pytest.raises(RenderError, match=r"no picture other\.gif beside this touch"):
        composed(told)


@pytest.mark.parametrize(
    "body",
    [
        "![](keg.png)", "![ ](keg.png)", "![x](../keg.png)", "![x](/keg.png)", "![x](keg.svg)", "![x](keg.webp)",
        "![x](data:image/png;base64,AAAA)", "![x](cid:keg.png)", "![x](KEG.PNG)", "![x]({{ lead.first_name }}.png)",
        "![x](file:///keg.png)", "![x](.keg.png)",
    ],
)  # fmt: skip
def test_what_no_picture_can_be_called(body: str) -> None:
    with pytest.raises(TemplateError, match="image"):
        compile_mail("s", body)


def test_lead_data_cannot_show_a_picture() -> None:
    letter = replace(LETTER, body='{{ fact.pain or "x" }}', values={"fact": {"pain": '"cid:unused.png@picture"'}})
    assert "image/png" not in parts(composed(letter)[0])


def test_a_caught_mail_shows_its_pictures(tmp_path: Path) -> None:
    name = f"{1:020d}-{'a' * 32}.eml"
    (tmp_path / name).write_bytes(b"X-Envelope-To: a@b.example\r\n" + composed(LETTER)[1])
    found = caught.letter(tmp_path, name)
    assert found is not None
    assert found.html is not None
    assert found.html.count(f'src="data:image/png;base64,{b64encode(PNG).decode()}"') == 2
    assert "cid:" not in found.html


def words_of(letter: Letter) -> Mapping[str, str]:
    message, _ = composed(letter)
    found = {}
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        found[kind] = body.get_content()
    return found


SPOKEN = [
    ("de", "Abmelden"),
    ("de-at", "Abmelden"),
    ("fr", "Se désabonner"),
    ("xx", "Unsubscribe"),
    ("en", "Unsubscribe"),
]


@pytest.mark.parametrize(("language", "says"), SPOKEN)
def test_the_footer_speaks_the_language_of_the_mail(language: str, says: str) -> None:
    words = words_of(replace(LETTER, language=language, company="Brew & <Sons>"))
    assert f"{says}: https://n.example/u/t" in words["plain"]
    assert f">{says}</a>" in words["html"]
    assert f'<html lang="{language}">' in words["html"]
    assert "Brew & <Sons>" in words["plain"]
    assert "<Sons>" not in words["html"]


def test_every_footer_names_the_company() -> None:
    for footer in FOOTERS.values():
        assert "{company}" in footer.why
        assert footer.unsubscribe


def test_a_test_says_so_and_is_counted_by_nobody() -> None:
    message, _ = composed(LETTER, is_test=True)
    assert message["Subject"] == "[Test] A keg"
    assert message["X-Nurture-Test"] == "yes"
    for name in ("Feedback-ID", "X-Nurture-Id"):
        assert message[name] is None
        assert composed(LETTER)[0][name] is not None
    assert composed(LETTER)[0]["X-Nurture-Test"] is None


def test_a_script_is_the_words_alone() -> None:
    letter = replace(LETTER, body='**Say:** Hi {{ lead.first_name or "there" }} <b> -- \n\nBye')
    assert script(letter, "Call") == "Say: Hi there <b> --\n\nBye"
    gap = replace(LETTER, body="Hi {{ lead.first_name }}")
    assert script(gap, "Call") == "Hi {{ lead.first_name }}"
