"""Deals as HubSpot and Salesforce tell of them: marketing to the company stands still, and goes on when they end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import RowMapping, select

from domain.said import Deal
from storage import tables as t
from storage.deals import website
from tests.unit.api.test_hooks import Door, change, door, with_rosa
from tests.world import World

__all__ = ["door"]
CONTACT, DEAL = 1246965, 8810


def stage(value: str, **more: Any) -> dict[str, Any]:  # Any: JSON
    """deal.propertyChange: like a contact's, and it names nothing but the deal."""
    return change("dealstage", value, subscriptionType="deal.propertyChange", objectId=DEAL, **more)


def associated(**more: Any) -> dict[str, Any]:  # Any: JSON
    """deal.associationChange as https://developers.hubspot.com/docs/api-reference/webhooks-webhooks-v3/guide has it: no
    objectId and no property; the two ends instead."""
    event = {
        **change("", ""),
        "subscriptionType": "deal.associationChange",
        "associationType": "DEAL_TO_CONTACT",
        "fromObjectId": DEAL,
        "toObjectId": CONTACT,
        "associationRemoved": False,
        "isPrimaryAssociation": False,
        **more,
    }
    return {name: value for name, value in event.items() if name not in ("objectId", "propertyName", "propertyValue")}


def flow(id: str, **fields: Any) -> dict[str, Any]:  # Any: JSON
    """The body of the callout that lead_defs/hooks/salesforce-opportunity.yaml describes, with the fields of
    https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_opportunity.htm
    """
    opportunity = {
        "Id": "0068d00000AbCdEAAV",
        "StageName": "Negotiation/Review",
        "IsClosed": False,
        "IsWon": False,
        "Amount": 42000.0,
        "CurrencyIsoCode": "USD",
        "CloseDate": "2027-06-30",
        "ForecastCategoryName": "Best Case",
        "LeadSource": "Partner Referral",
    }
    around = {name: fields.pop(name, None) for name in ("account", "contact", "owner")}
    return {"event": id, "at": "2027-01-04T16:00:00.000Z", "opportunity": {**opportunity, **fields}, **around}


def deals(world: World) -> list[RowMapping]:
    with world.archive.reading() as tx:
        return list(tx.execute(select(t.opportunities)).mappings())


def open_at(world: World, company: str = "site.example") -> int:
    with world.archive.reading() as tx:
        return tx.execute(select(t.accounts.c.open_deals).where(t.accounts.c.company == company)).scalar() or 0


def outcomes(answer: Any) -> list[str]:  # Any: a response
    assert answer.status_code == 200, answer.text
    return [item["outcome"] for item in answer.json()["items"]]


def test_a_deal_in_hubspot_stops_marketing_and_its_end_wakes_everybody(door: Door) -> None:
    world = door.world
    buyer, colleague = world.enrol(external=("hubspot", str(CONTACT))), world.enrol("bo@site.example")
    world.live_for(colleague, minutes=1)
    found = outcomes(door.hubspot(stage("qualifiedtobuy", eventId=1), associated(eventId=2)))
    assert found == ["taken", "taken"]
    (deal,) = deals(world)
    assert (deal["system"], deal["external_id"], deal["status"], deal["stage"]) == (
        "hubspot", str(DEAL), "open", "qualifiedtobuy",
    )  # fmt: skip
    assert (deal["company"], deal["lead_id"]) == ("site.example", buyer)
    for lead in (buyer, colleague):
        assert "a deal is open" in world.live_for(lead, days=12).reason
        assert world.rows(t.ledger, lead) == []
    later = 1462216307945 + 86_400_000
    assert outcomes(door.hubspot(stage("closedlost", eventId=3, occurredAt=later))) == ["taken"]
    assert open_at(world) == 0
    assert [row["verb"] for row in world.rows(t.wakes, colleague)][-1] == "deal closed at the company"
    world.live_for(colleague, days=12)
    assert world.rows(t.ledger, colleague)


def test_events_in_any_order_and_again_are_one_deal(door: Door) -> None:
    """HubSpot promises no order, and sends again what was not answered in time."""
    world = door.world
    world.enrol(external=("hubspot", str(CONTACT)))
    at = 1462216307945
    won, began = (
        stage("closedwon", eventId=9, occurredAt=at + 5000),
        stage("appointmentscheduled", eventId=8, occurredAt=at),
    )
    amount = change("amount", "42000", subscriptionType="deal.propertyChange", objectId=DEAL, eventId=7)
    closes = change("closedate", "1814313600000", subscriptionType="deal.propertyChange", objectId=DEAL, eventId=6)
    assert outcomes(door.hubspot(won, associated(eventId=5), began, amount, closes)) == ["taken"] * 5
    assert outcomes(door.hubspot(began, won)) == ["repeated"] * 2
    (deal,) = deals(world)
    assert (deal["status"], deal["stage"], deal["amount"], deal["close_on"]) == (
        "won",
        "closedwon",
        42000,
        "2027-06-30",
    )
    assert open_at(world) == 0


def test_two_contacts_of_one_deal_leave_it_with_the_first_ones_company(door: Door) -> None:
    world = door.world
    world.enrol(external=("hubspot", str(CONTACT)))
    world.enrol("cy@other.example", external=("hubspot", "77"))
    door.hubspot(stage("presentationscheduled", eventId=1), associated(eventId=2), associated(eventId=3, toObjectId=77))
    assert (open_at(world), open_at(world, "other.example")) == (1, 0)


