"""What a return would mean, as the API tells it before it is sent."""

from __future__ import annotations

from datetime import datetime

from api import views
from api.views import Json
from domain import returning
from domain.context import Context


def outlook(ctx: Context, reason: str, resume_on: datetime | None, stage: str | None) -> Json:
    found = returning.outlook(ctx, reason, resume_on, stage)
    return {
        "reason": reason,
        "cool_until": views.at(found.until),
        "ready_from": views.at(found.ready_from),
        "track": found.track,
        "stage": found.stage,
        "stage_why": found.stage_why,
        "to": found.to,
        "wakes_early": [ctx.release.events[name].say for name in found.wakes],
        "rests": found.rests,
    }
