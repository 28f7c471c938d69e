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
