"""A sample lead of content/samples.yaml as `decide` sees it the moment it is enrolled."""

from __future__ import annotations

import uuid
from datetime import datetime

from domain.calendar import zone_of
from domain.keys import NAMESPACE
from domain.lead import Facts, Known, Lead, Seen, Source, State
from domain.release import Release
from domain.track import Sample
from domain.values import coerce, company_domain

EVIDENCE = "sample"
HAND_RAISER = "hand_raiser"
DEMO_REQUEST = "demo_request"
ADDRESS = "lead.email"
"""The one thing every lead has that is no field: it is kept apart, and no condition reads it."""


def facts_of(sample: Sample, release: Release, now: datetime) -> Facts:
    """Just enrolled at `now` (aware UTC), as if by a form; a hand-raiser has just asked for a demo.

    What is personal is left out, as for every lead. Raises InvalidError for a value that does not fit its
    field, which a release that was checked does not hold.
    """
    known = {
        name: Known(coerce(name, raw, release.fields[name]), now, Source.FORM, EVIDENCE)
        for name, raw in given(sample).items()
        if name in release.fields and not release.fields[name].personal
    }
    seen = {name: Seen({now.date(): 1}, now, EVIDENCE) for name in _has_done(sample, release)}
    return Facts(_lead(sample, release, now, known), known, seen)


def given(sample: Sample) -> dict[str, object]:
    """Everything known on arrival, by full name: what stands under `fact` as `fact.pain`."""
    groups = {"lead": sample.lead, "company": sample.company, "inquiry": sample.inquiry, "fact": sample.fact}
    return {
        f"{group}.{name}": raw
        for group, values in groups.items()
        for name, raw in values.items()
        if f"{group}.{name}" != ADDRESS
    }


def _lead(sample: Sample, release: Release, now: datetime, known: dict[str, Known]) -> Lead:
    address = str(sample.lead.get("email", ""))
    own_zone, *countries = (
        str(known[name].value) if name in known else None
        for name in ("lead.time_zone", "lead.country", "company.country")
    )
    return Lead(
        id=uuid.uuid5(NAMESPACE, f"sample/{address}"),
        state=State.NEW,
        created_at=now,
        state_entered_at=now,
        company=company_domain(sample.company.get("domain"), address),
        country=next((country for country in countries if country), None),
        time_zone=zone_of(own_zone, countries, release.defaults.time_zone)[0],
    )


def _has_done(sample: Sample, release: Release) -> list[str]:
    if sample.behaves != HAND_RAISER:
        return []
    return [DEMO_REQUEST] if DEMO_REQUEST in release.events else sorted(release.hand_raises)[:1]
