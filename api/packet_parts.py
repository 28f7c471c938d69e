"""The parts of a packet that are more than a fact: people, promises, fit, what happened before, how to reach them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api import views
from api.views import Json
from domain import packet as pure
from domain.calendar import Window, zone
from domain.context import Context
from domain.lead import Known
from storage import packet_reading, reading, sales_reading
from storage.archive import Tx
from storage.reading import Row
from storage.rows import to_known

RETURNS = ("recycle", "reject", "lost", "disqualify")
"""Decisions that end a handoff and say why."""


def people(tx: Tx, ctx: Context, person: Mapping[str, str], may_see_persons: bool) -> Json:
    """Their part, who signs, and who else is there; None is unknown."""
    rows = packet_reading.colleagues(tx, ctx.lead.company, ctx.lead.id)
    persons = reading.persons(tx, [row["id"] for row in rows]) if may_see_persons else {}
    role = ctx.view.known("fact.contact_role")
    champion = ctx.view.value("fact.champion")
    return {
        "role": views.fact(ctx, "fact.contact_role", role) if role else None,
        "economic_buyer": person.get("economic_buyer"),
        "champion": person.get("champion") or (str(champion) if champion else None),
        "colleagues": [_colleague(row, persons.get(row["id"], {})) for row in rows],
    }


def _colleague(row: Row, person: Mapping[str, str]) -> Json:
    title = to_known(row["known"]).get("lead.title")
    plain = {"lead": str(row["id"]), "state": row["state"], "owner": row["owner"]}
    return {**plain, "name": views.full_name(person), "title": title.value if title else None}


def their_words(tx: Tx, ctx: Context, lead_id: UUID) -> list[Json]:
    """What they said or wrote, newest first, with where and when."""
    rows = reading.own_words(tx, lead_id)
    records = reading.evidence(tx, {row["ref"] for row in rows})
    return [
        {
            "at": views.at(row["at"]),
            "text": row["text"],
            "evidence": row["ref"],
            **_source(ctx, records.get(row["ref"])),
        }
        for row in rows
    ]


def _source(ctx: Context, record: Row | None) -> Json:
    if record is None:
        return {"source": None}
    if "name" not in record:
        person = ctx.release.people.get(record["actor_id"] or "")
        return {"source": f"told {person.name}" if person else "told one of us"}
    event = ctx.release.events.get(record["name"])
    return {"source": event.say if event else str(record["name"]).replace("_", " ")}


def do_not(tx: Tx, ctx: Context, had: Sequence[Json]) -> Json:
    """What they need not hear again, and what we owe them already."""
    asked = [name for name, one in ctx.facts.known.items() if name.startswith("fact.") and ctx.view.known(name) == one]
    promised = []
    for row in packet_reading.attempts(tx, ctx.lead.id):
        promised += [
            {"what": what, "at": views.at(row[f"{what}_at"]), "by": row["rep"]}
            for what in ("callback", "meeting")
            if row[f"{what}_at"] and row[f"{what}_at"] >= ctx.now
        ]
    task = sales_reading.open_task(tx, ctx.lead.id)
    if task and task["kind"] != "touch":
        promised.append({"what": task["kind"], "at": views.at(task["due_at"]), "by": task["owner"]})
    sent = {asset["id"]: asset["title"] for one in had for asset in one["assets"]}
    return {"ask_again": sorted(asked), "send_again": list(sent.values()), "promised": promised}


def fit(ctx: Context) -> Json:
    """Fit line by line, both scores, and how they moved within thirty days."""
    now, then = pure.scores(ctx), pure.scores_before(ctx)
    inputs = [
        {
            "id": one.id,
            "points": views.plain(one.points),
            "holds": {True: "met", False: "not_met", None: "unknown"}[one.holds],
            "when": one.condition,
            "values": {name: value if value is None else views.plain(value) for name, value in one.values.items()},
        }
        for one in pure.fit_inputs(ctx)
    ]
    events = {ctx.release.events[n].say: c for n, c in pure.recent_events(ctx).items() if n in ctx.release.events}
    return {
        "inputs": inputs,
        "now": _scores(now),
        "thirty_days_ago": _scores(then) if ctx.lead.created_at <= ctx.now - pure.MOVED_WITHIN else None,
        "events_in_thirty_days": events,
    }


def _scores(one: pure.Scores) -> Json:
    points = [views.plain(round(one.fit_low, 1)), views.plain(round(one.fit_high, 1))]
    return {
        "fit": one.fit,
        "fit_points": points,
        "engagement": one.engagement_class,
        "engagement_points": views.plain(round(one.engagement, 1)),
    }


def before(tx: Tx, ctx: Context, handoff: Row, story: Sequence[Json]) -> list[Json]:
    """Earlier handoffs of this lead: with whom, who gave it back and why, and what is new since."""
    offers = sales_reading.offers_of(tx, handoff["lead_id"])
    found = []
    for row in sales_reading.handoffs_of(tx, handoff["lead_id"]):
        if row["number"] >= handoff["number"]:
            continue
        plain = views.jsonable(row, "number", "cycle", "rule", "opened_at", "closed_at", "outcome", "reason")
        reps = [o["rep"] for o in offers if o["handoff_id"] == row["id"]]
        found.append({**plain, "reps": reps, **_given_back(row, story), "since": _since(ctx, row)})
    return found


def _given_back(row: Row, story: Sequence[Json]) -> Json:
    """The decision that ended it lies in the story at the very instant; a clock that ended it said nothing."""
    ended = views.at(row["closed_at"])
    said = [
        one
        for one in story
        if one["kind"] == "disposition" and one["at"] == ended and one["data"].get("command") in RETURNS
    ]
    one: Json = said[-1] if said else {"actor_id": None, "data": {}}
    return {"by": one["actor_id"], "note": one["data"].get("text"), "learned": one["data"].get("facts", [])}


def _since(ctx: Context, row: Row) -> list[str]:
    """What changed after it ended, in words; facts first."""
    at = row["closed_at"]
    if at is None:
        return []
    told = [_fact(ctx, name, one) for name, one in ctx.facts.known.items() if one.at > at]
    did = [
        f"{ctx.release.events[name].say} on {one.last_at.astimezone(zone(ctx.buyer_zone)):%d %b %Y}"
        for name, one in ctx.facts.seen.items()
        if one.last_at > at and name in ctx.release.events
    ]
    return [*told, *did]


def _fact(ctx: Context, name: str, one: Known) -> str:
    shown = views.fact(ctx, name, one)
    return f"{shown['says']}: {shown.get('words') or shown['value']}"


def contact_rules(tx: Tx, ctx: Context, person: Mapping[str, str]) -> Json:
    """How one may reach them, what time it is there, when they act, and on what basis we write."""
    lead = ctx.lead
    mail = "unsubscribed" if lead.has_opted_out else "the address bounces" if lead.has_bounced else None
    phone = "asked not to be called" if lead.is_do_not_call else None
    local = ctx.now.astimezone(zone(ctx.buyer_zone))
    country = lead.country or ctx.release.defaults.country
    window = Window(ctx.release.service_levels.hours, ctx.buyer_zone, country)
    hour = pure.best_hour(packet_reading.acts(tx, lead.id), ctx.buyer_zone)
    given = packet_reading.consent(tx, lead.id)
    return {
        "email": {"is_allowed": mail is None, "why_not": mail},
        "phone": {"is_allowed": phone is None, "why_not": phone, "is_known": "phone" in person},
        "time_zone": ctx.buyer_zone,
        "is_zone_known": lead.time_zone is not None,
        "local_time": local.isoformat(timespec="minutes"),
        "is_working_time": window.is_open(ctx.now),
        "best_hour": {"hour": hour[0], "times": hour[1]} if hour else None,
        "consent": {"basis": given["basis"], "at": views.at(given["at"]), "origin": given["origin"]} if given else None,
    }


def owed(ctx: Context) -> Json:
    found = pure.owed(ctx)
    effort: dict[str, Any] = {  # Any: JSON
        "attempts": found.attempts,
        "channels": found.channels,
        "business_days": found.business_days,
        "done": ctx.facts.attempts.count,
    }
    return {
        "accept_by": views.at(found.accept_by),
        "first_contact_by": views.at(found.first_contact_by),
        "before_not_responsive": effort,
    }
