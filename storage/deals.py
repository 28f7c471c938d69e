"""A deal as another system tells of it in its own words: understood, kept, and heard as a sign of life."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from domain.errors import InvalidError
from domain.hooks import STATUSES
from domain.release import Release
from domain.values import company_domain
from storage import opportunities, people
from storage import tables as t
from storage.archive import Archive, Tx
from storage.opportunities import ORIGINS, Told
from storage.wakes import Wake

LONGEST_ID, LONGEST_CODE, MOST = 255, 64, 1e12
CURRENCY = re.compile("[A-Z]{3}")


def take(
    tx: Tx,
    archive: Archive,
    lead_id: UUID | None,
    system: str,
    given: Mapping[str, str],
    close_on: date | None,
    at: datetime | None,
) -> Wake | None:
    """`given` are its fields as texts, `at` is when it was so over there. Raises InvalidError for what is no deal.

    The lead is locked before anything that deals share, as in every decision.
    """
    if system == opportunities.OURS:
        raise InvalidError(f"{system} is our own; another system's deals need a name of their own", "system")
    id = given.get("id", "")
    if not id or len(id) > LONGEST_ID:
        raise InvalidError("an opportunity has an id of at most 255 characters", "id")
    status = _one_of(STATUSES, given, "status")
    o = t.opportunities.c
    known = tx.execute(select(o.lead_id).where(o.system == system, o.external_id == id)).scalar()
    whose = lead_id or known
    codes = {name: given[name][:LONGEST_CODE] for name in ("stage", "forecast") if given.get(name)}
    said = {**codes, **({"status": status} if status else {})}
    sign = people.deal_told(tx, archive, whose, system, {"id": id, **said}) if whose else None
    told = Told(
        system,
        id,
        status,
        company=website(given.get("company", "")),
        lead_id=lead_id,
        lead_company=_company_of(tx, lead_id),
        amount=_amount(given.get("amount")),
        currency=_currency(given.get("currency")),
        close_on=close_on,
        owner=_person(archive.live(tx), given.get("owner")),
        origin=_one_of(ORIGINS, given, "origin") or "unknown",
        at=at,
        **codes,
    )
    opportunities.tell(tx, told, archive.clock.now())
    return sign.wake if sign else None


def website(text: str) -> str | None:
    """The company's domain in what a CRM keeps as its website; None for anything that is no domain of a company."""
    try:
        host = urlsplit(text.strip() if "//" in text else f"//{text.strip()}").hostname or ""
    except ValueError:
        return None
    is_one = "." in host.strip(".") and " " not in host and len(host) <= LONGEST_ID
    return company_domain(host.rstrip("."), "") if is_one else None


def _amount(text: str | None) -> float | None:
    try:
        amount = float(text) if text else None
    except ValueError:
        amount = -1.0
    if amount is not None and not 0 <= amount < MOST:
        raise InvalidError("an amount is a number from 0 on, such as 12000 or 2.5", "amount")
    return amount


def _currency(text: str | None) -> str | None:
    found = text.upper() if text else None
    if found and not CURRENCY.fullmatch(found):
        raise InvalidError("a currency is three letters, as USD", "currency")
    return found


def _one_of(known: tuple[str, ...], given: Mapping[str, str], name: str) -> str | None:
    found = given.get(name)
    if found and found not in known:
        raise InvalidError(f"the {name} of an opportunity is {', '.join(known)}; say which under its values", name)
    return found


def _company_of(tx: Tx, lead_id: UUID | None) -> str | None:
    company: str | None = tx.execute(select(t.leads.c.company).where(t.leads.c.id == lead_id)).scalar()
    return company


def _person(release: Release, text: str | None) -> str | None:
    """Whom they name by id or by address; somebody who is not in people.yaml owns nothing here."""
    said = (text or "").strip().casefold()
    by_address = {person.address.casefold(): id for id, person in release.people.items()}
    return said if said in release.people else by_address.get(said)
