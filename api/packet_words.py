"""The packet in words: its fifteen sections in the order a rep reads, each said or said to be unknown.

The mail is made of them, and whoever shows a packet elsewhere (a chat, a CRM) need know nothing else of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.views import Json
from api.web import proofs
from api.web.telling import Teller, taught
from api.web.words import CLOCKS, HOLDS, IF_ACCEPTED, Times, spoken
from domain.context import Context
from domain.lead import State

UNKNOWN = "unknown"
TITLES = (
    "Who and why now", "Open with", "In their words", "What we agreed to know", "People", "Timing, budget, competition",
    "What happened so far", "Seen already, and what to bring", "What not to say, what is promised", "Fit and interest",
    "Earlier cycles", "How to reach them", "Why you", "What you owe", "Your answer",
)  # fmt: skip
FIRST_SCREEN = (1, 2, 3, 4, 14, 15)
"""What a rep reads before the call; the rest is detail below."""
MOST_LINES, LONGEST_QUOTE = 12, 600
Packet = Mapping[str, Any]  # Any: JSON, as api.packets makes it


def sections(packet: Packet, ctx: Context) -> list[Json]:
    """Numbered as both teams agreed; a section nobody knows anything about says so."""
    speaker = _Speaker(packet, ctx)
    parts = (
        speaker.headline, speaker.opening, speaker.quotes, speaker.criteria, speaker.people, speaker.timing,
        speaker.story, speaker.seen, speaker.do_not, speaker.fit, speaker.before, speaker.reach, speaker.routing,
        speaker.owed, speaker.answers,
    )  # fmt: skip
    found = []
    for number, (title, part) in enumerate(zip(TITLES, parts, strict=True), 1):
        lines = list(part()) or [UNKNOWN]
        found.append({"number": number, "title": title, "is_known": lines != [UNKNOWN], "lines": lines})
    return found


def _short(words: str) -> str:
    """On one line, and no longer than anybody reads before a call."""
    line = " ".join(words.split())
    return line if len(line) <= LONGEST_QUOTE else f"{line[: LONGEST_QUOTE - 1]}…"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


class _Speaker:
    def __init__(self, packet: Packet, ctx: Context) -> None:
        self.packet, self.ctx = packet, ctx
        self.times = Times(ctx.release.defaults.time_zone, ctx.now)

    def _person(self, id: str | None) -> str:
        found = self.ctx.release.people.get(id or "")
        return found.name if found else id or "nobody"

    def headline(self) -> Iterator[str]:
        why = self.packet["why_now"]
        yield self.packet["headline"]
        now = self.packet["fit"]["now"]
        when = f"Since {self.times.at(why['at'])}. " if why["at"] else ""
        yield f"{when}Fit {now['fit']}, engagement {now['engagement']} of 4 (1 is most)."
        if why.get("promoted_because"):
            yield f"Promoted by {self._person(why.get('promoted_by'))}: {why['promoted_because']}"

    def opening(self) -> Iterator[str]:
        if self.packet["opening_line"]:
            yield self.packet["opening_line"]
        if self.packet["opening_question"]:
            yield f"Ask: “{self.packet['opening_question']}”"

    def quotes(self) -> Iterator[str]:
        for said in self.packet.get("their_words", [])[:5]:
            source = f", {said['source']}" if said["source"] else ""
            yield f"“{_short(said['text'])}” ({self.times.day(said['at'])}{source})"
        for need in self.packet["needs"]:
            yield self._stated(need)

    def criteria(self) -> Iterator[str]:
        for one in proofs.proven(self.ctx, self.packet["why_now"]["criteria"], {}):
            proof = "; ".join(self._proof(record) for record in one["evidence"])
            ask = f" - ask: “{one['ask']}”" if one["holds"] == UNKNOWN and one.get("ask") else ""
            yield f"{HOLDS[one['holds']]}: {one['says']}{f' ({proof})' if proof else ''}{ask}"

    def _proof(self, proof: proofs.Proof) -> str:
        return ", ".join(filter(None, (proof.says, self.times.day(proof.at) if proof.at else None)))

    def people(self) -> Iterator[str]:
        found = self.packet["people"]
        role = found["role"]
        yield f"Part in the decision: {role.get('words') or role['value'] if role else UNKNOWN}"
        yield f"Who signs: {found['economic_buyer'] or UNKNOWN}"
        yield f"Champion: {found['champion'] or UNKNOWN}"
        for one in found["colleagues"]:
            who = ", ".join(str(part) for part in (one["name"] or "A colleague", one["title"]) if part)
            owner = f" with {self._person(one['owner'])}" if one["owner"] else ""
            yield f"Also there: {who} ({spoken(one['state']).lower()}{owner})"
        if not found["colleagues"]:
            yield "Others at this company: none known"

    def timing(self) -> Iterator[str]:
        for one in self.packet["timing"]:
            yield self._stated(one)

    def _stated(self, one: Json) -> str:
        if one["value"] is None:
            ask = f" - ask: “{one['ask']}”" if one.get("ask") else ""
            return f"{one['says']}: {UNKNOWN}{ask}"
        value = {True: "yes", False: "no"}.get(one["value"], one.get("words") or one["value"])
        age = "today" if one["age_days"] == 0 else f"{one['age_days']} days ago"
        return f"{one['says']}: {value} ({one['source']}, {age})"

    def story(self) -> Iterator[str]:
        """The end of it, as the pages tell it; the whole stands on the lead's timeline."""
        teller = Teller(self.ctx.release, taught(self.packet["facts"]))
        told = [one for row in self.packet["conversation"] if (one := teller.tell(row))]
        for one in told[-MOST_LINES:]:
            yield f"{self.times.day(one.at)}: {one.sentence}{f' “{_short(one.words)}”' if one.words else ''}"

    def seen(self) -> Iterator[str]:
        seen = [one["title"] for one in self.packet["already_seen"] if one["status"] not in ("failed", "skipped")]
        yield f"Seen: {'; '.join(seen) or 'nothing yet'}"
        for asset in self.packet["use_next"]:
            yield f"Bring: {asset['title']} - {asset['url']}"
        if not self.packet["use_next"]:
            yield "Bring: they have had everything"

    def do_not(self) -> Iterator[str]:
        for words in self.packet["avoid"]:
            yield f"Do not say: {words}"
        known = [
            self.ctx.release.fields[n].say for n in self.packet["do_not"]["ask_again"] if n in self.ctx.release.fields
        ]
        if known:
            yield f"Do not ask again: {', '.join(known)}"
        for one in self.packet["do_not"]["promised"]:
            yield f"Promised: {one['what']} {self.times.at(one['at'])}, by {self._person(one['by'])}"
        if not self.packet["do_not"]["promised"]:
            yield "Promised: nothing is open"

    def fit(self) -> Iterator[str]:
        found = self.packet["fit"]
        for one in found["inputs"]:
            values = ", ".join(proofs.fact(self.ctx, n, UNKNOWN if v is None else v) for n, v in one["values"].items())
            yield f"{HOLDS[one['holds']]}: {spoken(one['id'])}, {one['points']} points ({values})"
        now, then = found["now"], found["thirty_days_ago"]
        was = f"{then['engagement_points']} thirty days ago" if then else "not known to us thirty days ago"
        fit = f", then {then['fit']}" if then else ""
        yield f"Engagement {now['engagement_points']} points, {was}; fit {now['fit']}{fit}"
        did = ", ".join(f"{say} ({count})" for say, count in found["events_in_thirty_days"].items())
        yield f"Within thirty days: {did or 'nothing'}"

    def before(self) -> Iterator[str]:
        if not self.packet["before"]:
            yield "None: this is the first time with sales"
        for one in self.packet["before"]:
            reason = self.ctx.release.reasons.recycle.get(one["reason"] or "") or self.ctx.release.reasons.reject.get(
                one["reason"] or ""
            )
            why = reason.say if reason else spoken(one["reason"] or "no reason given")
            by = self._person(one["by"] or (one["reps"][-1] if one["reps"] else None))
            note = f" “{_short(one['note'])}”" if one["note"] else ""
            yield f"{self.times.day(one['closed_at'])}, {by}: {why}.{note}"
            yield f"Since then: {'; '.join(one['since']) or 'nothing new'}"

    def reach(self) -> Iterator[str]:
        rules = self.packet["contact_rules"]
        for channel in ("email", "phone"):
            why_not = rules[channel]["why_not"]
            number = ", number unknown" if channel == "phone" and not rules["phone"]["is_known"] else ""
            yield f"{channel.capitalize()}: {f'no, {why_not}' if why_not else 'allowed'}{number}"
        there = self.times.of(rules["time_zone"])
        guessed = "" if rules["is_zone_known"] else " (their zone is a guess)"
        open_now = "within" if rules["is_working_time"] else "outside"
        yield f"Their time: {there.at(self.ctx.now)}{guessed}, {open_now} working hours"
        hour = rules["best_hour"]
        best = f"{hour['hour']:02}:00, when they did something {_times(hour['times'])}" if hour else UNKNOWN
        yield f"Best hour: {best}"
        consent = rules["consent"]
        basis = f"{consent['basis']}, {self.times.day(consent['at'])}" if consent else UNKNOWN
        yield f"Consent: {basis}"

    def routing(self) -> Iterator[str]:
        found = self.packet["routing"]
        if found:
            yield f"{self._person(found['rep'])}: {found['why']}"
            for rep, why in found["passed_over"]:
                yield f"Passed over: {self._person(rep)}, {why}"

    def owed(self) -> Iterator[str]:
        owed = self.packet["owed"]
        if owed["accept_by"]:
            yield f"{CLOCKS['accept']} {self.times.at(owed['accept_by'])}"
        if owed["first_contact_by"]:
            says = IF_ACCEPTED if owed["accept_by"] else CLOCKS["first_attempt"]
            yield f"{says} {self.times.at(owed['first_contact_by'])}"
        clock = self.ctx.lead.clock
        if clock and clock.name not in ("accept", "first_attempt"):
            yield f"{CLOCKS.get(clock.name, clock.name)} {self.times.at(clock.due_at)}"
        least = owed["before_not_responsive"]
        yield (
            f"Before “cannot be reached”: {least['attempts']} attempts on {least['channels']} channels over"
            f" {least['business_days']} business days; so far {least['done']}"
        )

    def answers(self) -> Iterator[str]:
        if self.ctx.lead.state is State.HANDED_OFF:
            yield "Accept, or not for us - why?"
        elif self.ctx.lead.owner:
            yield f"With {self._person(self.ctx.lead.owner)}: log what happened, or give it back with a reason"
        else:
            yield "This handoff is over"
