"""What our own people are told, in words: one subject and a few sentences for each kind of notice.

Who, what and by when, so that it can be understood on a phone; nothing that the lead said or was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

SUBJECTS = {
    "offered": "A sales-ready lead for you: {who}",
    "waiting": "Call first - {who} waits in the queue of {team}",
    "reassigned": "With you from now on: {who}",
    "colleague_ready": "Ready where you have a deal: {who}",
    "touch": "To do: {task} with {who}",
    "answer": "{who} raised a hand - please answer by {due}",
    "reply": "{who} replied - please read it",
    "task_remind": "Due now: {who} - {task}",
    "task_escalate": "Overdue with {owner}: {who} - {task}",
    "clock_remind": "Half the time has passed: {who}",
    "clock_escalate": "A promise was broken: {owner} and {who}",
    "on_desk": "On your desk: nobody has taken {who}",
    "silent": "Passed over from now on: {owner}, who let {who} go by",
    "no_track": "Leads that no track is for: {new} new, {total} in all",
    "feedback_remind": "Was the packet about {who} any good?",
    "debrief": "Please ask why it ended so: {who}",
    "debrief_remind": "Still to ask, why it ended so: {who}",
    "digest": "Today: {shortly}",
    "taken_back": "Taken back: what was said here of {who}",
}
BODIES = {
    "offered": "Why now: {why}.\n\nPlease accept by {due}. Calling is accepting.\n\nThe packet, and where to say how it"
    " went:\n{url}",
    "waiting": "Why now: {why}.\n\nTo be taken by {due}. Whoever asks the queue first calls:\n{url}",
    "feedback_remind": "One tap is enough; it decides what you get next.\n\n{url}",
    "debrief": "Ten minutes with whoever decided there: the questions are on the page. Due within 21 days.\n\n{url}",
    "debrief_remind": "The questions are on the page.\n\n{url}",
    "digest": "{fully}.\n\nWork through it here:\n{url}",
    "taken_back": "The notice before this one holds no more: whoever decided that has taken it back. Where {who} stands"
    " now:\n\n{url}",
    "reassigned": "Everything so far, and what you owe them by when:\n{url}",
    "colleague_ready": "{who} works at a company you have an open deal with, and is ready for sales; with {owner} now."
    " Speak with each other before anybody calls. Marketing to everybody there stands still while the deal is"
    " open.\n\n{url}",
    "touch": "{who} is ready for this: {task}. Please do it by {due}.\n\n"
    "The script, the question to ask and the form are here:\n{url}",
    "answer": "{who}: {task}. Please answer in person by {due}. Mails to them stand still until you"
    " have.\n\nWhat we know of them, and the form:\n{url}",
    "reply": "{who} wrote back. Please read it and say what came of it by {due}. Mails to them stand still until you"
    " have.\n\n{url}",
    "task_remind": "Your task with {who} is due by {due}: {task}. If it cannot be done, skip it and say why: then the"
    " lead goes on without it.\n\nScript and form:\n{url}",
    "task_escalate": "{owner} was to do this with {who} by {due}, and nobody has: {task}. It stays open until"
    " somebody does or skips it; you can do either.\n\n{url}",
    "clock_remind": "{who} is yours, and half the time {promise} has passed. The rest ends on {due}.\n\n"
    "Say here what happened:\n{url}",
    "clock_escalate": "The time {promise} ended on {due}, and {who} is with {owner} still. {then}\n\nLook, or"
    " give it to somebody else:\n{url}",
    "on_desk": "{who} is ready for sales and has nobody. This alarms every business day until you assign the lead or"
    " send it back.\n\n{url}",
    "silent": "A clock has taken {who} from {owner}, and the one before, and they tried neither. Colleagues who answer"
    " get their share from now on, until {owner} tries a lead or says why not, or you say on the page of the team that"
    " they are back:\n{url}",
    "no_track": "They are judged like all others, and get no touch until a track's `enrol` matches them.\n\n{url}",
}
OPEN = {
    **dict.fromkeys(("offered", "reassigned", "clock_remind"), "Open the packet"),
    **dict.fromkeys(("touch", "answer", "reply", "task_remind", "task_escalate"), "Open the task"),
    **dict.fromkeys(("debrief", "debrief_remind"), "To the questions"),
    "waiting": "To the queue",
    "feedback_remind": "Say so",
    "digest": "Begin",
}
"""What the link of a notice is called on a page; anything else is opened."""
COUNTED = {
    "promises": ("promise of yours ends", "promises of yours end"),
    "meetings": ("meeting", "meetings"),
    "next": ("lead to work on", "leads to work on"),
    "tasks": ("task", "tasks"),
    "asked": ("question to answer", "questions to answer"),
    "desk": ("lead on your desk", "leads on your desk"),
    "team": ("promise of your team ends", "promises of your team end"),
    "queue": ("lead of the queue runs out", "leads of the queue run out"),
    "waiting": ("lead waits in the queue", "leads wait in the queue"),
    "broken": ("promise broken since the last digest", "promises broken since the last digest"),
}
"""What a digest counts, one and many, in the order in which it is told."""
IN_A_SUBJECT = 3
MOVES_ON = "If nothing happens, the lead changes hands."
TO_DESK = "If nobody takes it, it comes to your desk."
STAYS = "It stays there until somebody acts."
ALARMS_ONLY = ("routed", "sign")
"""Clocks whose end moves nothing."""


class _Blank(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "-"


def words(kind: str, values: Mapping[str, object], zone: str) -> tuple[str, str]:
    """Subject and text; `due_at` is said in `zone`, an IANA name. An unknown kind still says where to look."""
    filled = _Blank({k: v for k, v in values.items() if v is not None})
    due_at = values.get("due_at")
    filled["due"] = moment(due_at, zone) if isinstance(due_at, datetime) else "the day the page says"
    filled["then"] = STAYS if values.get("clock") in ALARMS_ONLY else TO_DESK if values.get("team") else MOVES_ON
    filled |= _counted(values.get("numbers"))
    subject = SUBJECTS.get(kind, "About {who}").format_map(filled)
    return subject, BODIES.get(kind, "{url}").format_map(filled)


def _counted(numbers: object) -> dict[str, str]:
    """Of a digest: 2 promises of yours end, 1 task."""
    if not isinstance(numbers, Mapping):
        return {}
    said = [f"{n} {COUNTED[kind][n != 1]}" for kind in COUNTED if (n := numbers.get(kind, 0))]
    shown = said if len(said) <= IN_A_SUBJECT else [*said[: IN_A_SUBJECT - 1], "and more"]
    return {"shortly": ", ".join(shown), "fully": f"Until midnight: {', '.join(said)}"}


def moment(at: datetime, zone: str) -> str:
    """`Tue 12 Jan, 14:00 Chicago time`."""
    local = at.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b}, {local:%H:%M} {zone.rpartition('/')[2].replace('_', ' ')} time"
