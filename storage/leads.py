"""Reading about a lead what its people need in a sentence."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from domain.release import Release
from storage import tables as t
from storage import texts
from storage.archive import Tx
from storage.rows import to_known

BY_PEOPLE = {
    "override": "promoted by a person",
    "sales_generated": "sales brought this lead",
    "correction": "corrected by operations",
}


def headline(tx: Tx, release: Release, lead_id: UUID) -> dict[str, object]:
    """Who it is and why now, for a notice to our own people."""
    words = texts.get(tx, lead_id, "field")
    row = tx.execute(
        select(t.leads.c.ready_rule, t.lead_facts.c.known)
        .join(t.lead_facts, t.lead_facts.c.lead_id == t.leads.c.id)
        .where(t.leads.c.id == lead_id)
    ).one()
    known = to_known(row.known)
    names = [words.get(("field", f"lead.{n}")) for n in ("first_name", "last_name")]
    company = known.get("company.name") or known.get("company.domain")
    who = " ".join(n for n in names if n) or "somebody"
    return {"who": f"{who}, {company.value}" if company else who, "why": why_now(release, row.ready_rule)}


def why_now(release: Release, rule: str | None) -> str:
    """The rule that made a lead ready, in the words of its criteria."""
    found = release.definition.ready_when.get(rule or "")
    if found is None:
        return BY_PEOPLE.get(rule or "", "-")
    criteria = [c.say for name, c in release.definition.criteria.items() if name in found.when.reads.fields]
    events = sorted({release.events[name].say for name, _ in found.when.reads.events if name in release.events})
    return "; ".join(events + criteria)
