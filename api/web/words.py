"""The words of the pages: states, promises and outcomes as people in marketing and sales say them, and times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from domain.calendar import is_zone, zone

STATES: Mapping[str, str] = {
    "NEW": "New",
    "INQUIRY": "Inquiry",
    "NURTURING": "In nurture",
    "SALES_READY": "Sales-ready",
    "HANDED_OFF": "Offered to sales",
    "ACCEPTED": "Accepted by sales",
    "WORKING": "Worked by sales",
    "QUALIFIED": "Qualified",
    "OPPORTUNITY": "Opportunity",
    "PROPOSAL": "Proposal",
    "WON": "Won",
    "LOST": "Lost",
    "RECYCLED": "Resting after sales",
    "DORMANT": "Dormant",
    "DISQUALIFIED": "Disqualified",
    "MERGED": "Merged",
    "ERASED": "Erased",
}
ENDED: Mapping[str, str] = {
    **{state: title.lower() for state, title in STATES.items()},
    "RECYCLED": "sent back",
    "NURTURING": "back in nurture",
    "SALES_READY": "on to somebody else",
    "T43": "given to somebody else",
}
"""How a handoff ended: by the state the lead came into then, which need not be the one it is in now."""
TONES: Mapping[str, str] = {
    **dict.fromkeys(("NEW", "INQUIRY", "NURTURING"), "nurture"),
    **dict.fromkeys(("SALES_READY", "HANDED_OFF", "ACCEPTED", "WORKING"), "sales"),
    **dict.fromkeys(("QUALIFIED", "OPPORTUNITY", "PROPOSAL", "WON"), "good"),
}
"""Which color a state has; the others are quiet."""
REFUSED: Mapping[str, str] = {
    "reroute": "Somebody else gets it next.",
    "nurture": "It goes on in nurture, from where it was.",
    "disqualify": "It leaves circulation: nobody writes to them again.",
    "owner": "It goes to whoever owns the account.",
}
"""What becomes of a lead that is refused, by `next` of its reason."""
DECISIONS: Mapping[str, str] = {
    "accept": "Accept",
    "attempt": "Log an attempt",
    "qualify": "Qualify",
    "opportunity": "It is a deal",
    "proposal": "Proposal sent",
    "won": "Won",
    "lost": "Lost",
    "rescope": "Scope it anew",
    "reject": "Not for us - why?",
    "recycle": "Back to nurture",
    "disqualify": "Disqualify",
    "note": "Write a note",
    "pause": "Pause the mails",
    "resume": "End the pause",
    "promote": "Promote to sales",
    "enrol": "Put on a track",
    "assign": "Assign to a salesperson",
    "reassign": "Give it to somebody else",
    "withdraw": "Take back from sales",
    "reopen": "Reopen",
    "undo": "Take the last decision back",
}
"""What people may decide, as the buttons call it."""
RESTS: Mapping[str, str] = {
    "too_often": "They rest from now on: they have come back often enough.",
    "nothing_sent": "They rest from now on: nothing more is sent to this person.",
    "nothing_left": "They rest: no track has anything left to give them.",
}
"""Why a lead that is given back rests instead of starting again."""
FORECASTS: Mapping[str, str] = {"pipeline": "Possible", "best_case": "Likely", "commit": "Sure"}
CLOCKS: Mapping[str, str] = {
    "sign": "Sign of life by",
    "routed": "Salesperson by",
    "accept": "Accept by",
    "first_attempt": "First contact by",
    "outcome": "Outcome by",
    "opportunity": "Opportunity by",
    "desk": "Manager decides by",
    "feedback": "Feedback by",
    "debrief": "Debrief by",
}
IF_ACCEPTED = "If accepted now: first contact by"
"""Its time begins with the acceptance, so this may well be before the promise to accept ends."""
NEXT: Mapping[str, str] = {
    "callback": "You agreed to call back",
    "hand_raise": "They asked for us",
    "deadline": "The promise ends soon",
    "first_attempt": "Nobody has tried yet",
    "retry": "Time to try again",
    "next_step": "Time for the next step",
    "recycled": "Ready again",
    "other": "Waits for a first attempt",
}
"""Why a lead is the next one."""
HOLDS: Mapping[str, str] = {"met": "met", "not_met": "not met", "unknown": "not known yet"}
TRIED: Mapping[str, str] = {
    "connected": "Talked",
    "no_answer": "No answer",
    "voicemail": "Left a voicemail",
    "gatekeeper": "Reached somebody else",
    "wrong_number": "Wrong number",
    "message_sent": "Sent a message",
    "replied": "They replied",
    "meeting_booked": "Booked a meeting",
    "meeting_held": "Met them",
    "no_show": "They did not show up",
}
CHANNELS: Mapping[str, str] = {
    "phone": "Phone",
    "email": "Email",
    "linkedin": "LinkedIn",
    "meeting": "Meeting",
    "other": "Other",
}
SOURCES: Mapping[str, str] = {
    "rep": "sales",
    "nurture": "nurture team",
    "call": "call",
    "reply": "reply",
    "form": "form",
    "import": "import",
    "enrichment": "other system",
    "inference": "inferred",
}
TOUCHED: Mapping[str, str] = {
    "scheduled": "on its way",
    "delivered": "delivered",
    "engaged": "answered or clicked",
    "failed": "not delivered",
    "uncertain": "perhaps delivered",
    "skipped": "left out",
}
ROLES: Mapping[str, str] = {
    "marketing": "marketing",
    "nurture": "nurture team",
    "sales": "sales",
    "manager": "sales manager",
    "ops": "operations",
    "service": "a system",
    "viewer": "viewer",
    "admin": "administrator",
}


def spoken(code: object) -> str:
    """A code in words: `left_note` is Left note."""
    words = str(code).replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def decision(command: str, state: str) -> str | None:
    """Its button; after the first attempt a return is the same question as a refusal before it."""
    is_question = command == "recycle" and state in ("ACCEPTED", "WORKING", "QUALIFIED")
    return DECISIONS.get("reject" if is_question else command)


def value(found: Mapping[str, Any]) -> str:  # Any: JSON, a fact as api.views makes it
    raw = found.get("words") or found["value"]
    if isinstance(raw, bool):
        return "Yes" if raw else "No"
    return f"{raw:g}" if isinstance(raw, float) else str(raw)


@dataclass(frozen=True)
class Times:
    """Instants in somebody's own zone, told to minutes: Tue 12 Jan, 09:17 Chicago."""

    zone: str
    now: datetime

    def of(self, name: str | None) -> Times:
        return Times(name, self.now) if name and is_zone(name) else self

    @property
    def city(self) -> str:
        return self.zone.rpartition("/")[2].replace("_", " ")

    @property
    def today(self) -> date:
        return self.now.astimezone(zone(self.zone)).date()

    def at(self, moment: object) -> str:
        local = self._local(moment)
        return f"{self._day(local.date())}, {local:%H:%M} {self.city}" if local else "-"

    def hour(self, moment: object) -> str:
        local = self._local(moment)
        return f"{local:%H:%M}" if local else "-"

    def day(self, moment: object) -> str:
        local = self._local(moment)
        return self._day(local.date()) if local else "-"

    def heading(self, moment: object) -> str:
        """A day as a heading of a story: Today, Yesterday, else its name."""
        local = self._local(moment)
        if local is None:
            return "-"
        near = {self.today: "Today, ", self.today - timedelta(days=1): "Yesterday, "}
        return near.get(local.date(), "") + self._day(local.date())

    def far(self, moment: object) -> str:
        """How far it is: in 3 hours, 2 days ago."""
        at = instant(moment)
        if at is None:
            return ""
        seconds = (at - self.now).total_seconds()
        length = _length(abs(seconds))
        return "now" if length is None else f"in {length}" if seconds > 0 else f"{length} ago"

    def due(self, moment: object) -> str:
        """The same for a promise: in 3 hours, 2 days late."""
        return self.far(moment).replace(" ago", " late")

    def is_past(self, moment: object) -> bool:
        at = instant(moment)
        return at is not None and at < self.now

    def iso(self, moment: object) -> str:
        at = instant(moment)
        return at.isoformat() if at else ""

    def _local(self, moment: object) -> datetime | None:
        at = instant(moment)
        return at.astimezone(zone(self.zone)) if at else None

    def _day(self, day: date) -> str:
        year = f" {day.year}" if day.year != self.today.year else ""
        return f"{day:%a} {day.day} {day:%b}{year}"


def instant(moment: object) -> datetime | None:
    """From the archive, or from an answer of the API; both are aware."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    if not isinstance(moment, datetime):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def day(moment: object) -> str:
    """A day in UTC, for sentences that nobody's zone goes with: 4 Jan 2027."""
    at = instant(moment)
    return f"{at.day} {at:%b %Y}" if at else "-"


def _length(seconds: float) -> str | None:
    if seconds < 60:
        return None
    for size, name, until in ((60, "minute", 3570), (3600, "hour", 129_600), (86_400, "day", 5_184_000)):
        if seconds < until:
            count = round(seconds / size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{round(seconds / 2_629_800)} months"
