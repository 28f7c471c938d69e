"""What an import would do to the archive as it is now: by the same rules, with the same counts, and nothing written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from sqlalchemy import select

from domain.addresses import needs_utf8
from domain.errors import InvalidError, NurtureError
from domain.importing import Line, Refused, Row
from domain.lead import State, Value
from domain.release import Release
from storage import enrolling_many, import_history, import_rows
from storage import tables as t
from storage.archive import Archive, Tx
from storage.import_rows import Prepared

SAMPLES, FIRST_REJECTED = 3, 5
MOST_VALUES = 50
"""Different words of one column that are kept to be shown; whoever wants more maps the wrong column."""
AT_ONCE = 500

Stood = tuple[State, str | None]
"""Where a lead stands, and who has it."""
Who = UUID | str
"""A lead of the archive, or the key of the address of one that the file would bring."""


@dataclass
class Survey:
    """What a file would do. `counts` are those of `importing.Import`; nothing is wrong with `readable` rows by
    themselves; `samples` are the first good ones, with the values as they will be known; `left_unknown` is by field the
    words that it does not know, and how often each stands there."""

    total: int = 0
    readable: int = 0
    need_utf8: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    samples: list[tuple[Line, Mapping[str, Value]]] = field(default_factory=list)
    first_rejected: list[Refused] = field(default_factory=list)
    left_unknown: dict[str, Counter[str]] = field(default_factory=dict)

    def leave(self, left: Mapping[str, str]) -> None:
        for name, word in left.items():
            words = self.left_unknown.setdefault(name, Counter())
            words[word if word in words or len(words) < MOST_VALUES else "..."] += 1

    def refuse(self, row: Refused) -> None:
        self.counts["rejected"] += 1
        if len(self.first_rejected) < FIRST_REJECTED:
            self.first_rejected.append(row)


def survey(
    archive: Archive, rows: Callable[[int], Iterator[Row]], tell: Callable[[int], None] = lambda _: None
) -> Survey:
    """Read to the end, and beside the archive. Raises InvalidError when no row is readable, and what reading the file
    raises."""
    with archive.reading() as tx:
        release = archive.live(tx)
    found, people, ahead = Survey(), _People(), rows(0)
    while batch := list(islice(ahead, AT_ONCE)):
        prepared = import_rows.prepare(release, archive.secret, batch, "survey")
        with archive.reading() as tx:
            people.look_up(tx, [row for row in prepared if isinstance(row, Prepared)])
        for row in prepared:
            _take(found, people, release, row)
        found.total += len(batch)
        tell(found.total)
    if not found.readable:
        first = found.first_rejected[0].reason if found.total else "there is none below the header"
        raise InvalidError(f"no row can be imported, so nothing is: {first}")
    return found


def _take(found: Survey, people: _People, release: Release, row: Prepared | Refused) -> None:
    if isinstance(row, Refused):
        found.refuse(row)
        return
    found.readable += 1
    try:
        kind = people.take(row)
    except NurtureError as error:
        found.refuse(Refused(row.line.number, error.sentence))
        return
    found.counts.update((kind, *import_rows.flags(row)))
    found.need_utf8 += needs_utf8(row.ready.address)
    found.leave(row.left_unknown)
    if len(found.samples) < SAMPLES:
        found.samples.append((row.line, row.ready.values))


class _People:
    """Whom rows are about, in the archive and in the rows before: by address and by external id."""

    def __init__(self) -> None:
        self._by_key: dict[str, Who] = {}
        self._by_external: dict[tuple[str, str], Who] = {}
        self._stood: dict[Who, Stood] = {}
        self._told: set[Who] = set()

    def look_up(self, tx: Tx, rows: Sequence[Prepared]) -> None:
        """What the archive knows; what an earlier row would have changed stays."""
        stands = enrolling_many.stand_for(tx, [row.ready.key for row in rows])
        owned = {stands[row.ready.key] for row in rows if row.line.owner and row.ready.key in stands}
        for key, lead in stands.items():
            self._by_key.setdefault(key, lead)
        for external, lead in enrolling_many.belong(tx, [row.ready for row in rows]).items():
            self._by_external.setdefault(external, lead)
        for lead, stood in _where(tx, owned).items():
            self._stood.setdefault(lead, stood)

    def take(self, row: Prepared) -> str:
        """New, known or merged. Raises what the import of the row would; then nothing is known of it."""
        key, external, owner = row.ready.key, row.line.external, row.line.owner
        who = self._by_key.get(key)
        if external and (clash := enrolling_many.clash(external, self._by_external.get(external), who)):
            raise clash
        stood = self._stood.get(who, (State.NEW, None)) if who else (State.NEW, None)
        if refused := import_history.refusal(row.line, *stood):
            raise refused
        lead = self._by_key.setdefault(key, key)
        if external:
            self._by_external[external] = lead
        if owner and not import_history.has(owner, *stood):
            self._stood[lead] = (State.ACCEPTED, owner)
        kind = "merged" if lead in self._told else "known" if who else "new"
        self._told.add(lead)
        return kind


def _where(tx: Tx, ids: Iterable[UUID]) -> dict[UUID, Stood]:
    c = t.leads.c
    query = select(c.id, c.state, c.owner).where(c.id.in_(list(ids)))
    return {row.id: (State(row.state), row.owner) for row in tx.execute(query)}
