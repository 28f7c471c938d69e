"""The simulated buyers: what each does with a mail, a call, and time. Who they are stands in content/samples.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Literal

from commands.actors.acting import Action, News, waking_after
from commands.actors.chance import chance
from commands.actors.crowd import crowd_for
from commands.actors.inbox import Mail
from commands.actors.surfaces import Api, Browser
from domain.calendar import zone_of
from domain.release import Release
from domain.samples import given
from domain.track import Sample

ARRIVING_DAYS = 4
"""The first of them write to us on the first day, the last so many working days later."""
TWIN_AFTER = timedelta(days=9)
"""Until somebody who has written from one address writes again from another."""
LATER = timedelta(days=21)
"""How long after a salesperson let go of them somebody sees things differently."""
SOON_AFTER_ALL = {"fact.evaluate_within_months": 2}
WORKDAY = 10.0


@dataclass(frozen=True)
class Habit:
    """`reads`, `clicks`, `answers` and `picks_up` are probabilities, `within` hours of waking time until a mail is
    read. `raises_hand_at` and `leaves_at` count the mails received."""

    reads: float = 0.0
    clicks: float = 0.0
    answers: float = 0.0
    picks_up: float = 0.0
    within: tuple[float, float] = (1.0, 20.0)
    raises_hand_at: int | None = None
    leaves_at: int | None = None
    comes_back: float = 0.0
    """How likely they ask for a demo on their own, some time after sales let go of them."""


HABITS: Mapping[str, Habit] = {
    "eager": Habit(1.0, 0.9, 0.9, 0.8, (0.5, 4.0), comes_back=0.7),
    "curious": Habit(0.9, 0.6, 0.55, 0.5, (1.0, 16.0), comes_back=0.5),
    "talker": Habit(0.7, 0.2, 0.0, 0.95, (2.0, 20.0), comes_back=0.5),
    "hand_raiser": Habit(0.9, 0.5, 0.4, 0.9, (0.5, 6.0), raises_hand_at=2, comes_back=0.7),
    "unsubscribes": Habit(1.0, 0.3, 0.0, 0.1, (1.0, 9.0), leaves_at=2),
    "quiet": Habit(picks_up=0.05),
}
"""Whoever behaves otherwise (competitors, addresses that are gone) does nothing."""

What = Literal["click", "answer", "unsubscribe", "demo_request"]


def reaction(habit: Habit, mail: Mail, number: int, random: Random) -> list[What]:
    """What somebody does with the `number`-th mail they got, in this order."""
    if random.random() >= habit.reads:
        return []
    found: list[What] = []
    if mail.clicks and random.random() < habit.clicks:
        found.append("click")
    if mail.answers and random.random() < habit.answers:
        found.append("answer")
    if mail.unsubscribe and number == habit.leaves_at:
        found.append("unsubscribe")
    if number == habit.raises_hand_at:
        found.append("demo_request")
    return found


@dataclass
class Buyer:
    """One sample lead as the person it is."""

    id: str
    sample: Sample
    zone: str
    seed: int
    lead_id: str | None = None
    named_by: str | None = None
    """The id of the buyer who names this one to us; they do not write themselves."""
    twin_of: str | None = None
    """The id under which the same person has written before."""
    names: Buyer | None = None
    mails: int = 0
    left_sales_at: datetime | None = None
    has_raised_hand: bool = field(init=False)

    def __post_init__(self) -> None:
        self.has_raised_hand = self.asks_at_once

    @property
    def asks_at_once(self) -> bool:
        return self.sample.behaves == "hand_raiser" and self.sample.inquiry.get("topic") == "demo"

    @property
    def address(self) -> str:
        return str(self.sample.lead["email"]).lower()

    @property
    def name(self) -> str:
        person = self.sample.lead
        return str(person.get("first_name") or person.get("last_name") or self.address.partition("@")[0])

    @property
    def company(self) -> str:
        return str(self.sample.company.get("name") or self.address.partition("@")[2])

    @property
    def full_name(self) -> str:
        person = self.sample.lead
        return " ".join(str(person[n]) for n in ("first_name", "last_name") if n in person) or self.name

    @property
    def habit(self) -> Habit:
        return HABITS.get(self.sample.behaves, Habit())

    def tells(self, now: datetime) -> dict[str, Any]:  # Any: values of fields.yaml
        """What they would say when asked today. Time changes it: who was not ready may be, a while later."""
        known = {**{f"fact.{name}": value for name, value in self.sample.fact.items()}, **self.sample.tells}
        is_later = self.left_sales_at is not None and now >= self.left_sales_at + LATER
        return {**known, **SOON_AFTER_ALL} if is_later and self.habit.picks_up > 0 else known

    def picks_up(self, *about: object) -> bool:
        return chance(self.seed, self.id, "phone", *about).random() < self.habit.picks_up


def buyers_of(release: Release, seed: int) -> list[Buyer]:
    def zone(sample: Sample) -> str:
        own = sample.lead.get("time_zone")
        countries = (sample.lead.get("country"), sample.company.get("country"))
        return zone_of(own, countries, release.defaults.time_zone)[0]

    found = {name: Buyer(name, sample, zone(sample), seed) for name, sample in release.samples.items()}
    for name, extra in crowd_for(release).items():
        found[name] = Buyer(name, extra.sample, zone(extra.sample), seed, None, extra.named_by, extra.twin_of)
    for buyer in found.values():
        if buyer.named_by:
            found[buyer.named_by].names = buyer
    return list(found.values())


@dataclass
class Buyers:
    """All of them: they write to us, read their mails, follow links, answer, leave, ask for a demo."""

    everyone: Sequence[Buyer]
    release: Release
    website: Api
    browser: Browser
    starts_at: datetime
    by_lead: dict[str, Buyer] = field(default_factory=dict)
    _have_written: bool = False
    _by_address: dict[str, Buyer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_address = {buyer.address: buyer for buyer in self.everyone}
        self._fields = {declared.ask: name for name, declared in self.release.fields.items() if declared.ask}

    def look(self, news: News) -> list[Action]:
        found = [] if self._have_written else self._arrivals()
        self._have_written = True
        for mail in news.mails:
            if buyer := self._by_address.get(mail.to):
                buyer.mails += 1
                found += self._reactions(buyer, mail, news.now)
        return found

    def returned(self, buyer: Buyer, now: datetime) -> list[Action]:
        """Sales has let go of them; some come back on their own. Who named somebody else does not."""
        buyer.left_sales_at = now
        if buyer.names:
            self._meet()
            return []
        random = chance(buyer.seed, buyer.id, "comes back", now.date())
        if random.random() >= buyer.habit.comes_back:
            return []
        at = waking_after(now + timedelta(days=random.randint(25, 45)), random.uniform(0, 6), buyer.zone)
        return [Action(at, f"{buyer.id} asks for a demo again", partial(self._raise_hand, buyer))]

    def _arrivals(self) -> list[Action]:
        """Of all who have not written yet; in a folder of the last time that is nobody."""
        self._meet()
        return [self._arrival(buyer) for buyer in self.everyone if buyer.lead_id is None and not buyer.named_by]

    def _meet(self) -> None:
        known = {str(lead["email"]).lower(): str(lead["id"]) for lead in self.website.items("/api/leads")}
        for buyer in self.everyone:
            if buyer.lead_id is None and buyer.address in known:
                self._is_known(buyer, known[buyer.address])

    def _is_known(self, buyer: Buyer, lead_id: str) -> None:
        buyer.lead_id = lead_id
        self.by_lead[lead_id] = buyer

    def _arrival(self, buyer: Buyer) -> Action:
        hours = chance(buyer.seed, buyer.id, "arrives").uniform(0.0, WORKDAY * ARRIVING_DAYS)
        begins = self.starts_at + (TWIN_AFTER if buyer.twin_of else timedelta(0))
        return Action(waking_after(begins, hours, buyer.zone), f"{buyer.id} writes", partial(self._enrol, buyer))

    def _enrol(self, buyer: Buyer) -> None:
        groups: dict[str, dict[str, object]] = {"lead": {}, "company": {}, "inquiry": {}, "fact": {}}
        for name, value in given(buyer.sample).items():
            group, _, short = name.partition(".")
            groups[group][short] = value
        event = {"event": "demo_request"} if buyer.asks_at_once else {}
        external = {"system": "website", "id": buyer.id}
        body = {
            "email": buyer.sample.lead["email"],
            "origin": "form",
            "external": external,
            **groups,
            **event,
        }
        self._is_known(buyer, str(self.website.post("/api/leads", body)["id"]))

    def _reactions(self, buyer: Buyer, mail: Mail, now: datetime) -> list[Action]:
        random = chance(buyer.seed, buyer.id, "mail", mail.subject)
        wanted = reaction(buyer.habit, mail, buyer.mails, random)
        if not wanted:
            return []
        at = waking_after(now, random.uniform(*buyer.habit.within), buyer.zone)
        return [
            Action(
                at, f"{buyer.id}: {', '.join(wanted)}", partial(self._do, buyer, wanted, mail, at), wanted != ["click"]
            )
        ]

    def _do(self, buyer: Buyer, wanted: Sequence[What], mail: Mail, now: datetime) -> None:
        """All in one sitting."""
        for what in wanted:
            self._do_one(buyer, what, mail, now)

    def _do_one(self, buyer: Buyer, what: What, mail: Mail, now: datetime) -> None:
        if what == "click":
            self.browser.follow(mail.clicks[0])
        elif what == "answer":
            self._answer(buyer, mail.answers[0], now)
        elif what == "unsubscribe" and mail.unsubscribe:
            self.browser.send(mail.unsubscribe, {"List-Unsubscribe": "One-Click"})
        elif what == "demo_request" and not buyer.has_raised_hand:
            self._raise_hand(buyer)

    def _answer(self, buyer: Buyer, url: str, now: datetime) -> None:
        """Reads the question on the page; who has no answer to it closes the page again."""
        page = self.browser.question(url)
        name = self._fields.get(page.question, "")
        value = buyer.tells(now).get(name)
        if value is None:
            return
        is_text = self.release.fields[name].type == "text"
        form = {"words" if is_text else "value": str(value).lower() if isinstance(value, bool) else str(value)}
        self.browser.send(url, {**form, "once": page.once})

    def _raise_hand(self, buyer: Buyer) -> None:
        buyer.has_raised_hand = True
        self.website.post(f"/api/leads/{buyer.lead_id}/events", {"name": "demo_request", "source": "website"})
