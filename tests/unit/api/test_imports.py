"""A CSV over HTTP: checked before it is accepted, enrolled behind it, gone on with after a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from api.imports import Imports
from authoring.mapped_rows import open_rows
from storage import importing
from storage import tables as t
from tests.unit.api.house import House

MAPPING = b"""\
source: crm
email: Mail
external_id: Id
opted_out: {column: Out, yes: ["Yes"], no: ["No"]}
constants: {inquiry.topic: detention}
"""
CSV = b"Id,Mail,Out\n1,ana@acme.example,No\n2,bob@acme.example,Yes\n3,nobody,No\n"


@pytest.fixture
def imports(house: House, tmp_path: Path) -> Iterator[Imports]:
    """Waits in the end until nothing is under way: the thread forgets the file last."""
    app = cast(FastAPI, house.client.app)
    app.state.imports = found = Imports(house.archive, tmp_path / "imports")
    yield found
    for _ in range(200):
        if not any(found.folder.glob("*.csv")):
            return
        time.sleep(0.02)


def begin(house: House, content: bytes = CSV, mapping: bytes | None = MAPPING, role: str = "marketing") -> Any:
    """Any: a response, like httpx's"""
    files = {"file": ("leads.csv", content)} | ({"mapping": ("m.yaml", mapping)} if mapping else {})
    return house.call("POST", "/imports", role, files=files)


def ended(house: House, import_id: str) -> Any:  # Any: JSON
    for _ in range(200):
        found = house.get(f"/imports/{import_id}")
        if found["status"] == "done":
            return found
        time.sleep(0.02)
    raise AssertionError(f"it does not end: {found}")


def leads(house: House) -> int:
    with house.archive.reading() as tx:
        return tx.execute(select(func.count()).select_from(t.leads)).scalar_one()


def test_a_file_is_accepted_and_followed_to_its_end(house: House, imports: Imports) -> None:
    begun = begin(house)
    assert begun.status_code == 202, begun.text
    assert begun.json()["total"] == 3
    found = ended(house, begun.json()["id"])
    counts = {"new": 2, "known": 0, "merged": 0, "rejected": 1, "opted_out": 1, "left_unknown": 0, "with_sales": 0}
    assert found["counts"] == counts
    assert [each["row"] for each in found["rejects"]] == [4]
    assert "not a mail address" in found["rejects"][0]["reason"]
    assert not list(imports.folder.iterdir())


@pytest.mark.parametrize(
    ("content", "mapping", "says"),
    [
        (b"PK\x03\x04", MAPPING, "an Excel or zip file"),
        (CSV, MAPPING.replace(b"Mail", b"Male"), "did you mean Mail?"),
        (CSV, b"\xff", "not UTF-8"),
        (b"Id,Mail,Out\n", MAPPING, "no row can be imported"),
        (b"Name\nAna\n", None, "no column is called Email"),
    ],
)
def test_what_cannot_be_imported_is_refused_and_forgotten(
    house: House, imports: Imports, content: bytes, mapping: bytes | None, says: str
) -> None:
    refused = begin(house, content, mapping)
    assert refused.status_code == 422
    assert says in refused.text
    assert not list(imports.folder.iterdir())
    assert leads(house) == 0


def test_a_body_without_a_file_is_refused(house: House, imports: Imports) -> None:
    assert house.call("POST", "/imports", data={"mapping": "x"}).status_code == 422
    assert house.call("POST", "/imports", json={}).status_code == 422


def test_only_some_may(house: House, imports: Imports) -> None:
    assert begin(house, role="sales").status_code == 403
    assert house.call("GET", f"/imports/{uuid4()}").status_code == 404


def test_the_same_request_twice_is_one_import(house: House, imports: Imports) -> None:
    headers = {"Idempotency-Key": "once", "Content-Type": "multipart/form-data; boundary=b"}
    part = b'Content-Disposition: form-data; name="file"; filename="leads.csv"'
    body = b"--b\r\n" + part + b"\r\n\r\nEmail\r\nana@acme.example\r\n--b--\r\n"
    first, second = (house.call("POST", "/imports", headers=headers, content=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json() == second.json()
    assert ended(house, first.json()["id"])["counts"]["new"] == 1


def test_a_restart_goes_on_with_what_was_uploaded(house: House, imports: Imports) -> None:
    part = imports.keep(CSV)
    with house.archive.reading() as tx:
        fields = house.archive.live(tx).fields
    rows = open_rows(part, fields, ("m.yaml", MAPPING))
    part.replace(imports.kept(rows.file.sha256))
    with house.archive.begin() as tx:
        found = importing.start(tx, house.archive, "leads.csv", rows.file.sha256, rows.description, 3, "test")
    imports.resume()
    assert ended(house, str(found.id))["counts"]["new"] == 2


def test_a_paused_import_keeps_its_file_and_goes_on_when_it_is_resumed(house: House, imports: Imports) -> None:
    part = imports.keep(CSV)
    with house.archive.reading() as tx:
        fields = house.archive.live(tx).fields
    rows = open_rows(part, fields, ("m.yaml", MAPPING))
    part.replace(imports.kept(rows.file.sha256))
    with house.archive.begin() as tx:
        found = importing.start(tx, house.archive, "leads.csv", rows.file.sha256, rows.description, 3, "test")
    paused = house.call("POST", f"/imports/{found.id}/pause", "marketing")
    assert paused.json()["status"] == "paused"
    imports.resume()  # a restart leaves it alone
    imports.submit(found.id)
    assert house.call("POST", f"/imports/{found.id}/resume", "sales").status_code == 403
    assert house.get(f"/imports/{found.id}")["status"] == "paused"
    assert leads(house) == 0
    assert imports.kept(rows.file.sha256).exists()
    assert house.call("POST", f"/imports/{found.id}/resume", "marketing").status_code == 200
    assert ended(house, str(found.id))["counts"]["new"] == 2
    assert house.call("POST", f"/imports/{found.id}/pause", "marketing").status_code == 409


def test_one_of_the_command_line_is_resumed_there(house: House, imports: Imports) -> None:
    with house.archive.begin() as tx:
        found = importing.start(tx, house.archive, "leads.csv", "elsewhere", {}, 3, "cli")
        importing.pause(tx, found.id)
    refused = house.call("POST", f"/imports/{found.id}/resume", "marketing")
    assert refused.status_code == 409
    assert "the command that began it goes on with it" in refused.text
    assert house.get(f"/imports/{found.id}")["status"] == "paused"


def test_words_that_are_none_of_the_choices_come_with_the_answer(house: House, imports: Imports) -> None:
    content = b"Email,Industry\nana@acme.example,Robots\nbob@acme.example,3PL\n"
    begun = begin(house, content, None).json()
    assert begun["left_unknown"] == {"company.industry": {"Robots": 1}}
    assert ended(house, begun["id"])["counts"]["left_unknown"] == 1
