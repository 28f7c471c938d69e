"""The numbered steps lead to the tables of the code, on each database."""

from __future__ import annotations

from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.exc import IntegrityError

from domain.errors import NotReadyError
from domain.lead import Lead, State
from storage import learning, migrate
from storage import tables as t
from storage.archive import connect
from storage.facts import load
from storage.rows import from_lead
from tests.world import MONDAY


def test_the_steps_lead_to_the_tables(nothing: str) -> None:
    assert migrate.upgrade(nothing)
    assert not migrate.upgrade(nothing)
    engine = connect(nothing, pool_size=1)
    try:
        migrate.require_head(engine)
        with engine.begin() as tx:
            context = MigrationContext.configure(tx, opts={"compare_type": True})
            assert compare_metadata(context, t.metadata) == []
    finally:
        engine.dispose()


def test_an_archive_of_a_newer_version_is_left_alone(nothing: str) -> None:
    migrate.upgrade(nothing)
    engine = connect(nothing, pool_size=1)
    try:
        with engine.begin() as tx:
            tx.execute(text("update alembic_version set version_num = '9999'"))
        with pytest.raises(NotReadyError, match="newer version of nurture"):
            migrate.upgrade(nothing)
        with pytest.raises(NotReadyError, match="newer version of nurture"):
            migrate.require_head(engine)
    finally:
        engine.dispose()


def test_the_checks_are_there_too(nothing: str) -> None:
    """compare_metadata does not look at CHECKs: a lead with sales has an owner and a clock, or is not stored."""
    migrate.upgrade(nothing)
    engine = connect(nothing, pool_size=1)
    lead = Lead(uuid4(), State.HANDED_OFF, MONDAY, MONDAY)
    row = {**from_lead(lead), "address_key": "k", "origin": "api", "step_seq": 0}
    try:
        with pytest.raises(IntegrityError, match="one_owner_one_clock"), engine.begin() as tx:
            tx.execute(insert(t.leads).values(row))
    finally:
        engine.dispose()


def test_an_archive_of_the_first_version_keeps_what_it_knows(nothing: str) -> None:
    engine = connect(nothing, pool_size=1)
    lead = Lead(uuid4(), State.NEW, MONDAY, MONDAY)
    known = {"fact.pain": {"value": "detention", "at": MONDAY.isoformat(), "source": "form", "evidence": "log:1"}}
    try:
        with engine.begin() as tx:
            command.upgrade(migrate._config(tx), "0001")
            row = {**from_lead(lead), "address_key": "k", "origin": "api", "step_seq": 0}
            names = {column["name"] for column in inspect(tx).get_columns("leads")}
            tx.execute(insert(t.leads).values({name: value for name, value in row.items() if name in names}))
            tx.execute(insert(t.lead_facts).values(lead_id=lead.id, known=known, seen={}))
            for number, release in enumerate(("one", "two"), 1):
                tx.execute(insert(t.releases).values(_only(tx, "releases", hash=release, files={}, schema_version=1)))
                tx.execute(insert(t.live).values(_only(tx, "live", number=number, release=release, approved=[])))
        assert migrate.upgrade(nothing)
        with engine.begin() as tx:
            live = tx.execute(select(t.live.c.release, t.live.c.before, t.live.c.woken_at).order_by(t.live.c.number))
            assert [tuple(row) for row in live] == [("one", None, MONDAY), ("two", "one", MONDAY)]
            learning.rebuild(tx, lead.id)
            assert load(tx, lead.id)[0].known["fact.pain"].value == "detention"
    finally:
        engine.dispose()


def _only(tx: Connection, table: str, **values: object) -> dict[str, object]:
    """With what every such row had, and nothing that came later."""
    names = {column["name"] for column in inspect(tx).get_columns(table)}
    return {name: value for name, value in {"at": MONDAY, "by": "ines", **values}.items() if name in names}
