"""What proves a criterion: the record, when it was made and by whom, and what it taught - also where somebody has
corrected that since, and what was believed before it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api import views
from api.views import Json
from domain.context import Context
from domain.lead import Known
from storage import reading
from storage.archive import Tx
from storage.around import Around
from storage.reading import Row, Told


@dataclass(frozen=True)
class Evidence:
    """`told` is everything that was learned of the lead, oldest first; `rows` are records by their ids."""

    ctx: Context
    around: Around
    rows: Mapping[str, Row]
    told: Sequence[Told]

    def of(self, id: str) -> Json:
        found: Json = {"id": id}
        if record := self.rows.get(id):
            what = record.get("name") or record["kind"]
            event = self.ctx.release.events.get(str(what))
            by = self._by(id)
            found |= {"at": views.at(record["at"]), "what": event.say if event else what, "by": by}
            if brought := self.around.imports.get(str(by)):
                found |= {"import_name": brought["name"], "import_at": views.at(brought["at"])}
        taught = self._taught(id)
        if taught:
            found["facts"] = {name: views.plain(value.value) for name, value in taught.items()}
        if corrected := dict(self._corrected(taught)):
            found["corrected"] = corrected
        if corrects := dict(self._corrects(id, taught)):
            found["corrects"] = corrects
        if id in self.around.words:
            found["words"] = self.around.words[id]
        return found

    def _by(self, id: str) -> object:
        record = self.rows.get(id)
        return record.get("source") or record.get("actor_id") or record.get("actor") if record else None

    def _taught(self, id: str) -> dict[str, Known]:
        known = {name: fact for name, fact in self.ctx.facts.known.items() if fact.evidence == id}
        return {one.name: one.fact for one in self.told if one.fact.evidence == id} | known

    def _corrected(self, taught: Mapping[str, Known]) -> Iterator[tuple[str, Json]]:
        """Those of which something else is known now, or nothing any more."""
        for name, fact in taught.items():
            now = self.ctx.facts.known.get(name)
            if now is None:
                gone = [one.taken_back_at for one in self.told if one.fact == fact and one.taken_back_at]
                yield name, {"to": None, "at": views.at(gone[-1]) if gone else None, "by": None}
            elif now.value != fact.value and now.at >= fact.at:
                yield name, {"to": views.plain(now.value), "at": views.at(now.at), "by": self._by(now.evidence)}

    def _corrects(self, id: str, taught: Mapping[str, Known]) -> Iterator[tuple[str, Json]]:
        """Of what this record taught and is known by now: what was known before."""
        for name, fact in taught.items():
            past = [one.fact for one in self.told if one.name == name]
            own = next((n for n, one in enumerate(past) if one.evidence == id), 0)
            if own and past[own - 1].value != fact.value:
                yield name, {"from": views.plain(past[own - 1].value), "at": views.at(past[own - 1].at)}


def denied(tx: Tx, ctx: Context, judged: Sequence[Json], records: Evidence) -> dict[str, Json]:
    """Of these criteria, those that are not met because sales said so, and nothing newer says otherwise: when they
    said it, who, and with which reason."""
    wanted = {one["id"]: one for one in judged if one["holds"] == "not_met" and one["id"] in ctx.lead.denied}
    rows = reading.denials(tx, ctx.lead.id) if wanted else {}
    found = {}
    for id in wanted.keys() & rows.keys():
        row, read = rows[id], [records.rows[e]["at"] for e in wanted[id]["evidence"] if e in records.rows]
        if all(at <= row["at"] for at in read):
            found[id] = {"at": views.at(row["at"]), "by": row["actor_id"], "reason": row["reason"]}
    return found


def evidence(tx: Tx, ctx: Context, around: Around, ids: Collection[str]) -> Evidence:
    """For records of the lead by these ids; an id that is not there any more is told without its record."""
    known = {fact.evidence for fact in ctx.facts.known.values()}
    return Evidence(ctx, around, reading.evidence(tx, {*ids, *known}), reading.told(tx, ctx.lead.id))
