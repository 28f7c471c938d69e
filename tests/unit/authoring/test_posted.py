"""Bodies through their mapping, and what `nurture check` says about the files of other systems."""

from __future__ import annotations

import json
from typing import Any

import pytest

from authoring.load import load
from authoring.posted import items_in, value_at
from domain.hooks import Hook
from tests.world import shipped_files

ENDPOINT, HOOK = "lead_defs/endpoints/warehouse.yaml", "lead_defs/hooks/salesforce.yaml"


def hook(**more: Any) -> Hook:  # Any: as in a file
    return Hook.model_validate({"say": "x", "verify": "standard", "match": {"email": "mail"}, **more})


def body(data: object) -> bytes:
    return json.dumps(data).encode()


@pytest.mark.parametrize(
    ("path", "found"),
    [("a", 1), ("b.c", "x"), ("l.0.d", True), ("l.1", None), ("l.x", None), ("a.b", None), ("", None), ("l.-1", None)],
)
def test_a_path(path: str, found: object) -> None:
    assert value_at({"a": 1, "b": {"c": "x"}, "l": [{"d": True}]}, path) == found


def test_values_are_replaced_whatever_their_case() -> None:
    reading = {"path": "size", "values": {"Big ": "40", "none": None}, "default": "12"}
    fields = {"company.dock_doors": reading, "lead.title": "{{ first }} {{ last }}"}
    read = hook(fields=fields)
    said = [{"size": "BIG"}, {"size": "none", "first": "A", "last": "B"}, {"size": "?"}, {"first": "A"}]
    facts = [dict(item.facts) for item in items_in(read, body(said), "m")]
    assert facts == [
        {"company.dock_doors": "40"},
        {"lead.title": "A B"},
        {"company.dock_doors": "12"},
        {"company.dock_doors": "12"},
    ]


def test_the_first_rule_that_fits() -> None:
    rules = [
        {"when": {"kind": "a", "deep.er": [1, True]}, "event": "demo_request"},
        {"when": {"kind": "*"}, "event": "reply"},
    ]
    said = [{"kind": "A", "deep": {"er": 1}}, {"kind": "a", "deep": {"er": True}}, {"kind": "b"}, {"kind": ""}, {}]
    items = items_in(hook(rules=rules), body(said), "m")
    assert [item.rule.event for item in items] == ["demo_request", "demo_request", "reply", None, None]
    assert [item.is_ignored for item in items] == [False, False, False, True, True]
    assert [item.id for item in items] == ["m/0", "m/1", "m/2", "m/3", "m/4"]


def test_a_long_id_is_kept_short_and_stays_its_own() -> None:
    read = hook(id="{{ id }}")
    one, two = items_in(read, body([{"id": "x" * 300 + "1"}, {"id": "x" * 300 + "2"}]))
    assert len(one.id) < 255
    assert one.id != two.id


def problems(path: str, old: str, new: str) -> list[str]:
    files = shipped_files()
    assert old in files[path]
    loaded = load({**files, path: files[path].replace(old, new)})
    return [f"{problem.path}:{problem.line} {problem.sentence}" for problem in loaded.errors]


@pytest.mark.parametrize(
    ("path", "old", "new", "says"),
    [
        (ENDPOINT, '"*"', "handoff.offerd", "yaml:7 Nothing is announced as handoff.offerd; did you mean"),
        (ENDPOINT, "harborline.example/", "{{ lead.id }", "template cannot be read"),
        (ENDPOINT, "send: webhook", "send: slack", "its address is the secret"),
        ("lead_defs/endpoints/sales-slack.yaml", "[sales]", "[sails]", "There is no team sails"),
        ("lead_defs/endpoints/hubspot.yaml", "{{ lead.phone }}", "{% if %}", "template cannot be read"),
        ("lead_defs/endpoints/hubspot.yaml", "    WON:", "    WOON:", "hubspot.yaml:35"),
        (HOOK, "company.dock_doors:", "company.doors:", "There is no field company.doors"),
        (HOOK, "default: other", "default: others", "no reason others under recycle"),
        (HOOK, "No budget: no_budget", "No budget: nobudget", "did you mean no_budget?"),
        (HOOK, "with: {outcome:", "with: {outcom:", "A decision has no outcom;"),
        (HOOK, "command: attempt", "command: attemt", "attemt"),
        (HOOK, "id: event", "ids: event", "ids"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_before_it_is_published(path: str, old: str, new: str, says: str) -> None:
    found = problems(path, old, new)
    assert any(says in each for each in found), found
    assert all(each.startswith(path) for each in found)


def test_a_file_with_a_strange_name() -> None:
    text = shipped_files()[HOOK]
    for path in ("lead_defs/hooks/Sales Force.yaml", "lead_defs/hooks/a/b.yaml", "lead_defs/endpoints/x.md"):
        assert load({**shipped_files(), path: text}).errors
