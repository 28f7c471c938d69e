"""Alembic's entry: runs on the connection that storage/migrate.py hands over, in its transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from storage import columns, tables

OWN_TYPES = {id(columns.BigId): "BigId", id(columns.Json): "Json"}


def own_type(
    kind: str, found: Any, autogen: AutogenContext
) -> str | Literal[False]:  # Any: a type, a column, an index ...
    """Our column types by name: what they are on each database stands in storage/columns.py."""
    name = "Utc" if isinstance(found, columns.Utc) else OWN_TYPES.get(id(found))
    if kind != "type" or name is None:
        return False
    autogen.imports.add(f"from storage.columns import {name}")
    return name if name != "Utc" else "Utc()"


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.metadata,
    render_as_batch=True,
    render_item=own_type,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
