"""How leads, steps, verdicts and the timeline look in answers. The words are those of the archive's contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from domain import lifecycle
from domain.context import Context
from domain.decide import decide
from domain.lead import Known, State, Status
from domain.readiness import Verdict
from domain.steps import Verb
from storage.around import Around
from storage.reading import Row

Json = dict[str, Any]  # Any: JSON
TOUCHING = (Verb.DELIVER.value, Verb.OPEN_TASK.value)
STATUS = {"claimed": "scheduled", "deferred": "scheduled", "sent": "delivered"}
"""Of a delivery, as people say it; failed and uncertain stay what they are."""
ANYTIME = ("pause", "resume")
"""What people may do in any state without changing it."""
NOT_GIVEN = ("not_done", "overtaken")
KINDS = {
    "enrolled": "event",
    "inquired_again": "event",
    "opted_out": "event",
    "paused": "disposition",
    "resumed": "disposition",
    "support": "disposition",
    "facts": "disposition",
    "routing": "handoff",
    "reminder": "handoff",
    "breach": "handoff",
    "duty": "handoff",
    "accuracy": "disposition",
    "referral": "event",
}
"""The log knows finer kinds than the timeline; their own name stays in `data`."""


NOTHING = Around()
"""For lists of many leads, which tell what stands in the log itself."""


def at(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def plain(value: object) -> object:
    """A whole number without its .0, a day as text."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value.isoformat() if isinstance(value, date) else value


def jsonable(row: Row, *names: str) -> Json:
    def convert(value: object) -> object:
        if isinstance(value, datetime):
            return at(value)
        return str(value) if isinstance(value, UUID) else value

    return {name: convert(row[name]) for name in names}


def short(row: Row) -> Json:
    """A lead in a list, and after every change: where it stands, without words about the person."""
    names = (
        "id",
        "state",
        "cycle",
        "track",
        "stage",
        "owner",
        "company",
        "paused_until",
        "cool_until",
        "sunset_at",
        "created_at",
    )
    clock = row["clock_name"] and {
        "name": row["clock_name"],
        "started_at": at(row["clock_started_at"]),
        "due_at": at(row["clock_due_at"]),
    }
    return {**jsonable(row, *names), "clock": clock, "possible": possible(row["state"])}


def listed(row: Row, person: Mapping[str, str] | None) -> Json:
    step = row["step"] if row["step_seq"] >= row["seq"] else None
    found = {**short(row), "next": kept_step(step)}
    if person is not None:
        found["name"], found["email"] = full_name(person), person.get("email")
    return found


def full_name(person: Mapping[str, str]) -> str | None:
    return " ".join(person[name] for name in ("first_name", "last_name") if person.get(name)) or None


def possible(state: str) -> list[str]:
    return [*lifecycle.legal(State(state)), *ANYTIME]


def kept_step(step: Mapping[str, Any] | None) -> Json | None:  # Any: JSON
    return next_step(step["id"], step["verb"], step["due_at"], step["reason"]) if step else None


def next_step(id: str, verb: str, due_at: str | None, reason: str) -> Json:
    due_at = due_at.replace("+00:00", "Z") if due_at and verb != Verb.ENDED.value else None
    touch = id.split(":")[1] if verb in TOUCHING else None
    return {"touch": touch, "verb": verb, "due_at": due_at, "reason": reason}


def lead(ctx: Context, row: Row, beside: Mapping[str, Any], person: Mapping[str, str] | None) -> Json:  # Any: columns
    """One view of a lead. `next` is the step that stands, or, while nobody has looked since the last change, what
    would be decided now."""
    facts, found = ctx.facts, short(row)
    if row["step"] and row["step_seq"] >= row["seq"]:
        found["next"] = kept_step(row["step"])
    else:
        step = decide(facts, ctx.release, ctx.now)
        found["next"] = next_step(step.id, step.verb.value, step.due_at.isoformat(), step.reason)
    found |= {"verdict": verdict(ctx.verdict), "grade": grade(ctx), "facts": known(ctx)}
    found["events"] = {
        name: {"count": sum(seen.days.values()), "last_at": at(seen.last_at)} for name, seen in facts.seen.items()
    }
    names = ("offering", "country", "time_zone", "has_opted_out", "has_bounced", "is_do_not_call", "is_on_desk")
    found |= {name: getattr(facts.lead, name) for name in (*names, "ready_rule", "return_reason", "seq")}
    found |= {"team": facts.lead.team, "holder": ctx.holder, "support": facts.lead.support}
    found["left_sales_at"] = at(facts.lead.left_sales_at)
    found |= {"origin": beside["origin"], "zone_rule": beside["zone_rule"], "external": beside["external"]}
    if person is not None:
        found |= {"name": full_name(person), "email": person.get("email"), "person": dict(person)}
    return found


