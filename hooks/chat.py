"""A notice as a message in a channel: Slack's Block Kit and, for Teams, an Adaptive Card through Workflows.

Slack: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks (and its escaping of & < >)
Teams: https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/connectors-using
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LONGEST_TITLE, LONGEST_TEXT = 150, 2900  # Slack refuses a header over 150 characters and a section over 3000
URGENT = ("task_escalate", "clock_escalate", "on_desk", "answer")
# What Adaptive Cards read as Markdown, and Slack as its own: names come from strangers and are words.
MARKDOWN = re.compile(r"([\\`*_\[\]()#~>|])")


@dataclass(frozen=True)
class Message:
    kind: str
    title: str
    text: str
    person: str
    url: str

    @property
    def header(self) -> str:
        return _cut(_words(" ".join(self.title.split())), LONGEST_TITLE)

    @property
    def sentences(self) -> str:
        """The text without the link that stands at its end, which here is a button; never nothing, which Slack
        refuses."""
        text = self.text.strip().removesuffix(self.url).rstrip().removesuffix(":").rstrip()
        return _cut(_words(text), LONGEST_TEXT) or self.header

    @property
    def is_urgent(self) -> bool:
        return self.kind in URGENT


def slack(message: Message) -> dict[str, object]:
    button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": message.url, "action_id": "open"}
    if message.is_urgent:
        button["style"] = "danger"
    return {
        "text": _escaped(f"{message.person}: {message.header}"),
        "blocks": [
            {"type": "header", "text": _plain_text(message.header)},
            {"type": "section", "text": _plain_text(message.sentences)},
            {"type": "context", "elements": [_plain_text(_cut(f"For {message.person}", LONGEST_TITLE))]},
            {"type": "actions", "elements": [button]},
        ],
    }


def teams(message: Message) -> dict[str, object]:
    color = "Attention" if message.is_urgent else "Default"
    title = {"type": "TextBlock", "text": _plain(message.header), "size": "Medium", "weight": "Bolder", "wrap": True}
    paragraphs = [{"type": "TextBlock", "text": _plain(part), "wrap": True} for part in message.sentences.split("\n\n")]
    whom = {"type": "TextBlock", "text": f"For {_plain(message.person)}", "isSubtle": True, "spacing": "Small"}
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": [{**title, "color": color}, *paragraphs, whom],
        "actions": [{"type": "Action.OpenUrl", "title": "Open", "url": message.url}],
    }
    kind = "application/vnd.microsoft.card.adaptive"
    return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _plain_text(text: str) -> dict[str, object]:
    """No formatting, no mention, and `:fire:` stays what somebody wrote."""
    return {"type": "plain_text", "text": text, "emoji": False}


def _words(text: str) -> str:
    """Teams makes a link of whatever looks like one; ours are buttons, and a stranger's is not to be followed."""
    return text.replace("://", ": //").replace("www.", "www .")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def _escaped(text: str) -> str:
    """So that nobody is pinged and nothing is a link: `<!channel>` is a mention, `&lt;!channel&gt;` is text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str) -> str:
    return MARKDOWN.sub(r"\\\1", text)
