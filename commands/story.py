"""What the log says, in the words of somebody who watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from domain.calendar import zone
from domain.release import Release
from storage import tables as t
from storage.archive import Archive

Row = Mapping[str, Any]  # Any: column values
NOTABLE = frozenset({"answered", "sales", "hand", "left", "breach", "back", "ended"})
"""What somebody wants to read who cannot watch: all but single touches and clicks."""

ENDED = {
    "talked": "talked with {who}",
    "no_answer": "did not pick up when {who} called",
    "left_note": "got a voice note from {who}",
    "later": "asked {who} to call again later",
    "not_us": "told {who} that this is not for them",
}


@dataclass(frozen=True)
class Line:
    at: datetime
    who: str
    what: str
    kind: str

    def __str__(self) -> str:
        return f"{self.who} {self.what}"


@dataclass(frozen=True)
class Teller:
    """Puts rows of the log into words. `names` says who a lead is: "Ana (Ridgeway Foods)"."""

    release: Release
    names: Mapping[str, str]
    words: Mapping[str, str]
    """What was learned, by evidence."""

    def tell(self, row: Row) -> Line | None:
        how = {
            "transition": self._transition,
            "event": self._event,
            "touch": self._touch,
            "task": self._task,
        }.get(row["kind"], self._else)
        found = how(row)
        who = self.names.get(str(row["lead_id"]), "A lead")
        return Line(row["at"], who, *found) if found else None

    def _transition(self, row: Row) -> tuple[str, str] | None:
        who, data = self._person(row["actor_id"]), row["data"]
        return {
            "T03": ("is excluded by our profile", "ended"),
            "T05": (f"starts on the track {data.get('track')}", "touch"),
            "T06": ("is sales-ready at once", "sales"),
            "T08": ("is sales-ready", "sales"),
            "T09": ("has had everything and rests", "ended"),
            "T10": (f"is out: {self._reason(row)}", "ended"),
            "T11": (f"is offered to {self._person(data.get('rep'))}", "sales"),
            "T13": (f"is accepted by {who}", "sales"),
            "T14": (f"is rejected by {who}: {self._reason(row)}", "back"),
            "T15": (f"is taken from {self._person(data.get('rep'))}: {row['reason']}", "breach"),
            "T16": (f"is rejected for good by {who}", "ended"),
            "T17": ("goes to the manager's desk", "breach"),
            "T18": (
                f"gets a call or a line from {who}: {str(data.get('outcome')).replace('_', ' ')}",
                "touch",
            ),
            "T19": (f"is taken from {self._person(data.get('rep'))}: {row['reason']}", "breach"),
            "T20": (f"is qualified by {who}", "sales"),
            "T21": (f"comes back from {who}: {self._reason(row)}", "back"),
            "T21b": (f"comes back from {who}: {self._reason(row)}", "back"),
            "T22": ("stalled in sales and comes back", "back"),
            "T24": (f"is an opportunity of {money(data)}, says {who}", "sales"),
            "T25": (f"has {who}'s proposal", "sales"),
            "T26": (f"is won by {who}: {money(data)}", "sales"),
            "T27": (f"is lost: {self._loss(row)}", "back"),
            "T28": (f"comes back from {who}: {self._reason(row)}", "back"),
            "T30": ("goes back to marketing after a lost deal", "back"),
            "T33": (f"begins cycle {row['cycle']}", "back"),
            "T34": ("raised a hand while resting: sales-ready", "sales"),
            "T35": (f"rests: {row['reason']}", "ended"),
            "T36": ("is awake again", "back"),
            "T36b": ("raised a hand out of its rest: sales-ready", "sales"),
        }.get(row["transition"])

    def _loss(self, row: Row) -> str:
        reason = self.release.reasons.loss.get(row["reason"] or "")
        return reason.say[:1].lower() + reason.say[1:] if reason else str(row["reason"])

    def _event(self, row: Row) -> tuple[str, str] | None:
        name, data = row["data"].get("event", ""), row["data"]
        if name == "answer":
            return f"answered: {self.words.get('event:' + str(data.get('event_row')), 'something we knew')}", "answered"
        event = self.release.events.get(name)
        if event is None:
            return None
        kind = "hand" if name in self.release.hand_raises else "touch"
        return event.say[:1].lower() + event.say[1:], kind

    def _touch(self, row: Row) -> tuple[str, str] | None:
        data = row["data"]
        said = {
            "sent": "got",
            "deferred": "will get later:",
            "failed": "cannot be reached with",
            "uncertain": "may have got",
        }
        found = said.get(data.get("status", ""))
        return (f"{found} {data.get('touch')}", "touch") if found and data.get("channel") == "email" else None

    def _task(self, row: Row) -> tuple[str, str] | None:
        data = row["data"]
        what = data.get("touch") or {"answer": "the answer owed", "reply": "the reply"}.get(data.get("kind"), "a task")
        if data.get("is") == "done":
            who, said = self._person(row["actor_id"]), self.words.get(f"log:{row['id']}")
            if said:
                return f"told {who}: {said}", "answered"
            how = ENDED.get(data.get("outcome", ""), f"{{who}}: {data.get('outcome')}")
            return how.format(who=who), "touch"
        if data.get("is") == "skipped":
            return f"goes on without {what}, nobody did it", "breach"
        return (
            (f"waits: {self._person(data.get('owner'))} is late with {what}", "breach")
            if data.get("is") == "escalate"
            else None
        )

    def _else(self, row: Row) -> tuple[str, str] | None:
        data = row["data"]
        if row["kind"] == "enrolled":
            return "writes to us", "touch"
        if row["kind"] == "opted_out":
            return "unsubscribed", "left"
        if row["kind"] == "breach":
            return f"waits: {self._person(data.get('owner'))} broke a promise ({row['reason']})", "breach"
        return (f"finds nobody: {row['reason']}", "breach") if row["kind"] == "routing" else None

    def _person(self, id: str | None) -> str:
        person = self.release.people.get(id or "")
        return person.first_name if person else id or "nobody"

    def _reason(self, row: Row) -> str:
        code, reasons = row["reason"] or "", self.release.reasons
        found = {**reasons.reject, **reasons.recycle, **reasons.disqualify}.get(code)
        return found.say[:1].lower() + found.say[1:] if found else code


@dataclass
class Reader:
    """Follows the log."""

    archive: Archive
    release: Release
    names: Mapping[str, str]
    last: int = 0

    def new(self, limit: int = 2000) -> list[Line]:
        c = t.log.c
        with self.archive.reading() as tx:
            query = select(t.log).where(c.id > self.last).order_by(c.id).limit(limit)
            rows = [dict(row) for row in tx.execute(query).mappings()]
            if not rows:
                return []
            self.last = rows[-1]["id"]
            known = tx.execute(
                select(t.lead_facts.c.known).where(t.lead_facts.c.lead_id.in_({row["lead_id"] for row in rows}))
            ).scalars()
            teller = Teller(self.release, self.names, learned(self.release, list(known)))
        return [line for row in rows if (line := teller.tell(row))]


def learned(release: Release, known: list[Mapping[str, Any]]) -> dict[str, str]:  # Any: JSON
    """What each record taught, in the words of its fields."""
    found: dict[str, list[str]] = {}
    for facts in known:
        for name, fact in facts.items():
            declared = release.fields.get(name)
            if declared is None or name.partition(".")[0] != "fact":
                continue
            value = declared.options.get(str(fact["value"]), fact["value"])
            plain = f"{value:g}" if isinstance(value, float) else str(value)
            found.setdefault(fact["evidence"], []).append(plain if declared.options else f"{declared.say}: {plain}")
    return {evidence: "; ".join(said) for evidence, said in found.items()}


def local(at: datetime, name: str) -> str:
    return f"{at.astimezone(zone(name)):%a %d %b %H:%M}"


def money(data: Mapping[str, Any]) -> str:  # Any: JSON
    return f"{data.get('amount', 0):,.0f} {data.get('currency', '')}".strip()