def verdict(found: Verdict) -> Json:
    criteria = [
        {"id": c.id, "says": c.says, "holds": c.holds, "evidence": list(c.evidence), "ask": c.ask}
        for c in found.criteria
    ]
    return {"ready": found.ready, "rule": found.rule, "held_back_by": found.held_back_by, "criteria": criteria}


def grade(ctx: Context) -> Json:
    """Fit as far as it is settled ("A", or "A-C" while something is unknown), and engagement 1 (most) to 4."""
    grades, engagement = ctx.view.grades, ctx.view.value("grade.engagement")
    fit = grades[0] if len(grades) == 1 else f"{grades[0]}-{grades[-1]}"
    return {"fit": fit, "engagement": plain(engagement)}


def known(ctx: Context) -> Json:
    return {name: fact(ctx, name, one) for name, one in sorted(ctx.facts.known.items())}


def fact(ctx: Context, name: str, one: Known) -> Json:
    declared = ctx.release.fields.get(name)
    words = declared.options.get(str(one.value)) if declared else None
    return {
        "says": declared.say if declared else name,
        "value": plain(one.value),
        **({"words": words} if words else {}),
        "at": at(one.at),
        "source": one.source.value,
        "evidence": one.evidence,
        "is_still_true": ctx.view.known(name) is not None,
    }


def event(row: Row, around: Around = NOTHING) -> Json:
    """A row of the timeline, in the terms of what its ids stand for."""
    kind = KINDS.get(row["kind"], row["kind"])
    data: Json = {**row["data"]}
    if kind != row["kind"]:
        data["is"] = row["kind"]
    if row["kind"] == "transition":
        data = {"transition": row["transition"], "from": row["from_state"], "to": row["to_state"], **data}
    if kind == "event":
        data.setdefault("event", row["kind"])
    if row["reason"]:
        data["reason"] = row["reason"]
    delivery = around.deliveries.get(str(data.get("delivery")))
    if subject := around.subjects.get(str(data.get("delivery"))):
        data["subject"] = subject
    if delivery is not None:
        data.setdefault("touch", delivery["touch"])
    if kind == "touch":
        data |= touch_data(data, delivery)
    if brought := around.imports.get(str(data.get("import") or row["actor_id"])):
        data |= {"import_name": brought["name"], "import_at": at(brought["at"])}
    text = around.words.get(f"log:{row['id']}") or around.words.get(f"event:{data.get('event_row')}")
    if text:
        data["text"] = text
    found = {"at": at(row["at"]), "kind": kind, "actor": row["actor"], "actor_id": row["actor_id"], "data": data}
    return {"id": row["id"], "cycle": row["cycle"], **found}


def touch_data(data: Json, delivery: Row | None) -> Json:
    status = STATUS.get(str(data.get("status")), data.get("status"))
    if delivery is None:
        return {"status": status}
    return {
        "status": "skipped" if status == "failed" and delivery["code"] in NOT_GIVEN else status,
        "channel": delivery["channel"],
        "variant": delivery["variant"],
        "content_hash": delivery["content_hash"],
        "engaged_at": at(delivery["engaged_at"]),
    }


def given(row: Row) -> str:
    """How a touch of the ledger stands: scheduled, delivered, engaged, failed, uncertain, skipped."""
    if row["engaged_at"]:
        return "engaged"
    if row["status"] == Status.FAILED.value and row["code"] in NOT_GIVEN:
        return "skipped"
    status: str = row["status"]
    return STATUS.get(status, status)
