"""What marketing and sales agreed, as it is live: tracks and the definition."""

from __future__ import annotations

from fastapi import APIRouter

from api.calls import App, Who
from api.views import Json
from domain.release import Release
from domain.track import Track
from storage import leads

router = APIRouter(prefix="/api", tags=["agreed"])


@router.get("/tracks", summary="Tracks with their stages and touches, and whether both teams signed")
def tracks(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        release = app.archive.live(tx)
    return {"items": [_track(release, track) for track in release.tracks.values()], "next": None}


def _track(release: Release, track: Track) -> Json:
    stages = []
    for name, stage in track.stages.items():
        touches = [track.touches[id] for id in stage.touches if id in track.touches]
        shown = [
            {"id": t.id, "channel": t.channel, "title": t.title or t.subject, "why": t.why, "assets": list(t.assets)}
            for t in touches
        ]
        stages.append({"id": name, "aim": stage.aim, "touches": shown})
    plain = {name: getattr(track, name) for name in ("id", "title", "owner", "message", "audience", "priority")}
    goal = {"count": track.goal.count, "what": track.goal.what, "by": track.goal.by.isoformat()}
    budget = {"amount": track.budget.amount, "currency": track.budget.currency}
    is_approved = track.id in release.approved
    more = {"enrol": track.enrol.text, "goal": goal, "budget": budget, "is_approved": is_approved, "stages": stages}
    return {**plain, **more, "release": release.hash}


@router.get("/definitions", summary="The definition of a sales-ready lead, in the words both teams agreed on")
def definitions(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        release = app.archive.live(tx)
    definition = release.definition
    criteria = [
        {"id": name, "says": c.say, "when": c.when.text, "ask": c.ask} for name, c in definition.criteria.items()
    ]
    rules = [
        {"id": name, "when": rule.when.text, "says": leads.why_now(release, name)}
        for name, rule in definition.ready_when.items()
    ]
    found = {
        "title": definition.title,
        "signers": {"marketing": definition.signers.marketing, "sales": definition.signers.sales},
        "review": definition.review,
        "criteria": criteria,
        "ready_when": rules,
        "hold_back_when": [{"id": name, "when": c.text} for name, c in definition.hold_back_when.items()],
        "release": release.hash,
    }
    return {"items": [found], "next": None}
