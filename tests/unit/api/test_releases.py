"""Releases over HTTP: proposed, planned, signed, published, taken back - and everything that must not go through."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from fastapi import FastAPI

from api.services import Running
from storage import api_keys
from tests.unit.api.house import House, shipped

DEFAULTS = "content/defaults.yaml"
TRACK = "content/tracks/dock-waiting/track.yaml"
CHECKLIST = "content/tracks/dock-waiting/checklist.md"
DEFINITION = "lead_defs/sales-ready.yaml"


def edited(path: str, old: str, new: str) -> dict[str, str]:
    files = shipped()
    assert old in files[path]
    return {**files, path: files[path].replace(old, new, 1)}


SHORTER = edited(DEFAULTS, "interest: 7 days", "interest: 9 days")
LONGER = edited(DEFAULTS, "interest: 7 days", "interest: 8 days")
TYPO = edited(CHECKLIST, "Leave it in the dock office", "Leave it at the dock office")
OTHER_GOAL = edited(TRACK, "goal: 40 sales_accepted", "goal: 50 sales_accepted")
OTHER_DEFINITION = edited(DEFINITION, "title: ", "title: New - ")


def propose(house: House, files: dict[str, str], role: str = "marketing", status: int = 201) -> Any:  # Any: JSON
    return house.post("/releases", {"files": files}, role, status)


def live(house: House) -> str:
    found: str = house.get("/releases")["live"]
    return found


def test_a_proposal_is_live_for_nobody(house: House) -> None:
    before = live(house)
    found = propose(house, SHORTER)
    assert (found["is_new"], found["is_live"], found["base"]) == (True, False, before)
    assert found["changes"] == [{"path": DEFAULTS, "change": "changed"}]
    assert found["missing"] == {}
    assert live(house) == before
    assert [p["release"] for p in house.get("/releases")["proposals"]] == [found["release"]]
    assert propose(house, SHORTER, status=200)["is_new"] is False


def test_copy_needs_marketing_alone_and_says_who_had_it(house: House) -> None:
    lead = house.enrol()
    house.sent(lead, "checklist")
    release = propose(house, TYPO)["release"]
    for role in ("sales", "manager", "viewer", "service"):
        house.post(f"/releases/{release}/publish", {}, role, 403)
    done = house.post(f"/releases/{release}/publish", {}, "marketing")
    assert (done["is_new"], live(house)) == (True, release)
    (had,) = done["reworded"]
    assert (had["touch"], had["leads"], had["first"][0]["lead"]) == ("checklist", 1, lead)
    first = house.get("/releases")["items"][0]
    assert (first["by"], first["via"], first["action"]) == ("ines", "test-marketing", "publish")
    assert house.post(f"/releases/{release}/publish", {}, "marketing")["is_new"] is False


def test_a_changed_part_asks_for_that_part_only(house: House) -> None:
    before = live(house)
    release = propose(house, OTHER_GOAL)["release"]
    assert house.get(f"/releases/{release}")["missing"] == {"track:dock-waiting": ["marketing", "sales"]}
    refused = house.post(f"/releases/{release}/publish", {}, "marketing", 409)
    assert "the track dock-waiting runs now" in refused["detail"]
    assert live(house) == before
    signed = house.post(f"/releases/{release}/sign", {"subject": "track:dock-waiting"}, "marketing")
    assert signed["missing"] == {"track:dock-waiting": ["sales"]}
    house.post(f"/releases/{release}/sign", {}, "manager")
    house.post(f"/releases/{release}/publish", {}, "marketing")
    assert live(house) == release
    signatures = [s for s in house.get(f"/releases/{release}")["signatures"] if s["subject"] == "track:dock-waiting"]
    assert [(s["who"], s["role"], s["via"]) for s in signatures] == [
        ("ines", "marketing", "test-marketing"),
        ("tom", "manager", "test-manager"),
    ]


def test_the_definition_needs_both_teams(house: House) -> None:
    release = propose(house, OTHER_DEFINITION)["release"]
    refused = house.post(f"/releases/{release}/publish", {}, "marketing", 409)
    assert "the definition is not signed by marketing and sales" in refused["detail"]


def test_proposed_people_make_nobody_a_member_of_the_other_team(house: House) -> None:
    """Lena is of the nurture team; files that call her a salesperson do not let her sign for sales."""
    files = edited("lead_defs/people.yaml", "role: nurture, team: marketing", "role: sales, team: sales")
    files[DEFINITION] = OTHER_DEFINITION[DEFINITION]
    release = propose(house, files)["release"]
    signed = house.post(f"/releases/{release}/sign", {"subject": "definition"}, "nurture")
    assert signed["missing"]["definition"] == ["sales"]


def test_who_may_sign(house: House) -> None:
    release = propose(house, OTHER_GOAL)["release"]
    house.post(f"/releases/{release}/sign", {}, "viewer", 403)
    house.post(f"/releases/{release}/sign", {"as": "tom"}, "marketing", 403)
    house.post(f"/releases/{release}/sign", {}, "admin", 403)
    house.post(f"/releases/{release}/sign", {"as": "olga"}, "admin", 409)
    house.post(f"/releases/{release}/sign", {"as": "nobody"}, "admin", 422)
    house.post(f"/releases/{release}/sign", {"subject": "budget"}, "marketing", 409)
    done = house.post(f"/releases/{release}/sign", {"as": "tom"}, "admin")
    assert done["signed"] == ["track:dock-waiting"]
    (signature,) = [s for s in house.get(f"/releases/{release}")["signatures"] if s["subject"] == "track:dock-waiting"]
    assert (signature["who"], signature["via"]) == ("tom", "test-admin")


def test_two_publish_at_once_and_one_is_told(house: House) -> None:
    mine, theirs = propose(house, SHORTER)["release"], propose(house, LONGER)["release"]
    house.post(f"/releases/{theirs}/publish", {}, "nurture")
    refused = house.post(f"/releases/{mine}/publish", {}, "marketing", 409)
    assert "lena made" in refused["detail"]
    assert live(house) == theirs
    assert propose(house, SHORTER, status=200)["base"] == theirs
    undone = house.post(f"/releases/{mine}/publish", {}, "marketing", 200)
    assert undone["is_new"]


def test_an_old_folder_does_not_take_back_what_a_colleague_published(house: House) -> None:
    old = shipped()
    house.post(f"/releases/{propose(house, SHORTER)['release']}/publish", {}, "nurture")
    stale = {**old, CHECKLIST: TYPO[CHECKLIST]}
    release = propose(house, stale)["release"]
    assert list(house.get(f"/releases/{release}")["undoes"]) == [DEFAULTS]
    refused = house.post(f"/releases/{release}/publish", {}, "marketing", 409)
    assert "take back what lena made live" in refused["detail"]
    house.post(f"/releases/{release}/publish", {"onto": live(house)[:12]}, "marketing")
    assert live(house) == release


def test_rollback_goes_back_step_by_step(house: House) -> None:
    first = live(house)
    releases = [propose(house, files)["release"] for files in (SHORTER, TYPO | {DEFAULTS: SHORTER[DEFAULTS]})]
    for release in releases:
        propose(house, house.get(f"/releases/{release}")["files"], status=200)
        house.post(f"/releases/{release}/publish", {}, "marketing")
    house.post("/releases/rollback", {}, "sales", 403)
    assert house.post("/releases/rollback", {}, "ops")["release"] == releases[0]
    assert house.post("/releases/rollback", {}, "manager")["release"] == first
    assert "nothing was live before" in house.post("/releases/rollback", {}, "marketing", 409)["detail"]
    assert house.post("/releases/rollback", {"to": "3"}, "marketing")["release"] == releases[1]
    house.post("/releases/rollback", {"to": releases[1]}, "marketing", 409)
    house.post("/releases/rollback", {"to": "abcdef"}, "marketing", 404)
    house.post("/releases/rollback", {"to": "x"}, "marketing", 422)
    house.post("/releases/rollback", {"onto": first}, "marketing", 409)
    never = propose(house, LONGER)["release"]
    assert "was never live" in house.post("/releases/rollback", {"to": never}, "marketing", 409)["detail"]
    actions = [(row["number"], row["action"]) for row in house.get("/releases")["items"]]
    assert actions == [
        (6, "rollback"),
        (5, "rollback"),
        (4, "rollback"),
        (3, "publish"),
        (2, "publish"),
        (1, "publish"),
    ]


def test_a_plan_over_http(house: House) -> None:
    lead = house.enrol()
    for _ in range(12):
        if house.work(lead).id.startswith(("deliver:door-map", "open_task:door-map")):
            break
    release = propose(house, SHORTER)["release"]
    found = house.get(f"/releases/{release}/plan", "viewer")
    assert (found["total"], found["is_quiet"], found["missing"]) == (1, False, {})
    assert found["counts"] == {"other_time": 1}
    (row,) = found["leads"]
    assert (row["lead"], row["before"]["touch"], row["after"]["touch"]) == (lead, "door-map", "door-map")
    assert row["before"]["due_at"] < row["after"]["due_at"]
    house.wakes.clear()
    assert house.get(f"/releases/{live(house)}/plan")["is_quiet"]
    assert house.get(f"/releases/{release}/plan?first=0")["more"] == 1


def test_one_plan_at_a_time(house: House) -> None:
    release = propose(house, SHORTER)["release"]
    running: Running = cast(FastAPI, house.client.app).state.running
    with running.planning:
        refused = house.call("GET", f"/releases/{release}/plan", "viewer")
        assert (refused.status_code, refused.json()["type"]) == (409, "urn:nurture:conflict")
        assert "ask again in a minute" in refused.json()["detail"]
    house.call("GET", f"/releases/{'0' * 64}/plan")
    assert house.get(f"/releases/{release}/plan")["total"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "../secret.key",
        "content/../lead_defs/x.yaml",
        "/etc/passwd",
        "content//x.md",
        "content\\x.md",
        "README.md",
        "content",
    ],
)
def test_files_from_elsewhere(house: House, path: str) -> None:
    assert house.post("/releases", {"files": {**shipped(), path: "x: 1\n"}}, "marketing", 422)["type"]
    assert house.get("/releases")["proposals"] == []


def test_what_is_no_release_is_stored_nowhere(house: House) -> None:
    half = dict(list(shipped().items())[:5])
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
    found = house.post("/releases", {"files": half}, "marketing", 422)
    assert found["type"] == "urn:nurture:files"
    assert all({"path", "line", "column", "sentence", "severity"} <= each.keys() for each in found["problems"])
    for files in (edited(DEFAULTS, "sender: ", "sneder: "), {**shipped(), DEFAULTS: bomb}, {**shipped(), DEFAULTS: ""}):
        assert house.post("/releases", {"files": files}, "marketing", 422)["problems"]
    bodies: list[object] = [
        {},
        {"files": {}},
        {"files": {DEFAULTS: 3}},
        {"files": []},
        {"files": shipped(), "force": True},
    ]
    for body in bodies:
        house.post("/releases", body, "marketing", 422)
    house.post("/releases", {"files": {**shipped(), DEFAULTS: "a\0b"}}, "marketing", 422)
    assert house.get("/releases")["proposals"] == []


def test_half_an_upload_and_far_too_much(house: House) -> None:
    whole = json.dumps({"files": shipped()}).encode()
    headers = {"Content-Type": "application/json"}
    strange = json.dumps({"files": {**shipped(), DEFAULTS: "\ud800"}}).encode()
    for content, status in (
        (strange, 422),
        (whole[: len(whole) // 2], 422),
        (b"\xff\xfe" + whole, 422),
        (b" " * 10_000_001, 413),
    ):
        answer = house.call("POST", "/releases", "marketing", content=content, headers=headers)
        assert answer.status_code == status, answer.text
    assert house.get("/releases")["proposals"] == []


def test_who_may_propose_and_look(house: House) -> None:
    for role in api_keys.ROLES:
        house.get("/releases", role)
        status = 201 if role == "marketing" else 200 if role in ("nurture", "sales", "manager", "admin") else 403
        house.post("/releases", {"files": SHORTER}, role, status)
    house.call("GET", "/releases/abc", "viewer")
    assert house.call("GET", f"/releases/{'0' * 64}").status_code == 404
    assert house.call("GET", "/releases/9").status_code == 404
    assert house.call("GET", f"/releases/{'z' * 70}").status_code == 422
