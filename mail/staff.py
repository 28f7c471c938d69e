"""What our own people are told, in words: one subject and a few lines for each kind of notice."""

from __future__ import annotations

from collections.abc import Mapping

SUBJECTS = {
    "offered": "A sales-ready lead for you: {who}",
    "reassigned": "With you from now on: {who}",
    "touch": "To do: {touch} with {who}",
    "answer": "{who} raised a hand - please answer within 4 working hours",
    "reply": "{who} replied - please read it",
    "task_remind": "Due now: your task with {who}",
    "task_escalate": "Overdue: {owner} has not answered {who}",
    "clock_remind": "Half the time has passed: {who}",
    "clock_escalate": "A promise was broken: {owner} and {who} ({clock})",
    "on_desk": "On your desk: nobody has taken {who}",
}
BODIES = {
    "offered": "Why now: {why}\n\nAccept, reject or log your first attempt:\n{url}",
    "reassigned": "Everything so far, and what you owe them by when:\n{url}",
    "touch": "The script and the question to ask are here:\n{url}",
    "answer": "They asked for it: {event}. Mails to them stand still until you have answered.\n{url}",
    "reply": "Mails to them stand still until you have read it.\n{url}",
    "task_remind": "{url}",
    "task_escalate": "It stays open until somebody answers.\n{url}",
    "clock_remind": "The clock: {clock}.\n{url}",
    "clock_escalate": "It changes hands soon if nothing happens.\n{url}",
    "on_desk": "It alarms every business day until you assign it or send it back.\n{url}",
}


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "-"


def words(kind: str, values: Mapping[str, object]) -> tuple[str, str]:
    """Subject and text. An unknown kind still says where to look."""
    filled = _Blank({k: v for k, v in values.items() if v is not None})
    subject = SUBJECTS.get(kind, "About {who}").format_map(filled)
    return subject, BODIES.get(kind, "{url}").format_map(filled)
