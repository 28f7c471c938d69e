"""Who the leads of a list are: a name where the role may see it, and the company."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from api import views
from domain.lead import Known
from storage import finding, reading
from storage.archive import Tx

NOBODY = "Somebody"


@dataclass(frozen=True)
class Names:
    known: Mapping[UUID, Mapping[str, Known]] = field(default_factory=dict)
    persons: Mapping[UUID, Mapping[str, str]] = field(default_factory=dict)

    def who(self, lead: object) -> str:
        """Their name, else their address; for somebody who may not see persons, that it is a lead."""
        person = self.persons.get(_id(lead), {})
        return views.full_name(person) or person.get("email") or NOBODY

    def company(self, lead: object) -> str:
        known = self.known.get(_id(lead), {})
        found = known.get("company.name") or known.get("company.domain")
        return str(found.value) if found else ""

    def called(self, lead: object) -> str:
        """Both, as far as they are known."""
        who, company = self.who(lead), self.company(lead)
        return f"{who}, {company}" if company else who


def _id(lead: object) -> UUID:
    return lead if isinstance(lead, UUID) else UUID(str(lead))


def names_of(tx: Tx, leads: Collection[object], may_see_persons: bool) -> Names:
    ids = [_id(lead) for lead in leads]
    return Names(finding.known(tx, ids), reading.persons(tx, ids) if may_see_persons else {})
