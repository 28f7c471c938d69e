"""The page for what never arrived: why, to whom, once more, and for whom it is."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from storage import tables as t
from storage.archive import machine_now
from tests.unit.api.house import CURIOUS, House
from tests.unit.api.visitors import forms_of, visitor

HOSTILE = "<script>alert(1)</script>"


def dead(house: House, lead: str | None = None, number: int = 1, **more: Any) -> list[UUID]:  # Any: columns
    now = machine_now()
    ids = [uuid4() for _ in range(number)]
    base = {
        "endpoint": "warehouse", "event": "lead.ready", "lead_id": UUID(lead) if lead else None, "log_id": None,
        "notice_id": None, "at": house.clock.at, "recorded_at": now, "status": "dead", "tries": 10,
        "next_try_at": now, "ended_at": now, "code": "500", "says": "the disk is full",
    }  # fmt: skip
    with house.archive.begin() as tx:
        for back, id in enumerate(ids):
            tx.execute(insert(t.webhooks).values({**base, "id": id, "recorded_at": now - timedelta(days=back), **more}))
    return ids


def statuses(house: House) -> dict[UUID, str]:
    with house.archive.reading() as tx:
        return {row.id: row.status for row in tx.execute(select(t.webhooks.c.id, t.webhooks.c.status))}


def test_it_says_what_failed_why_and_about_whom(house: House) -> None:
    assert "Nothing is dead" in visitor(house, "ops").get("/webhooks")
    lead = house.enrol(CURIOUS)
    dead(house, lead, says=HOSTILE)
    dead(house, code="timeout", says=None, endpoint="hubspot", event="handoff.recycled")
    page = visitor(house, "ops").get("/webhooks")
    for words in (
        "lead.ready",
        "to warehouse",
        "500",
        "Marcus Bell",
        "handoff.recycled",
        "no answer in time",
        "Send again",
    ):
        assert words in page
    assert HOSTILE not in page
    assert "handoff.recycled" not in visitor(house, "ops").get("/webhooks?endpoint=warehouse")
    assert "Nothing waits." in visitor(house, "ops").get("/webhooks?status=waiting")
    assert "Dead" in visitor(house, "ops").get("/webhooks?status=%00nonsense")  # as if it were not there


def test_one_is_sent_again_once_however_often_it_is_asked(house: House) -> None:
    first, second = dead(house, number=2)
    ops = visitor(house, "ops")
    action = f"/webhooks/{first}/resend"
    form = forms_of(ops.get("/webhooks"))[action]
    assert ops.post(action, **form).headers["location"] == "/webhooks?done=resend"
    assert statuses(house) == {first: "waiting", second: "dead"}
    assert ops.post(action, **form).status_code == 303  # the same form again is the same change
    late = ops.post(action, once="another")
    assert late.status_code == 409
    assert "on its way already" in late.text
    assert ops.post(f"/webhooks/{uuid4()}/resend", once="x").status_code == 404
    assert ops.post(action, origin=None, **form).status_code == 403


def test_all_of_an_endpoint_and_nobody_elses(house: House) -> None:
    ours, theirs = dead(house, number=3), dead(house, endpoint="hubspot")
    ops = visitor(house, "ops")
    assert "Send all 3 again" in ops.get("/webhooks")
    ops.send("/webhooks", "/webhooks/endpoints/warehouse/resend")
    assert {statuses(house)[id] for id in ours} == {"waiting"}
    assert {statuses(house)[id] for id in theirs} == {"dead"}
    assert house.post("/endpoints/hubspot/resend", role="ops")["resent"] == 1
    assert house.post("/endpoints/hubspot/resend", role="ops")["resent"] == 0
    assert "there is no endpoint nobody" in house.post("/endpoints/nobody/resend", role="ops", status=404)["detail"]
    assert ops.post("/webhooks/endpoints/warehouse/explode", once="x").status_code == 404


def test_one_that_wanted_no_more_is_put_on_again(house: House) -> None:
    with house.archive.begin() as tx:
        tx.execute(insert(t.endpoints_off).values(endpoint="warehouse", at=machine_now(), code="410"))
    ops = visitor(house, "ops")
    assert "it wants no more" in ops.get("/webhooks")
    ops.send("/webhooks", "/webhooks/endpoints/warehouse/enable")
    assert "it wants no more" not in ops.get("/webhooks")


@pytest.mark.parametrize("role", ["sales", "manager", "marketing", "viewer", "service"])
def test_it_is_for_operations(house: House, role: str) -> None:
    (id,) = dead(house)
    somebody = visitor(house, role)
    assert 'href="/webhooks"' not in somebody.get("/")
    assert somebody.client.get("/webhooks").status_code == 403
    for action in (f"/webhooks/{id}/resend", "/webhooks/endpoints/warehouse/resend"):
        assert somebody.post(action, once="x").status_code == 403
    assert house.call("POST", "/endpoints/warehouse/resend", role).status_code == 403
    assert statuses(house) == {id: "dead"}


def test_operations_find_it_and_a_long_list_has_pages(house: House) -> None:
    dead(house, number=35)
    ops = visitor(house, "ops")
    assert 'href="/webhooks"' in ops.get("/")
    page = ops.get("/webhooks")
    assert page.count("/resend") == 31
    following = page.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert ops.get(f"/webhooks{following}").count("/resend") == 6
