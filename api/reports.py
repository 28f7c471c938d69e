"""Reports for machines: what became of the promises about sales-ready leads."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api import views
from api.calls import App, Who
from api.leads import Limit
from api.views import Json
from api.web.names import Names, names_of
from storage import promises
from storage.promises import Hand, Untried

router = APIRouter(prefix="/api/reports", tags=["reports"])
Days = Annotated[int, Query(ge=1, le=3660, description="Of so many days back.")]


@router.get(
    "/promises", summary="Salespeople: offered, accepted, tried, rejected, let pass, minutes to the first attempt"
)
def promises_kept(app: App, who: Who, days: Days = 90) -> Json:
    with app.archive.reading() as tx:
        since = app.archive.clock.now() - timedelta(days=days)
        return {"items": [vars(one) for one in promises.kept(tx, app.archive, since)], "next": None}


@router.get(
    "/without-attempt", summary="Sales-ready leads nobody has tried to reach, and who and which clock let them pass"
)
def without_attempt(
    app: App,
    who: Who,
    days: Days = 90,
    is_open: Annotated[bool | None, Query(alias="open", description="Only those sales still has, or has not.")] = None,
    limit: Limit = 200,
) -> Json:
    with app.archive.reading() as tx:
        now = app.archive.clock.now()
        since = now - timedelta(days=days)
        rate = promises.never_tried(tx, now, since)
        found = promises.untried(tx, app.archive, since, limit, is_open=is_open)
        names = names_of(tx, [one.lead_id for one in found], may_see_persons=True) if who.may_see_persons else None
    never = {"leads": rate.n, "never_tried": rate.hits, "rate": rate.value, "low": rate.low, "high": rate.high}
    return {"after_14_days": never, "items": [_untried(one, names) for one in found], "next": None}


def _untried(one: Untried, names: Names | None) -> Json:
    """Who it is, for those who may see persons."""
    return {
        "lead": str(one.lead_id),
        **({"name": names.called(one.lead_id)} if names else {}),
        "handoff": str(one.handoff_id),
        "ready_at": views.at(one.ready_at),
        "closed_at": views.at(one.closed_at),
        "business_days": one.days,
        "state": one.state,
        "owner": one.owner,
        "reason": one.reason,
        "hands": [_hand(hand) for hand in one.hands],
    }


def _hand(hand: Hand) -> Json:
    return {
        "rep": hand.rep,
        "team": hand.team,
        "clock": hand.clock,
        "from_at": views.at(hand.from_at),
        "until_at": views.at(hand.until_at),
        "became": hand.became,
        "reason": hand.reason,
        "broken": hand.is_broken,
        "business_minutes": hand.minutes,
        "wall_minutes": hand.wall_minutes,
    }
