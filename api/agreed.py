"""What marketing and sales agreed, as it is live: tracks and the definition."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter

from api import views
from api.calls import App, Who
from api.views import Json
from domain.release import Release
from domain.track import Track
from storage import judged, leads

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
    names = ("id", "title", "owner", "message", "audience", "purpose", "priority", "reserve", "hold_out", "in_flight")
    plain = {name: getattr(track, name) for name in names}
    goal = {"count": track.goal.count, "what": track.goal.what, "by": track.goal.by.isoformat()}
    budget = {"amount": track.budget.amount, "currency": track.budget.currency}
    is_approved = track.id in release.approved
    more = {
        "enrol": track.enrol.text if track.enrol else None,
        "goal": goal,
        "budget": budget,
        "is_approved": is_approved,
        "then": track.then or release.defaults.then,
        "stages": stages,
    }
    return {**plain, **more, "release": release.hash}


@router.get("/definitions", summary="The definition of a sales-ready lead, and what sales found of each criterion")
def definitions(app: App, who: Who) -> Json:
    with app.archive.reading() as tx:
        release = app.archive.live(tx)
        found_by_sales = judged.judged(tx, release, app.archive.clock.now())
    definition = release.definition
    criteria = [
        {"id": name, "says": c.say, "when": c.when.text, "ask": c.ask, "sales": asdict(found_by_sales.criteria[name])}
        for name, c in definition.criteria.items()
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
        "qualify_needs": [{"id": name, "says": release.fields[name].say or name} for name in definition.qualify_needs],
        "release": release.hash,
        "told_back": {
            "since": views.at(found_by_sales.since),
            "refused_since": views.at(found_by_sales.month),
            "helpful": dict(found_by_sales.helpful),
            "minutes_saved": found_by_sales.minutes_saved,
            **{kind: asdict(told) for kind, told in found_by_sales.told.items()},
        },
    }
    return {"items": [found], "next": None}
