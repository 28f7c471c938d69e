"""The handoff packet: all that a salesperson needs for the first sentence, and nothing they must look for.

Figures and criteria are those of the moment the lead became ready; facts and history are as of now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from api import packet_parts, packet_words, views
from api.evidence import denied, evidence
from api.views import Json
from domain import packet as pure
from domain import recycling
from domain.context import Context
from storage import leads, reading
from storage.archive import Tx
from storage.around import Around, around
from storage.reading import Row

MOST_HISTORY = 200
TIMING = (
    "evaluate_within_months", "decide_within_months", "priority", "budget_status", "decision_process",
    "decision_criteria", "competition", "will_meet",
)  # fmt: skip
"""When, with what money and against whom: of these, the facts that lead_defs/fields.yaml declares."""
NEEDS = ("pain", "pain_metric")


def packet(tx: Tx, ctx: Context, handoff: Row, offers: Sequence[Row], may_see_persons: bool) -> Json:
    lead_id: UUID = handoff["lead_id"]
    person = reading.persons(tx, [lead_id]).get(lead_id, {}) if may_see_persons else {}
    known = around(tx, lead_id, may_see_persons)
    deliveries = [*known.deliveries.values()]
    verdict = reading.verdict(tx, handoff["verdict_id"])
    story = conversation(tx, lead_id, known)
    had = seen(ctx, deliveries, known.subjects)
    found = {
        "headline": headline(ctx, person, handoff["rule"]),
        "why_now": why_now(tx, ctx, handoff, verdict, known),
        **what_to_say(ctx, verdict),
        "needs": [stated(ctx, name) for name in declared(ctx, NEEDS)],
        "people": packet_parts.people(tx, ctx, person, may_see_persons),
        "timing": [stated(ctx, name) for name in declared(ctx, TIMING)],
        "facts": views.known(ctx),
        "conversation": story,
        "already_seen": had,
        "not_seen_yet": unseen_assets(ctx, deliveries),
        "use_next": unseen_assets(ctx, deliveries)[: pure.PIECES],
        "do_not": packet_parts.do_not(tx, ctx, had),
        "fit": packet_parts.fit(ctx),
        "before": packet_parts.before(tx, ctx, handoff, story),
        "contact_rules": packet_parts.contact_rules(tx, ctx, person),
        "routing": routing(offers[-1]) if offers else None,
        "owed": packet_parts.owed(ctx),
        "accept_by": views.at(offers[-1]["accept_by"]) if offers else None,
    }
    if may_see_persons:
        found |= {"name": views.full_name(person), "person": person}
        found["their_words"] = packet_parts.their_words(tx, ctx, lead_id)
    found["sections"] = packet_words.sections(found, ctx)
    return found


def declared(ctx: Context, names: Sequence[str]) -> list[str]:
    return [full for name in names if (full := f"fact.{name}") in ctx.release.fields]


def stated(ctx: Context, name: str) -> Json:
    """A fact with its age, or that nobody has told us: what would learn it."""
    one, field = ctx.view.known(name), ctx.release.fields[name]
    if one is None:
        return {"id": name, "says": field.say or name, "value": None, "ask": field.ask}
    age = (ctx.now - one.at).days
    return {"id": name, **views.fact(ctx, name, one), "age_days": age}


def headline(ctx: Context, person: Mapping[str, str], rule: str | None) -> str:
    """Who, what they do, where, and why now - in one line."""

    def value(name: str) -> object:
        found = ctx.facts.known.get(name)
        return found.value if found else None

    name, title = views.full_name(person), value("lead.title")
    who = ", ".join(str(part) for part in (name, title) if part) or "Somebody"
    company = value("company.name") or value("company.domain") or ctx.lead.company
    return f"{who}{f' at {company}' if company else ''}: {leads.why_now(ctx.release, rule)}"


def why_now(tx: Tx, ctx: Context, handoff: Row, verdict: Row | None, known: Around) -> Json:
    """The rule in words, and every criterion with what proves it."""
    criteria: list[Json] = verdict["criteria"] if verdict else []
    records = evidence(tx, ctx, known, {id for c in criteria for id in c["evidence"]})
    said = denied(tx, ctx, [c for c in criteria if _was_said(ctx, c["id"], verdict)], records)
    found: Json = {
        "rule": handoff["rule"],
        "says": leads.why_now(ctx.release, handoff["rule"]),
        "at": views.at(verdict["at"]) if verdict else None,
        "criteria": [
            {**c, "evidence": [records.of(id) for id in c["evidence"]], "denied": said.get(c["id"])} for c in criteria
        ],
    }
    if handoff["rule"] == recycling.OVERRIDE:
        rows, _ = reading.timeline(tx, handoff["lead_id"], None, MOST_HISTORY, ["disposition"])
        promotions = [row for row in rows if row["data"].get("command") == "promote"]
        if promotions:
            found["promoted_by"] = promotions[-1]["actor_id"]
            found["promoted_because"] = known.words.get(f"log:{promotions[-1]['id']}")
    return found


def _was_said(ctx: Context, criterion: str, verdict: Row | None) -> bool:
    """Before this verdict, which stays as it was."""
    at = ctx.lead.denied.get(criterion)
    return at is not None and verdict is not None and at <= verdict["at"]


def what_to_say(ctx: Context, verdict: Row | None) -> Json:
    """The question to open with and the proof to hand, by who they are and what hurts; and what is still unknown."""
    criteria: list[dict[str, Any]] = verdict["criteria"] if verdict else []  # Any: JSON
    open_questions = [
        {"id": c["id"], "says": c["says"], "ask": c.get("ask")} for c in criteria if c["holds"] == "unknown"
    ]
    fitting = pure.messaging_for(ctx)
    question = fitting.opening_question if fitting else None
    if question is None:
        question = next((c["ask"] for c in open_questions if c["ask"]), None)
    return {
        "opening_question": question,
        "opening_line": (fitting and fitting.message) or ctx.release.profile(ctx.lead).value_proposition,
        "message": fitting.message if fitting else None,
        "avoid": list(fitting.avoid) if fitting else [],
        "persona": fitting.persona if fitting else None,
        "open_questions": open_questions,
    }


def conversation(tx: Tx, lead_id: UUID, known: Around) -> list[Json]:
    """What happened, oldest first; a long story keeps its beginning on the lead's timeline."""
    rows = reading.newest(tx, lead_id, MOST_HISTORY)
    return [views.event(row, known) for row in rows]


