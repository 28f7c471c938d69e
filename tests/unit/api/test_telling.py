"""The one telling of the log: every kind and every transition in words, and nothing it could stumble over."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from api import views
from api.web.telling import Teller, money, taught_of
from domain import lifecycle
from domain.lead import Known, Source
from domain.release import Release
from tests.world import shipped_release

AT = datetime(2027, 2, 2, 15, 0, tzinfo=UTC)
KINDS = (
    "transition", "enrolled", "inquired_again", "opted_out", "event", "touch", "task", "reminder", "breach", "routing",
    "duty", "disposition", "accuracy", "facts", "paused", "resumed", "note", "referral", "queue", "deal", "merged",
    "taken_back", "correction_asked", "history",
)  # fmt: skip
HOSTILE: tuple[dict[str, Any], ...] = (
    {},
    {"rep": None, "owner": "nobody-we-know", "reason": "no_such_reason", "touch": "no-such-touch", "is": "unheard-of"},
    {"amount": "a lot", "received": 7, "event": "", "outcome": 12, "until": None, "to": ["x"], "track": 3},
    {"rep": "<b>rosa</b>", "owner": "😀" * 200, "event": "a" * 5000, "touch": "../../etc/passwd"},
)


@pytest.fixture(scope="module")
def teller() -> Teller:
    return Teller(shipped_release(), {})


def row(kind: str, data: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:  # Any: columns of the log
    plain = {"id": 1, "at": AT, "kind": kind, "cycle": 1, "actor": "REP", "actor_id": "rosa", "reason": None}
    states = {"transition": None, "from_state": None, "to_state": None}
    return views.event({**plain, **states, "data": data or {}, **more})  # type: ignore[arg-type]  # as a row


def told(teller: Teller, kind: str, data: dict[str, Any] | None = None, **more: Any) -> str:  # Any: columns
    found = teller.tell(row(kind, data, **more))
    assert found is not None
    return found.sentence


@pytest.mark.parametrize("id", lifecycle.ROWS)
def test_every_transition_is_told(teller: Teller, id: str) -> None:
    sentence = told(teller, "transition", {"rep": "marc", "to": "NURTURING"}, transition=id, to_state="NURTURING")
    assert sentence[0].isupper()
    assert "None" not in sentence.replace("None yet", "")


@pytest.mark.parametrize("kind", [*KINDS, "a_kind_of_next_year"])
@pytest.mark.parametrize("data", HOSTILE)
def test_nothing_stumbles(teller: Teller, kind: str, data: dict[str, Any]) -> None:
    for actor in (None, "rosa", "somebody who left"):
        found = teller.tell(row(kind, data, actor_id=actor, transition="T99", to_state="ELSEWHERE"))
        assert found is None or found.what.strip()


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("merged", {"merged": "x", "rule": "by hand"}, "Another lead of the same person was joined with this one"),
        ("taken_back", {"event": "demo_request"}, "Rosa Delgado took back: demo request"),
        ("correction_asked", {"to": "NURTURING"}, "Rosa Delgado asks to correct it: nurturing"),
        ("queue", {"is": "claimed", "rep": "marc"}, "Marc Tremblay has it on the screen"),
        ("queue", {"is": "skipped", "rep": "marc", "reason": "not_now"},
         "Marc Tremblay passed it over: cannot be reached at this hour"),
        ("history", {"received": ["a", "b"]}, "Had 2 of our touches from an old system"),
        ("paused", {"until": "2027-03-01T00:00:00+00:00"}, "No sends until 2027-03-01: paused by Rosa Delgado"),
        ("a_kind_of_next_year", {}, "A kind of next year"),
    ],
)  # fmt: skip
def test_what_people_did_beside_the_course(teller: Teller, kind: str, data: dict[str, Any], sentence: str) -> None:
    assert told(teller, kind, data) == sentence


def test_a_deal_says_what_it_is_worth(teller: Teller) -> None:
    won = told(teller, "transition", {"amount": 24000, "currency": "USD"}, transition="T26")
    assert won == "Won by Rosa Delgado: 24,000 USD"
    assert told(teller, "transition", {"amount": True}, transition="T26") == "Won by Rosa Delgado"
    assert money({"amount": 1200.5}) == "1,200.50"
    lost = told(teller, "transition", {}, transition="T27", reason="price")
    assert lost == "Lost: too expensive for them"


def test_how_the_definition_was_judged_only_counts(teller: Teller) -> None:
    assert teller.tell(row("verdict", {"ready": False})) is None


def test_an_answer_is_told_in_the_words_of_its_field() -> None:
    release: Release = shipped_release()
    known = {
        "fact.pain": Known("detention", AT, Source.FORM, "event:7"),
        "fact.evaluate_within_months": Known(2.0, AT, Source.FORM, "event:7"),
        "fact.no_longer_asked": Known("x", AT, Source.FORM, "event:8"),
    }
    words = taught_of(release, [known])
    assert words["event:7"] == "Trucks wait and we pay detention; Will compare options within (months): 2"
    assert words["event:8"] == "fact.no_longer_asked: x"
    sentence = told(Teller(release, words), "event", {"event": "answer", "event_row": 7})
    assert sentence.startswith("Answered: Trucks wait")
