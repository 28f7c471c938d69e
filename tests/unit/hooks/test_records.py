"""Other systems' records: types stay, the unknown is left out, and a value is never more than a value."""

from __future__ import annotations

from typing import Any

import pytest

from domain.errors import InvalidError
from hooks.records import address, filled

VALUES: dict[str, Any] = {  # Any: values of many types
    "lead": {"id": "1-2", "first_name": 'Zoë "Z" {{ lead.id }}', "phone": None, "has_opted_out": False},
    "company": {"dock_doors": 14, "name": "../../evil?x=#y"},
}


def test_types_stay_and_the_unknown_is_left_out() -> None:
    body = {
        "name": "{{ lead.first_name }}",
        "doors": "{{ company.dock_doors }}",
        "text": "{{ company.dock_doors }} doors",
        "out": "{{ lead.has_opted_out }}",
        "phone": "{{ lead.phone }}",
        "fax": "{{ lead.fax }}",
        "nobody": "{{ nobody or 'x' }}",
        "list": ["{{ lead.phone }}", 1, {"in": "{{ lead.id }}"}],
        "fixed": True,
    }
    assert filled(body, VALUES) == {
        "name": 'Zoë "Z" {{ lead.id }}',
        "doors": 14,
        "text": "14 doors",
        "out": False,
        "nobody": "x",
        "list": [1, {"in": "1-2"}],
        "fixed": True,
    }


def test_a_value_leads_nowhere_else() -> None:
    found = address("https://crm.example/{{ company.name }}/{{ lead.id }}?a=b", VALUES)
    assert found == "https://crm.example/..%2F..%2Fevil%3Fx%3D%23y/1-2?a=b"


@pytest.mark.parametrize(
    "template",
    [
        "{{ ''.__class__.__mro__ }}x",
        "{{ lead.__init__.__globals__ }}",
        "{{ 1 / 0 }}",
        "{{ nobody.name }}x",
        "{{ company.dock_doors + 'x' }}",
        "{{ range(10 ** 9) | list }}x",
        "{% if %}",
    ],
)
def test_what_cannot_be_filled_in(template: str) -> None:
    with pytest.raises(InvalidError, match="cannot be filled in"):
        filled({"a": template}, VALUES)
