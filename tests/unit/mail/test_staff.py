"""What our own people are told: who, what and by when."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mail.staff import BODIES, SUBJECTS, moment, words

DUE = datetime(2027, 1, 12, 20, 0, tzinfo=UTC)
VALUES = {
    "who": "Ana Sol, Bluelake",
    "task": "Ask what goes wrong at their docks",
    "owner": "Lena Brandt",
    "promise": "for the first contact",
    "why": "They fit",
    "due_at": DUE,
    "url": "https://n.example/tasks/1",
}


@pytest.mark.parametrize("kind", sorted(SUBJECTS.keys() - {"no_track", "digest"}))
def test_every_notice_says_who_and_where_and_leaves_no_gap(kind: str) -> None:
    subject, text = words(kind, VALUES, "America/Chicago")
    assert "Ana Sol" in subject
    assert "https://n.example/tasks/1" in text
    assert "{" not in subject + text
    assert "-" not in text.split()  # stands for what is missing
    assert "\n" not in subject


def test_leads_without_a_track_are_told_by_their_number_and_nobody_is_named() -> None:
    values = {"who": None, "new": 3, "total": 12, "url": "https://n.example/leads"}
    subject, text = words("no_track", values, "America/Chicago")
    assert subject == "Leads that no track is for: 3 new, 12 in all"
    assert text.endswith("https://n.example/leads")
    assert "{" not in text


@pytest.mark.parametrize(
    ("numbers", "subject", "text"),
    [
        (
            {"promises": 1, "next": 2, "tasks": 1, "broken": 3},
            "Today: 1 promise of yours ends, 2 leads to work on, and more",
            "Until midnight: 1 promise of yours ends, 2 leads to work on, 1 task,"
            " 3 promises broken since the last digest.",
        ),
        ({"asked": 1}, "Today: 1 question to answer", "Until midnight: 1 question to answer."),
    ],
)
def test_a_digest_counts_what_is_due(numbers: dict[str, int], subject: str, text: str) -> None:
    found = words("digest", {"numbers": numbers, "url": "https://n.example/queue"}, "UTC")
    assert found == (subject, f"{text}\n\nWork through it here:\nhttps://n.example/queue")


def test_a_reminder_says_who_what_and_by_when() -> None:
    subject, text = words("task_remind", VALUES, "America/Chicago")
    assert subject == "Due now: Ana Sol, Bluelake - Ask what goes wrong at their docks"
    assert "is due by Tue 12 Jan, 14:00 Chicago time" in text


def test_only_a_clock_that_moves_on_says_so() -> None:
    assert "changes hands" in words("clock_escalate", {**VALUES, "clock": "accept"}, "UTC")[1]
    assert "changes hands" not in words("clock_escalate", {**VALUES, "clock": "sign"}, "UTC")[1]


def test_a_promise_of_a_queue_is_the_queues() -> None:
    broken = {**VALUES, "owner": "the queue of sales", "team": "sales", "promise": "to accept", "clock": "accept"}
    subject, text = words("clock_escalate", broken, "UTC")
    assert subject == "A promise was broken: the queue of sales and Ana Sol, Bluelake"
    assert "is with the queue of sales still. If nobody takes it, it comes to your desk." in text


def test_subjects_and_texts_are_of_the_same_notices() -> None:
    assert set(SUBJECTS) == set(BODIES)


def test_what_is_not_known_any_more_is_no_error() -> None:
    subject, text = words("task_remind", {"who": "somebody {x}", "url": "u", "due_at": None}, "UTC")
    assert "somebody {x}" in subject
    assert "the day the page says" in text
    assert words("made-up", {"who": "Ana", "url": "u"}, "UTC") == ("About Ana", "u")


def test_a_moment_is_told_across_a_clock_change() -> None:
    assert moment(datetime(2027, 3, 14, 6, 59, tzinfo=UTC), "America/New_York") == "Sun 14 Mar, 01:59 New York time"
    assert moment(datetime(2027, 3, 14, 7, 0, tzinfo=UTC), "America/New_York") == "Sun 14 Mar, 03:00 New York time"
