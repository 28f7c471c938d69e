"""A salesperson with nothing but a mail: the links in it, and the forms of the page behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from api import offered_mail
from storage import sales_reading
from tests.unit.api.house import House
from tests.unit.api.visitors import Visitor, forms_of, stranger


def mail_of(house: House, lead: str) -> dict[str, Any]:
    """The links of the newest offer's mail, as paths, and who got it."""
    with house.archive.reading() as tx:
        offer = sales_reading.offers_of(tx, UUID(lead))[-1]
        found = offered_mail.sheet(tx, house.archive, house.links, offer["id"])
    accept, attempt, refuse = (urlsplit(button.url).path for button in found.buttons)
    return {"accept": accept, "attempt": attempt, "refuse": refuse, "rep": offer["rep"]}


def offered(house: House) -> tuple[str, dict[str, Any], Visitor]:
    lead, _ = house.offered()
    return lead, mail_of(house, lead), stranger(house)


def told(rep: Visitor, path: str, command: str, given: Mapping[str, str], status: int = 200) -> str:
    """Fill in a form of the page behind this link, as it is shown now, and send it; what is answered."""
    page = rep.get(path)
    action = f"{path.rpartition('/')[0]}/{command}"
    forms = forms_of(page)
    assert action in forms, f"no form {action} in {sorted(forms)}"
    answer = rep.client.post(action, data={**forms[action], **given})
    assert answer.status_code == status
    return answer.text


def possible(page: str) -> list[str]:
    return [action.rpartition("/")[2] for action in forms_of(page)]


def state(house: House, lead: str) -> str:
    found: str = house.get(f"/leads/{lead}")["state"]
    return found
