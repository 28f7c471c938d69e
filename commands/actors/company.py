"""Who plays in the demo: the buyers of content/samples.yaml, and everybody of people.yaml who has something to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx

from commands.actors.buyers import Buyer, Buyers, buyers_of
from commands.actors.callers import Caller
from commands.actors.cast import Cast
from commands.actors.inbox import Inbox
from commands.actors.sellers import Manager, Operations, Seller
from commands.actors.surfaces import Api, Board, Browser
from domain.release import Release
from storage.archive import Archive

WEBSITE = "website"


@dataclass(frozen=True)
class Company:
    cast: Cast
    buyers: Mapping[str, Buyer]
    """By lead id; filled while they arrive."""


@dataclass(frozen=True)
class Told:
    """What everybody has to know. `keys` are by person, and one for the website."""

    release: Release
    keys: Mapping[str, str]
    seed: int
    starts_at: datetime
    ends_at: datetime


def assemble(archive: Archive, client: httpx.Client, mails: Path, told: Told) -> Company:
    release, zone = told.release, told.release.defaults.time_zone
    apis = {name: Api(client, key) for name, key in told.keys.items()}
    everyone = buyers_of(release, told.seed)
    buyers = Buyers(everyone, release, apis[WEBSITE], Browser(client), told.starts_at)
    roles = {
        role: [n for n, p in release.people.items() if p.role == role]
        for role in ("sales", "nurture", "marketing", "ops")
    }
    boss = release.routing.manager
    handoffs, tasks = Board(apis[boss], "/api/handoffs"), Board(apis[boss], "/api/tasks")
    sellers = [
        Seller(n, apis[n], handoffs, buyers.by_lead, zone, told.seed, buyers.returned, told.starts_at)
        for n in roles["sales"]
    ]
    callers = [
        Caller(n, apis[n], tasks, buyers.by_lead, release, told.seed) for n in (*roles["nurture"], *roles["marketing"])
    ]
    managers = [Manager(boss, apis[boss], handoffs, buyers.by_lead, zone, seller.id) for seller in sellers[:1]]
    operations = [Operations(n, apis[n], everyone, zone) for n in roles["ops"][:1]]
    cast = Cast(archive, [buyers, *callers, *sellers, *managers, *operations], Inbox(mails), told.ends_at)
    return Company(cast, buyers.by_lead)
