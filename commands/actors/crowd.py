"""The buyers of crowd.yaml as samples: short lines there, whole people here."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from re import sub

from pydantic import BaseModel, ConfigDict, TypeAdapter
from yaml import safe_load

from domain.errors import InvalidError
from domain.release import Release
from domain.samples import given
from domain.track import Sample
from domain.values import coerce

FILE = "crowd.yaml"
TELLS = {"pain": "pain", "months": "evaluate_within_months", "role": "contact_role", "money": "budget_status"}


class Person(BaseModel):
    """One line of crowd.yaml; the words are explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    title: str
    company: str | None = None
    domain: str | None = None
    email: str | None = None
    asks: str
    site: str = ""
    pain: str | None = None
    months: int | None = None
    role: str | None = None
    money: str | None = None
    named_by: str | None = None
    twin_of: str | None = None
    place: str
    behaves: str

    @property
    def id(self) -> str:
        return slug(self.name) if self.twin_of is None else f"{slug(self.name)}-again"

    @property
    def address(self) -> str:
        first, _, last = self.name.partition(" ")
        return self.email or f"{slug(first, '')}.{slug(last, '')}@{self.web_domain}"

    @property
    def web_domain(self) -> str | None:
        return self.domain or (f"{slug(self.company)}.example" if self.company else None)


@dataclass(frozen=True)
class Extra:
    """A sample, and how this person comes in when not by writing to us: ids of others of the crowd."""

    sample: Sample
    named_by: str | None
    twin_of: str | None


def crowd_for(release: Release) -> dict[str, Extra]:
    """By their id. Nobody where the files know other fields than ours: then their own samples play alone."""
    extras = {person.id: Extra(sample_of(person), _id(person.named_by), _id(person.twin_of)) for person in people()}
    return extras if all(fits(extra.sample, release) for extra in extras.values()) else {}


def people() -> list[Person]:
    text = (resources.files("commands.actors") / FILE).read_text("utf-8")
    short = {"is": "behaves", "from": "place"}
    rows = [{short.get(name, name): value for name, value in row.items()} for row in safe_load(text)["buyers"]]
    return TypeAdapter(list[Person]).validate_python(rows)


def sample_of(person: Person) -> Sample:
    first, _, last = person.name.partition(" ")
    country, _, zone = person.place.partition(" ")
    industry, _, doors = person.site.partition(" ")
    topic, _, source = person.asks.partition(" ")
    company = {"name": person.company, "domain": person.web_domain, "industry": industry, "country": country}
    said = {f"fact.{fact}": getattr(person, short) for short, fact in TELLS.items()}
    return Sample(
        lead={
            "first_name": first,
            "last_name": last,
            "email": person.address,
            "title": person.title,
            "country": country,
            "time_zone": zone,
        },
        company=_known({**company, "dock_doors": int(doors or 0) or None}) if person.company else {},
        inquiry={"topic": topic, "source": source},
        behaves=person.behaves,
        tells=_known(said),
    )


def fits(sample: Sample, release: Release) -> bool:
    for name, raw in {**given(sample), **sample.tells}.items():
        if name not in release.fields:
            return False
        try:
            coerce(name, raw, release.fields[name])
        except InvalidError:
            return False
    return True


def slug(text: str, between: str = "-") -> str:
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode()
    return sub(r"[^a-z0-9]+", between, plain.replace("'", "")).strip("-")


def _id(name: str | None) -> str | None:
    return slug(name) if name else None


def _known(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if value not in (None, "")}