def test_a_contact_with_the_deals_own_number_is_not_its_lead(door: Door) -> None:
    world = door.world
    namesake = world.enrol("cy@other.example", external=("hubspot", str(DEAL)))
    assert outcomes(door.hubspot(stage("closedwon"))) == ["taken"]
    assert deals(world)[0]["lead_id"] is None
    assert world.rows(t.opportunities, namesake) == []


def test_an_association_with_nobody_here_is_unknown_and_may_come_again(door: Door) -> None:
    assert outcomes(door.hubspot(associated(), associated(eventId=2, associationRemoved=True))) == [
        "unknown",
        "ignored",
    ]
    assert deals(door.world) == []
    door.world.enrol(external=("hubspot", str(CONTACT)))
    assert outcomes(door.hubspot(associated())) == ["taken"]
    assert (open_at(door.world), deals(door.world)[0]["status"]) == (1, "open")


def test_a_deleted_deal_is_withdrawn(door: Door) -> None:
    door.world.enrol(external=("hubspot", str(CONTACT)))
    door.hubspot(stage("qualifiedtobuy", eventId=1), associated(eventId=2))
    gone = {**associated(eventId=3), "subscriptionType": "deal.deletion", "objectId": DEAL, "occurredAt": 1462216399999}
    assert outcomes(door.hubspot(gone)) == ["taken"]
    assert (deals(door.world)[0]["status"], open_at(door.world)) == ("withdrawn", 0)


def test_a_salesforce_opportunity_of_a_company_nobody_of_which_is_its_contact(door: Door) -> None:
    world = door.world
    colleague = world.enrol("bo@site.example")
    account, owner = {"Website": "https://www.Site.example/about?x=1"}, {"Email": "Rosa@harborline.example"}
    answer = door.opportunity(flow("1", account=account, owner=owner, contact={"Email": "cfo@site.example"}))
    assert (answer.status_code, answer.json()) == (200, {"outcome": "taken"})
    (deal,) = deals(world)
    assert (deal["company"], deal["owner"], deal["origin"], deal["forecast"]) == (
        "site.example", "rosa", "partner", "best_case",
    )  # fmt: skip
    assert (deal["amount"], deal["currency"], deal["close_on"], deal["status_at"]) == (
        42000, "USD", "2027-06-30", datetime(2027, 1, 4, 16, tzinfo=UTC),
    )  # fmt: skip
    assert "a deal is open" in world.live_for(colleague, days=12).reason
    closed = flow("2", account=account, IsClosed=True, IsWon=True, StageName="Closed Won")
    assert door.opportunity(closed).json() == {"outcome": "taken"}
    assert (deals(world)[0]["status"], open_at(world)) == ("won", 0)


def test_a_colleague_who_is_ready_meanwhile_goes_to_the_deals_owner(door: Door) -> None:
    door.opportunity(flow("1", account={"Website": "site.example"}, owner={"Email": "marc@harborline.example"}))
    lead = with_rosa(door.world, email="bo@site.example")
    assert door.world.row(lead)["owner"] == "marc"


def test_a_deal_over_there_is_a_sign_of_life_of_ours(door: Door) -> None:
    world = door.world
    lead = with_rosa(world, external=("hubspot", str(CONTACT)))
    world.say(lead, "attempt", outcome="connected", channel="phone")
    world.say(lead, "qualify")
    world.say(lead, "opportunity", deal=Deal(9000, "USD", (world.clock.at + timedelta(days=40)).date(), "pipeline"))
    door.hubspot(associated(eventId=1))
    world.clock.at += timedelta(days=30)
    assert outcomes(door.hubspot(stage("contractsent", eventId=2, occurredAt=1562216307945))) == ["taken"]
    assert world.row(lead)["clock_due_at"] == world.clock.at + timedelta(days=60)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"Amount": -1}, "an amount is a number"),
        ({"Amount": 1e300}, "an amount is a number"),
        ({"CurrencyIsoCode": "dollars"}, "a currency is three letters"),
        ({"CloseDate": "soon"}, "a moment is written"),
        ({"IsClosed": "perhaps"}, "the status of an opportunity is open, won, lost, withdrawn"),
        ({"Id": "0" * 300}, "an id of at most 255"),
    ],
)
def test_what_is_no_deal_is_refused_and_changes_nothing(door: Door, fields: Mapping[str, Any], says: str) -> None:
    answer = door.opportunity(flow("1", account={"Website": "site.example"}, **fields))
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert deals(door.world) == []
    assert open_at(door.world) == 0


def test_a_deal_of_nobody_we_can_tell_is_unknown(door: Door) -> None:
    answer = door.opportunity(flow("1", contact={"Email": "cfo@site.example"}))
    assert answer.status_code == 404
    assert deals(door.world) == []
    junk = flow("2", account={"Website": "n/a"})
    assert door.opportunity(junk).json() == {"outcome": "taken"}  # whose it is may be told later
    assert [deal["company"] for deal in deals(door.world)] == [None]


@pytest.mark.parametrize(
    ("given", "domain"),
    [
        ("https://www.Site.example/about", "site.example"),
        ("site.example:8080", "site.example"),
        ("HTTP://SITE.EXAMPLE.", "site.example"),
        ("gmail.com", None),
        ("n/a", None),
        ("", None),
        ("http://[::1", None),
        ("not a site.example", None),
        ("localhost", None),
    ],
)
def test_a_website_is_its_domain(given: str, domain: str | None) -> None:
    assert website(given) == domain
