"""What is due today, as a mail at the start of somebody's working day: their own, and for who leads, their team's.

Loads nothing of the web: the worker writes this mail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from api.offered_mail import buttons
from api.web.names import Names, names_of
from api.web.words import CLOCKS, NEXT, Times, spoken
from domain.clocks import PROMISES
from domain.release import Release
from mail.links import Links
from mail.sheet import Button, Item, Section, Sheet
from storage import digests, due
from storage.archive import Archive, Tx
from storage.notices import Notice
from storage.reading import Row

TITLES = {
    "promises": "Promises: over, or ending today",
    "meetings": "Meetings today",
    "next": "Then, in the order of the queue",
    "tasks": "Tasks",
    "asked": "What we ask you",
    "desk": "On your desk: ready, and with nobody",
    "team": "Your team: promises that are over, or end today",
    "queue": "The queue: leads whose time is over, or ends today",
    "waiting": "For whoever asks next",
    "broken": "Broken since the last digest",
}
FOOT = "Once a day, when your working day begins and something is due; digest: false in people.yaml switches it off."
QUESTIONS = {"feedback": "Was the packet any good?", "debrief": "Why did it end so?"}


def sheet(
    tx: Tx, archive: Archive, release: Release, links: Links, public_url: str, notice: Notice
) -> tuple[Sheet, dict[str, int]]:
    """As of now: what was done since is not asked for again. Beside it, how many there are of each kind."""
    now = archive.clock.now()
    span = digests.span_of(notice, now)
    rows = due.listed(tx, release, notice.person, span)
    counts = due.numbers(tx, release, {notice.person: span})[notice.person]
    names = names_of(tx, {row["lead_id"] for found in rows.values() for row in found}, may_see_persons=True)
    speaker = _Speaker(release, names, Times(str(notice.data["zone"]), now), links, public_url, notice.person)
    page = f"{public_url}{notice.data['page']}"
    return Sheet((), tuple(_sections(speaker, rows, counts, page))), counts


def _sections(
    speaker: _Speaker, rows: Mapping[str, Sequence[Row]], counts: Mapping[str, int], page: str
) -> Iterator[Section]:
    for kind, title in TITLES.items():
        if rows[kind]:
            shown = rows[kind][:1] if kind == "waiting" else rows[kind]
            more = counts[kind] - len(shown)
            items = tuple(map(speaker.says(kind), shown))
            yield Section(
                _titled(title, rows[kind], counts[kind]), items, f"and {more} more: {page}" if more > 0 else ""
            )


def _titled(title: str, rows: Sequence[Row], count: int) -> str:
    """A queue is one line: how many wait, and the first of them."""
    wait = "lead waits" if count == 1 else "leads wait"
    return f"{count} {wait} in the queue of {rows[0]['team']}, the first:" if title == TITLES["waiting"] else title


@dataclass(frozen=True)
class _Speaker:
    release: Release
    names: Names
    times: Times
    links: Links
    url: str
    person: str

    def says(self, kind: str) -> Callable[[Row], Item]:
        told: Mapping[str, Callable[[Row], Item]] = {
            "meetings": self._meeting,
            "next": self._next,
            "tasks": self._task,
            "asked": self._asked,
            "team": self._theirs,
            "queue": self._theirs,
            "waiting": self._waiting,
            "broken": self._broken,
        }
        return told.get(kind, self._promise)

    def _promise(self, row: Row) -> Item:
        return self._lead(row, self._clock(row), self.times.is_past(row["clock_due_at"]))

    def _meeting(self, row: Row) -> Item:
        return self._lead(row, f"At {self.times.hour(row['meeting_at'])} {self.times.city} time")

    def _next(self, row: Row) -> Item:
        why = NEXT[due.why_next(row, self.release, self.times.now)]
        when = f", {self.times.hour(row['place_from_at'])}" if row["place_kind"] == "callback" else ""
        return self._lead(row, f"{why}{when}. {self._clock(row)}")

    def _theirs(self, row: Row) -> Item:
        whose = f"The queue of {row['team']}" if row["team"] else self._name(row["owner"])
        return self._lead(row, f"{whose}: {self._clock(row)}", self.times.is_past(row["clock_due_at"]))

    def _waiting(self, row: Row) -> Item:
        return Item(
            self._who(row), self._clock(row), f"{self.url}/queue", is_late=self.times.is_past(row["clock_due_at"])
        )

    def _task(self, row: Row) -> Item:
        found, event = self.release.find_touch(row["touch"] or ""), self.release.events.get(row["event"] or "")
        title = found[1].name if found else event.say if event else spoken(row["touch"] or row["kind"])
        return self._item(row, f"{title}: {self._who(row)}", f"/tasks/{row['id']}")

    def _asked(self, row: Row) -> Item:
        return self._item(row, f"{QUESTIONS[row['kind']]} {self._who(row)}", f"/handoffs/{row['handoff_id']}")

    def _item(self, row: Row, text: str, path: str) -> Item:
        note = f"By {self.times.at(row['due_at'])}, {self.times.due(row['due_at'])}"
        return Item(text, note, self.url + path, is_late=self.times.is_past(row["due_at"]))

    def _broken(self, row: Row) -> Item:
        data = row["data"]
        promised = PROMISES.get(data["clock"], f"for the {data['clock']}")
        minutes = data.get("business_minutes")
        took = f", {minutes:.0f} working minutes in" if minutes is not None else ""
        whose = f"The queue of {data['team']}" if data.get("team") else self._name(data.get("owner"))
        note = f"{whose}: the time {promised} was over{took}, {self.times.at(row['at'])}"
        return Item(self._who(row), note, f"{self.url}/leads/{row['lead_id']}")

    def _lead(self, row: Row, note: str, is_late: bool = False) -> Item:
        path = f"/handoffs/{row['handoff_id']}" if row["handoff_id"] else f"/leads/{row['lead_id']}"
        return Item(self._who(row), note, self.url + path, self._answers(row), is_late)

    def _answers(self, row: Row) -> tuple[Button, ...]:
        """A link answers as the salesperson it was made for, so nobody else gets it; what waits in a queue has none."""
        if row["offer_id"] is None or row["rep"] != self.person or row["team"]:
            return ()
        return buttons(self.links, row["offer_id"], self.person, row["state"], self.times.now)

    def _clock(self, row: Row) -> str:
        what = CLOCKS.get(row["clock_name"], spoken(row["clock_name"]))
        return f"{what} {self.times.at(row['clock_due_at'])}, {self.times.due(row['clock_due_at'])}"

    def _who(self, row: Row) -> str:
        return self.names.called(row["lead_id"])

    def _name(self, person: str | None) -> str:
        found = self.release.people.get(person or "")
        return found.name if found else person or "nobody"