def seen(ctx: Context, deliveries: Sequence[Row], subjects: Mapping[str, str]) -> list[Json]:
    """What they have had."""
    found = []
    for row in deliveries:
        touch = ctx.release.find_touch(row["touch"])
        subject = subjects.get(str(row["id"]))
        title = subject or (touch[1].title if touch else None) or row["touch"].replace("-", " ").capitalize()
        plain = views.jsonable(row, "touch", "channel", "cycle", "claimed_at", "engaged_at")
        found.append({**plain, "title": title, "status": views.given(row), "assets": _assets(ctx, row["assets"])})
    return found


def _assets(ctx: Context, ids: Sequence[str]) -> list[Json]:
    known = ctx.release.assets
    return [{"id": id, "title": known[id].title, "url": known[id].url} for id in ids if id in known]


def unseen_assets(ctx: Context, deliveries: Sequence[Row]) -> list[Json]:
    """Collateral to bring along: never sent yet, the most fitting first. What was left out they have not seen."""
    had = {asset for row in deliveries if views.given(row) not in ("failed", "skipped") for asset in row["assets"]}
    return _assets(ctx, pure.pieces(ctx, had))


def routing(offer: Row) -> Json:
    return {"rep": offer["rep"], "rule": offer["rule"], "why": offer["why"], "passed_over": offer["passed_over"]}
