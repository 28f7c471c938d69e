"""Who a manager gives a lead to: whoever takes leads, the one with most room first."""

from __future__ import annotations

from api import reps
from api.views import Json
from api.web.visiting import Visit

GIVES = ("assign", "reassign")
"""From the desk or before it was offered; and from one salesperson, or a queue, to another."""


def giving(visit: Visit, lead: Json) -> Json:
    """`gives` is what whoever looks may do with it now: one of GIVES, or None."""
    possible = (command for command in GIVES if visit.can(lead["state"], command, f"/api/leads/{{id}}/{command}"))
    gives = next(possible, None)
    return {"gives": gives, "takers": _takers(visit, lead) if gives else []}


def _takers(visit: Visit, lead: Json) -> list[Json]:
    """Whoever is away, or full, stands last: a manager may know better."""
    has_it = None if lead["team"] or lead["is_on_desk"] else lead["owner"]
    found = [rep for rep in reps.listed_reps(visit.app, visit.who)["items"] if rep["is_active"] and rep["id"] != has_it]
    return sorted(found, key=lambda rep: (rep["away_until"] is not None, -rep["free"], rep["id"]))
