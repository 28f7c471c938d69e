"""A sample as it stands the moment it is enrolled."""

from __future__ import annotations

from datetime import UTC, datetime

from authoring.load import compile_release
from domain.lead import Source, State
from domain.samples import facts_of
from tests.unit.authoring.small import FILES

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def test_what_it_came_with_is_known_and_what_is_personal_is_not() -> None:
    release = compile_release(FILES)
    facts = facts_of(release.samples["complete"], release, NOW)
    assert {name: known.value for name, known in facts.known.items()} == {
        "company.taps": 8.0,
        "inquiry.topic": "kegs",
        "fact.pain": "late",
        "fact.months": 2.0,
    }
    assert {(known.source, known.evidence, known.at) for known in facts.known.values()} == {
        (Source.FORM, "sample", NOW)
    }
    assert facts.lead.state is State.NEW
    assert facts.lead.company == "pub.example"
    assert facts.lead.time_zone == "America/New_York"
    assert facts.seen == {}


def test_a_hand_raiser_has_just_asked_for_a_demo() -> None:
    release = compile_release(FILES)
    facts = facts_of(release.samples["waving"], release, NOW)
    assert facts.seen["demo_request"].count(NOW, None) == 1
    assert facts.seen["demo_request"].last_at == NOW


def test_each_sample_is_always_the_same_lead() -> None:
    release = compile_release(FILES)
    ids = {facts_of(sample, release, NOW).lead.id for sample in release.samples.values()}
    assert ids == {facts_of(sample, release, NOW).lead.id for sample in release.samples.values()}
    assert len(ids) == len(release.samples)
