"""Every row of the lifecycle table has a name that other systems know it by."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from domain import lifecycle
from domain.hooks import ANNOUNCED, EVENTS, Endpoint, Hook


def test_every_transition_is_announced() -> None:
    assert ANNOUNCED.keys() == lifecycle.ROWS.keys(), "a row of the lifecycle table needs a name in ANNOUNCED"
    assert all(event.partition(".")[0] in ("lead", "handoff") for event in EVENTS)


@pytest.mark.parametrize(
    "given",
    [
        {"send": "webhook", "url": "https://x.example"},
        {"send": "webhook", "events": ["lead.ready"]},
        {"send": "slack", "events": ["lead.ready"]},
        {"send": "slack", "url": "https://x.example"},
        {"send": "webhook", "url": "https://x.example", "events": ["*"], "teams": ["sales"]},
        {"send": "record", "url": "https://x.example", "events": ["*"]},
        {"send": "webhook", "url": "https://x.example", "events": ["*"], "record": {"body": {}}},
        {"send": "pigeon"},
    ],
)
def test_half_an_endpoint_is_none(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Endpoint.model_validate({"say": "x", **given})


@pytest.mark.parametrize(
    "given",
    [
        {"verify": "header", "id": "id", "match": {}},
        {"verify": "header", "match": {"email": "email"}},
        {"verify": "header", "id": "id", "match": {"external": "id"}, "unknown": "enrol"},
        {"verify": "nothing", "id": "id", "match": {"email": "email"}},
        {"verify": "header", "header": "X:Y", "id": "id", "match": {"email": "email"}},
        {"verify": "header", "id": [], "match": {"email": "email"}},
        {"verify": "header", "id": "id", "match": {"email": "email"}, "rules": [{"opportunity": {"stage": "s"}}]},
        {
            "verify": "header",
            "id": "id",
            "match": {"email": "email"},
            "rules": [{"opportunity": {"id": "deal", "status": {"path": "s", "values": {"Closed": "closed"}}}}],
        },
    ],
)
def test_half_a_hook_is_none(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Hook.model_validate({"say": "x", **given})


def test_who_hears_of_a_notice() -> None:
    everybody = Endpoint(say="x", send="slack")
    sales = Endpoint(say="x", send="slack", teams=["sales"], notices=["offered"])
    toms = Endpoint(say="x", send="teams", people=["tom"])
    assert everybody.hears("touch", "lena", "marketing")
    assert sales.hears("offered", "rosa", "sales")
    assert not sales.hears("on_desk", "rosa", "sales")
    assert not sales.hears("offered", "lena", "marketing")
    assert toms.hears("on_desk", "tom", "sales")
    assert not toms.hears("on_desk", "rosa", "sales")
    assert not Endpoint(say="x", send="slack", on=False).hears("offered", "rosa", "sales")
