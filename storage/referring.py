"""Somebody names the right person: a new inquiry with the context carried, and each lead's timeline knows the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from domain import keys
from domain.addresses import email_address
from domain.context import Context
from domain.errors import InvalidError
from domain.lead import Source
from domain.said import Said
from storage import enrolling, record, texts
from storage.deciding import Deciding
from storage.enrolling import Enrolled, Enrolment

ORIGIN = "referral"
CARRIED = ("company.", "inquiry.")
"""What is as true for a colleague. What somebody feels and plans is told in the note: it is not their fact."""


@dataclass(frozen=True)
class Referral:
    """`person` are fields of the one who was named, by name: `lead.first_name`."""

    email: str
    person: Mapping[str, str] = field(default_factory=dict)


def refer(d: Deciding, referral: Referral, said: Said) -> Enrolled:
    """Enrol them, or tell the one we know. Raises InvalidError for an address that cannot be, or the lead's own."""
    if said.command != "recycle":
        raise InvalidError("a referral comes with the return of a lead: recycle", "referral")
    if keys.address_key(d.archive.secret, email_address(referral.email)) == record.address_key(d.tx, d.lead.id):
        raise InvalidError("this is the address of the lead itself; name somebody else", "referral")
    carried = {name: known.value for name, known in d.facts.known.items() if name.startswith(CARRIED)}
    enrolment = Enrolment(
        referral.email,
        {**carried, **referral.person},
        ORIGIN,
        Source.ENRICHMENT,  # said about them, not by them: anything they say themselves counts for more
        said.actor,
        said.actor_id,
        offering=d.lead.offering,
        consent={"basis": ORIGIN},
        id=keys.referred_id(d.lead.id, d.lead.cycle),
    )
    found = enrolling.enrol(d.tx, d.archive, enrolment)
    who = {"actor": said.actor, "actor_id": said.actor_id}
    record.log(d.tx, d.lead, ORIGIN, d.now, data={"named": str(found.lead_id)}, **who)
    there = record.lead_of(d.tx, found.lead_id)
    log_id = record.log(d.tx, there, ORIGIN, d.now, data={"named_by": str(d.lead.id)}, **who)
    texts.put(d.tx, found.lead_id, "note", str(log_id), _told(d), d.now)
    return found


def _told(d: Deciding) -> str:
    """What their colleague had told us, in words: nobody should have to say it again from the beginning."""
    names = texts.get(d.tx, d.lead.id, "field")
    who = " ".join(n for k in ("first_name", "last_name") if (n := names.get(("field", f"lead.{k}"))))
    title = d.facts.known.get("lead.title")
    by = ", ".join(str(part) for part in (who or "a colleague", title and title.value) if part)
    said = "; ".join(_facts(d.ctx))
    return f"Named by {by}.{f' What they told us: {said}.' if said else ''}"


def _facts(ctx: Context) -> list[str]:
    found = []
    for name, known in sorted(ctx.facts.known.items()):
        declared = ctx.release.fields.get(name)
        if name.startswith("fact.") and declared and ctx.view.known(name):
            value = known.value
            words = "yes" if value is True else "no" if value is False else declared.options.get(str(value))
            found.append(f"{declared.say}: {words or (f'{value:g}' if isinstance(value, float) else value)}")
    return found
