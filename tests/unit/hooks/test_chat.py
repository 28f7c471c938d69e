"""Messages as Slack and Teams take them, and nothing a stranger wrote does more than stand there."""

from __future__ import annotations

import json
from typing import Any

from hooks import chat
from hooks.chat import Message

URL = "https://nurture.example/handoffs/1"
OFFERED = Message(
    "offered",
    "A sales-ready lead for you: Ana Ruiz, Ridgeway Foods",
    f"Why now: Asked for a demo\n\nAccept, reject or log your first attempt:\n{URL}",
    "Rosa Delgado",
    URL,
)
HOSTILE = Message(
    "on_desk",
    "On your desk: <!channel> *Bob* [click](https://evil.example)",
    f"<https://evil.example|look> & {'x' * 5000}\n\n{URL}",
    "Tom `rm`",
    URL,
)


def slack(message: Message) -> Any:  # Any: JSON
    return chat.slack(message)


def teams(message: Message) -> Any:  # Any: JSON
    return chat.teams(message)


def test_slack_says_it_with_a_button() -> None:
    said = slack(OFFERED)
    kinds = [block["type"] for block in said["blocks"]]
    assert kinds == ["header", "section", "context", "actions"]
    assert said["text"] == "Rosa Delgado: A sales-ready lead for you: Ana Ruiz, Ridgeway Foods"
    written = json.dumps(said)
    assert "Why now: Asked for a demo\\n\\nAccept, reject or log your first attempt" in written
    assert written.count(URL) == 1


def test_slack_takes_hostile_words_as_words() -> None:
    said = slack(HOSTILE)
    assert "<!channel>" not in str(said["text"])
    header, section, _, actions = said["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert len(section["text"]["text"]) <= 3000
    assert {header["text"]["type"], section["text"]["type"]} == {"plain_text"}
    assert actions["elements"][0]["style"] == "danger"


def test_teams_gets_an_adaptive_card() -> None:
    said = teams(OFFERED)
    assert said["type"] == "message"
    (attached,) = said["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    card = attached["content"]
    assert (card["type"], card["version"]) == ("AdaptiveCard", "1.4")
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open", "url": URL}]
    texts = [block["text"] for block in card["body"]]
    assert texts[1:] == ["Why now: Asked for a demo", "Accept, reject or log your first attempt", "For Rosa Delgado"]


def test_teams_takes_hostile_words_as_words() -> None:
    written = json.dumps(teams(HOSTILE))
    assert "[click](" not in written
    assert r"\\[click\\]\\(" in written
    assert len(written) < 28_000  # what Teams takes at most


NOTHING = Message("made-up", "About Ana", URL, "Rosa Delgado", URL)
LINKS = Message("reply", "See https://evil.example now", f"www.evil.example :fire: <@U123>\n\n{URL}", "Rosa", URL)
LONG = Message("reply", "Ä" * 20_000, "[" * 60_000, "Z" * 5000, URL)


def test_a_message_of_a_link_alone_still_has_words() -> None:
    """Slack refuses a section without text (invalid_blocks)."""
    assert slack(NOTHING)["blocks"][1]["text"]["text"] == "About Ana"
    assert teams(NOTHING)["attachments"][0]["content"]["body"][1]["text"] == "About Ana"


def test_what_a_stranger_calls_a_link_is_none() -> None:
    for written in (json.dumps(slack(LINKS)), json.dumps(teams(LINKS))):
        assert "https://evil" not in written
        assert "www.evil" not in written
    texts = [slack(LINKS)["blocks"][n]["text"] for n in (0, 1)]
    assert {text["emoji"] for text in texts} == {False}
    assert "<@U123>" in texts[1]["text"]  # plain text: nobody is called
    assert slack(LINKS)["text"] == "Rosa: See https: //evil.example now"


def test_no_text_is_longer_than_its_channel_takes() -> None:
    """Slack: 150 in a header, 3000 in a section, 40 000 in all; Teams: 28 KB in all."""
    said = slack(LONG)
    assert len(said["blocks"][0]["text"]["text"]) <= 150
    assert len(said["blocks"][1]["text"]["text"]) <= 3000
    assert len(json.dumps(said, ensure_ascii=False).encode()) < 40_000
    assert len(json.dumps(teams(LONG), ensure_ascii=False).encode()) < 28_000
