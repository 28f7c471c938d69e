"""What the rows of a lead's log speak of by id: deliveries and their subjects, imports, and what somebody wrote."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import func, select

from storage import reading
from storage import tables as t
from storage.archive import Tx
from storage.reading import Row

IMPORT = "import:"
"""What the log calls an import by, before its id."""
LONGEST_SUBJECT = 300


@dataclass(frozen=True)
class Around:
    """By the ids that rows of the log have for them. `words` and `subjects` may hold names, so they are there only for
    those who may see persons."""

    words: Mapping[str, str] = field(default_factory=dict)
    subjects: Mapping[str, str] = field(default_factory=dict)
    deliveries: Mapping[str, Row] = field(default_factory=dict)
    imports: Mapping[str, Row] = field(default_factory=dict)


def around(tx: Tx, lead_id: UUID, may_see_persons: bool) -> Around:
    deliveries = {str(row["id"]): row for row in reading.deliveries(tx, lead_id)}
    words = reading.words(tx, lead_id) if may_see_persons else {}
    return Around(words, _subjects(tx, lead_id) if may_see_persons else {}, deliveries, _imports(tx, lead_id))


def _subjects(tx: Tx, lead_id: UUID) -> dict[str, str]:
    """As sent: a mail is kept with its subject as the first line."""
    c = t.person_texts.c
    first = func.substr(c.text, 1, LONGEST_SUBJECT)
    query = select(c.ref, first).where(c.lead_id.in_(reading.with_merged(tx, lead_id)), c.kind == "mail")
    return {ref: text.partition("\n")[0].strip() for ref, text in tx.execute(query)}


def _imports(tx: Tx, lead_id: UUID) -> dict[str, Row]:
    """Those that brought the lead or told more of it."""
    c, x = t.log.c, t.imports.c
    mine = (c.lead_id.in_(reading.with_merged(tx, lead_id)), c.actor_id.startswith(IMPORT))
    tags = tx.execute(select(c.actor_id).where(*mine).distinct()).scalars()
    ids = [found for tag in tags if (found := reading.uuid_of(tag.removeprefix(IMPORT)))]
    rows = tx.execute(select(x.id, x.name, x.at).where(x.id.in_(ids))).mappings() if ids else ()
    return {f"{IMPORT}{row['id']}": row for row in rows}
