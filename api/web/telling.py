"""What happened, in the words of somebody who tells it: for the pages, the terminal, the packet and the demo.

Reads rows of the timeline as `api.views.event` makes them. A kind it has never heard of is told in plain words too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from api import views
from api.web.words import day, spoken
from domain import lifecycle
from domain.lead import Known
from domain.release import Release
from storage import leads
from storage.around import IMPORT

Row = Mapping[str, Any]  # Any: JSON
FILTERS: Mapping[str, tuple[str, ...]] = {
    "everything": (),
    "touches": ("touch", "task"),
    "what they did": ("event",),
    "sales": ("transition", "handoff", "disposition"),
    "notes": ("note", "disposition"),
}
MAILED = {"delivered": "got the mail", "scheduled": "is to get the mail", "failed": "could not get the mail"}
WHY_FAILED = {
    "5.6.7": "the mail server cannot write to an address beyond ASCII (SMTPUTF8)",
    "render:mail_address_error": "no mail server can write to this address",
}
"""By the code of a send; those of servers stand in the ledger and mean something to operations only."""
TRIED = {
    "connected": "talked with {who}",
    "no_answer": "did not answer when {who} called",
    "voicemail": "got a voicemail from {who}",
    "gatekeeper": "could not be reached by {who}: somebody else answered",
    "wrong_number": "has another number than the one {who} called",
    "message_sent": "got a message from {who}",
    "replied": "replied to {who}",
    "meeting_booked": "booked a meeting with {who}",
    "meeting_held": "met {who}",
    "no_show": "did not show up for {who}",
}
ENDED = {
    "talked": "talked with {who}",
    "no_answer": "did not pick up when {who} called",
    "left_note": "got a voice note from {who}",
    "later": "asked {who} to come back later",
    "not_us": "told {who} that this is not for them",
}


@dataclass(frozen=True)
class Told:
    """One thing that happened. `what` goes on from the lead's name, which it leaves out; `words` are somebody's own."""

    id: int
    at: str
    kind: str
    tone: str
    what: str
    by: str | None
    words: str | None
    mail: str | None
    lead: str | None = None
    """Another lead it is about."""

    @property
    def sentence(self) -> str:
        return self.what[:1].upper() + self.what[1:]


@dataclass(frozen=True)
class Teller:
    """`taught` are facts in words by the record that taught them."""

    release: Release
    taught: Mapping[str, str]

    def tell(self, row: Row) -> Told | None:
        """None for what is bookkeeping only."""
        how = {
            "transition": self._transition,
            "event": self._event,
            "touch": self._touch,
            "task": self._task,
            "handoff": self._handoff,
            "disposition": self._disposition,
            "note": self._note,
            "queue": self._queue,
            "deal": self._deal,
            "merged": self._repair,
            "taken_back": self._repair,
            "correction_asked": self._repair,
            "history": self._repair,
        }.get(row["kind"], self._unheard_of)
        found = how(row)
        if found is None:
            return None
        what, tone = found
        data = row["data"]
        mail = data.get("delivery") if row["kind"] == "touch" and data.get("status") == "delivered" else None
        by = self._by(row) if row["actor"] not in ("SYS", "EVT") else None
        mail = mail if data.get("channel") == "email" else None
        return Told(
            row["id"],
            row["at"],
            row["kind"],
            tone,
            what,
            by,
            data.get("text"),
            mail,
            data.get("named") or data.get("named_by"),
        )

    def _by(self, row: Row) -> str | None:
        """None for an import that its sentence names."""
        if not str(row["actor_id"]).startswith(IMPORT):
            return self.person(row["actor_id"])
        return imported(row["data"]) if row["kind"] == "history" else None

    def person(self, id: str | None) -> str:
        person = self.release.people.get(id or "")
        return person.name if person else id or "somebody"

    def reason(self, code: str | None) -> str:
        reasons = self.release.reasons
        found = {**reasons.reject, **reasons.recycle, **reasons.disqualify}.get(code or "")
        return found.say if found else spoken(code or "")

    def loss(self, code: str | None) -> str:
        found = self.release.reasons.loss.get(code or "")
        return _lower(found.say) if found else self.reason(code)

    def touch(self, id: str | None) -> str:
        return touch_title(self.release, id)

    def _transition(self, row: Row) -> tuple[str, str] | None:
        said = {**self._before_sales(row), **self._in_sales(row), **self._in_a_deal(row), **self._after_sales(row)}
        id = str(row["data"].get("transition"))
        known = lifecycle.ROWS.get(id)
        return said.get(id, (known.says if known else spoken(row["data"].get("to") or id).lower(), "quiet"))

    def _before_sales(self, row: Row) -> dict[str, tuple[str, str]]:
        data, who = row["data"], self.person(row["actor_id"])
        why = leads.why_now(self.release, data.get("rule"))
        return {
            "T03": (f"left out: {spoken(data.get('rule')).lower()}", "quiet"),
            "T04": ("counts as an inquiry", "quiet"),
            "T05": (f"started on the track “{self._track(data.get('track'))}”", "nurture"),
            "T06": (f"became sales-ready at once: {why}", "sales"),
            "T07": (self._moved(data), "nurture"),
            "T08": (f"became sales-ready: {why}", "sales"),
            "T09": ("has had every touch and rests", "quiet"),
            "T10": (f"disqualified by {who}: {self.reason(data.get('reason'))}", "quiet"),
        }

    def _in_sales(self, row: Row) -> dict[str, tuple[str, str]]:
        data, who = row["data"], self.person(row["actor_id"])
        rep, reason = self.person(data.get("rep")), self.reason(data.get("reason"))
        tried = (TRIED.get(str(data.get("outcome")), "had an attempt by {who}").format(who=who), "sales")
        return {
            **dict.fromkeys(lifecycle.ATTEMPTS, tried),
            "T11": (f"waits in the queue of {data['team']}" if data.get("team") else f"offered to {rep}", "sales"),
            "T13": (f"accepted by {who}", "good"),
            "T43": (f"given from {self.person(data.get('from'))} to {rep}", "sales"),
            "T14": (f"refused by {who}: {reason}", "wrong"),
            "T15": (f"taken from {rep}: {self._taken(data)}", "wrong"),
            "T16": (f"refused for good by {who}: {reason}", "wrong"),
            "T17": ("nobody took it: on the manager's desk", "wrong"),
            "T19": (f"taken from {rep}: no first contact in time", "wrong"),
            "T20": (f"qualified by {who}", "good"),
            "T21": (f"sent back by {who}: {reason}", "back"),
            "T21b": (f"sent back by {who}: {reason}", "back"),
            "T22": (f"came back from {rep}: no outcome in time", "wrong"),
            "T23": (f"disqualified by {who}: {reason}", "quiet"),
        }

    def _in_a_deal(self, row: Row) -> dict[str, tuple[str, str]]:
        data, who = row["data"], self.person(row["actor_id"])
        reason, worth = data.get("reason"), money(data)
        return {
            "T24": (f"made an opportunity by {who}{f': {worth}' if worth else ''}", "good"),
            "T25": (f"got a proposal from {who}{f': {worth}' if worth else ''}", "good"),
            "T26": (f"won by {who}{f': {worth}' if worth else ''}", "good"),
            "T27": (f"lost: {self.loss(reason)}", "back"),
            "T28": (f"sent back by {who}: {self.reason(reason)}", "back"),
            "T29": (f"gets another proposal from {who}", "sales"),
            "T30": ("goes back to marketing after the lost deal", "back"),
        }

    def _after_sales(self, row: Row) -> dict[str, tuple[str, str]]:
        data, who = row["data"], self.person(row["actor_id"])
        return {
            "T02": ("the same person as another lead, which goes on", "quiet"),
            "T12": ("went stale before anybody could take it", "wrong"),
            "T35": (f"rests{because(data)}", "quiet"),
            "T39": (f"erased by {who}", "quiet"),
            "T40": (f"corrected by {who}: {spoken(data.get('to')).lower()}", "quiet"),
            "T42": (self._brought(data, who), "sales"),
            "T44": (f"the decision before was taken back by {who}", "quiet"),
            "T33": (f"starts again, cycle {data.get('cycle') or row['cycle']}{because(data)}", "back"),
            "T34": ("raised a hand while resting: sales-ready again", "sales"),
            "T36": (f"awake again{because(data)}", "back"),
            "T36b": ("raised a hand out of its rest: sales-ready again", "sales"),
            "T37": (f"looked at no more{because(data)}", "quiet"),
            "T37b": ("rests on: nothing new to give", "quiet"),
            "T38": (f"reopened by {who}", "back"),
            "T41": (f"taken back from sales by {who}", "back"),
        }

    def _track(self, id: str | None) -> str:
        track = self.release.tracks.get(id or "")
        return track.title if track else spoken(id or "-")

    def _brought(self, data: Row, who: str) -> str:
        return f"with {who} already, says {imported(data)}" if data.get("import") else f"brought by {who}"

    def _moved(self, data: Row) -> str:
        if data.get("stage_to"):
            return f"moved from {data.get('stage_from')} to {data['stage_to']}{because(data)}"
        return f"moved to the track “{self._track(data.get('track'))}”{because(data)}"

    def _taken(self, data: Row) -> str:
        """By a clock that passed, or refused with a reason."""
        return "did not accept in time" if data.get("clock") == "accept" else self.reason(data.get("reason"))

    def _event(self, row: Row) -> tuple[str, str] | None:
        data = row["data"]
        name = data.get("event", "")
        taught = self.taught.get(f"event:{data.get('event_row')}")
        if name == "referral":
            return ("named a colleague to talk to" if data.get("named") else "was named by a colleague"), "event"
        plain = {
            "enrolled": ("came to us for the first time", "event"),
            "inquired_again": ("came to us again", "event"),
            "opted_out": ("unsubscribed", "wrong"),
        }
        if name in ("enrolled", "inquired_again") and data.get("origin") == "import":
            return f"came with {imported(data)}{'' if name == 'enrolled' else ' again'}", "quiet"
        if name in plain:
            return plain[name]
        if name == "answer" and taught:
            return f"answered: {taught}", "event"
        event = self.release.events.get(name)
        what = event.say[:1].lower() + event.say[1:] if event else spoken(name or "something_happened").lower()
        about = f" “{self.touch(data['touch'])}”" if data.get("touch") and name == "click" else ""
        return f"{what}{about}", "hand" if name in self.release.hand_raises else "event"

    def _touch(self, row: Row) -> tuple[str, str] | None:
        data = row["data"]
        if data.get("channel") != "email":
            return None  # a task tells it
        tone = "nurture" if data.get("status") == "delivered" else "wrong"
        title = data.get("subject") or self.touch(data.get("touch"))
        why = WHY_FAILED.get(str(data.get("code")))
        said = f"{MAILED.get(str(data.get('status')), 'perhaps got the mail')} “{title}”"
        return f"{said}: {why}" if why else said, tone

    def _task(self, row: Row) -> tuple[str, str] | None:
        data = row["data"]
        owner, what = self.person(data.get("owner")), self._owed(data)
        if data.get("is") == "done":
            how = ENDED.get(str(data.get("outcome")), f"{{who}}: {spoken(data.get('outcome')).lower()}")
            learned = self.taught.get(f"log:{row['id']}")
            return how.format(who=self.person(row["actor_id"])) + (f": {learned}" if learned else ""), "nurture"
        return {
            "opened": (f"waits for {owner}: {what}", "quiet"),
            "skipped": (f"goes on without {what}", "quiet"),
            "remind": (f"waits: {owner} was reminded", "quiet"),
            "escalate": (f"waits: {owner} is late", "wrong"),
        }.get(str(data.get("is")))

    def _owed(self, data: Row) -> str:
        owed = {"answer": "an answer", "reply": "an answer to the reply"}.get(str(data.get("kind")))
        return owed or f"“{self.touch(data.get('touch'))}”"

    def _handoff(self, row: Row) -> tuple[str, str] | None:
        data, owner = row["data"], self.person(row["data"].get("owner"))
        says = data.get("reason") or ""
        if data.get("is") == "breach" and data.get("team"):
            return f"waits in the queue of {data['team']}: {says}", "wrong"
        if data.get("is") == "breach":
            return f"waits: {owner} broke a promise, {says}", "wrong"
        if data.get("is") == "reminder":
            return f"waits: {owner} was reminded, {says}", "quiet"
        if data.get("is") == "duty":
            what = {"feedback": "what the packet was worth", "debrief": "why it ended so"}.get(str(data.get("duty")))
            who = self.person(row["actor_id"])
            return (f"taught us something: {who} told {what}", "quiet") if data.get("status") == "answered" else None
        return f"waits for a salesperson: {says}", "wrong"

    def _disposition(self, row: Row) -> tuple[str, str] | None:
        data, who = row["data"], self.person(row["actor_id"])
        if data.get("is") == "paused":
            return f"no sends until {str(data.get('until'))[:10]}: paused by {who}", "quiet"
        if data.get("is") == "resumed":
            return f"pause ended by {who}", "quiet"
        if data.get("is") == "support":
            does = "lets" if data.get("mail") == "allowed" else "no longer lets"
            return f"{who} {does} “{self._track(data.get('track'))}” go out in their name", "quiet"
        if data.get("is") == "facts":
            taught = self.taught.get(f"log:{row['id']}")
            return f"{who} told more" + (f": {taught}" if taught else ""), "quiet"
        for_them = f"entered by {self.person(data['entered_by'])}" if data.get("entered_by") else ""
        if data.get("text"):
            return f"{who} wrote{f', {for_them}' if for_them else ''}", "quiet"
        return (f"{for_them} for {who}", "quiet") if for_them else None

    def _note(self, row: Row) -> tuple[str, str] | None:
        return f"note by {self.person(row['actor_id'])}", "quiet"

    def _queue(self, row: Row) -> tuple[str, str] | None:
        data, who = row["data"], self.person(row["data"].get("rep") or row["actor_id"])
        why = self.release.queue.skip.get(str(data.get("reason")))
        return {
            "claimed": (f"{who} has it on the screen", "quiet"),
            "calling": (f"{who} is calling", "sales"),
            "released": (f"{who} gave the place in the queue back", "quiet"),
            "skipped": (f"{who} passed it over{f': {_lower(why)}' if why else ''}", "quiet"),
        }.get(str(data.get("is")), (f"{who}, in the queue: {spoken(data.get('is')).lower()}", "quiet"))

    def _deal(self, row: Row) -> tuple[str, str] | None:
        """Another system told of it."""
        data = row["data"]
        stage = spoken(data.get("stage") or data.get("state") or "the deal goes on").lower()
        return f"{row['actor_id'] or 'another system'} says: {stage}{f', {m}' if (m := money(data)) else ''}", "quiet"

    def _repair(self, row: Row) -> tuple[str, str] | None:
        data, who = row["data"], self.person(row["actor_id"])
        if row["kind"] == "taken_back":
            return f"{who} took back: {spoken(data.get('event')).lower()}", "quiet"
        if row["kind"] == "correction_asked":
            return f"{who} asks to correct it: {spoken(data.get('to')).lower()}", "quiet"
        if row["kind"] == "history":
            received = data.get("received")
            count = len(received) if isinstance(received, list) else 0
            return f"had {count} of our touches from an old system", "quiet"
        return "another lead of the same person was joined with this one", "quiet"

    def _unheard_of(self, row: Row) -> tuple[str, str] | None:
        """None for what only counts: how the definition was judged."""
        if row["kind"] == "verdict":
            return None
        return f"{spoken(row['kind']).lower()}{because(row['data'])}", "quiet"


def imported(data: Row) -> str:
    """An import by its file and its day (UTC), where its row is still there."""
    return (
        f"the import of {data['import_name']} on {day(data['import_at'])}" if data.get("import_name") else "an import"
    )


def because(data: Row) -> str:
    return f": {data['reason']}" if data.get("reason") else ""


def money(data: Row) -> str:
    """What a deal is worth, where it is said, and as it was said: 12,000 USD, 11,500.50 USD."""
    amount = data.get("amount")
    if isinstance(amount, bool) or not isinstance(amount, int | float):
        return ""
    shown = (
        f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}" if amount == round(amount, 2) else f"{amount:,}"
    )
    return f"{shown} {data.get('currency') or ''}".strip()


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]


def touch_title(release: Release, id: str | None) -> str:
    """Its title, else the subject where that is plain words."""
    found = release.find_touch(id or "")
    if found is None:
        return spoken(id or "a touch")
    subject = found[1].subject or ""
    return found[1].title or (subject if subject and "{" not in subject else spoken(found[1].id))


def taught_of(release: Release, leads: Iterable[Mapping[str, Known]]) -> dict[str, str]:
    """The same from the facts of several leads as the archive holds them."""
    found: dict[str, list[str]] = {}
    for facts in leads:
        for name, fact in facts.items():
            declared = release.fields.get(name)
            if not name.startswith("fact."):
                continue
            words = declared.options.get(str(fact.value)) if declared else None
            says = declared.say if declared else name
            found.setdefault(fact.evidence, []).append(words or f"{says}: {views.plain(fact.value)}")
    return {evidence: "; ".join(said) for evidence, said in found.items()}


def taught(facts: Mapping[str, Row]) -> dict[str, str]:
    """What each record taught, in words; from the facts of a lead as the API shows them."""
    found: dict[str, list[str]] = {}
    for name, fact in facts.items():
        if name.startswith("fact."):
            raw = fact.get("words") or f"{fact['says']}: {fact['value']}"
            found.setdefault(fact["evidence"], []).append(str(raw))
    return {evidence: "; ".join(said) for evidence, said in found.items()}
