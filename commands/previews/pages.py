"""The page of one track for one reader. The same page is served while somebody writes and put into a folder."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from api.web.rendering import prepare
from authoring.preview import NOTHING_KNOWN, Place, Reader, Scope, places, readers
from commands.previews.rendering import Renderer, Shown
from commands.previews.workbench import State
from domain.calendar import zone
from domain.phrases import Outcome, Pace, Span
from domain.release import Release
from domain.track import Track
from mail.links import Links

THEN = {
    "engaged": "they spoke with us; the lead goes on, knowing that",
    "done": "done; the lead goes on",
    "snooze": "the lead rests until a day they name",
    "disqualify": "the lead is disqualified, with a reason",
    "skip": "the lead goes on without it",
}
VIEWS = {
    "wide": "Wide",
    "phone": "Phone",
    "dark": "Dark",
    "no-images": "Images off",
    "text": "Text part",
    "headers": "Headers",
}


@lru_cache(maxsize=1)
def environment() -> Environment:
    loader = ChoiceLoader([PackageLoader("commands.previews"), PackageLoader("api")])
    made = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    made.filters["then"] = follows
    made.filters["due"] = due
    made.filters["local"] = local
    return prepare(made)


def renderer(release: Release, state: State, links: Links, domain: str) -> Renderer:
    return Renderer(release, readers(release, state.now, state.lead), environment(), links, domain)


def track_page(
    found: Renderer,
    state: State,
    scope: Scope,
    track: Track,
    reader: Reader,
    listed: Collection[str],
    *,
    is_live: bool,
) -> str:
    """`listed` are the readers there are pages for."""
    stages = [(place, _shown(found, track, place, reader)) for place in places(track, scope.touch)]
    taken = [each for each in found.readers.values() if each.is_taken_by(track)]
    in_track, offered = {each.id for each in taken}, [found.readers[id] for id in found.readers if id in listed]
    values = {
        "release": found.release,
        "scope": scope,
        "track": track,
        "reader": reader,
        "stages": stages,
        "groups": {
            "A lead of the archive": [each for each in offered if each.is_real],
            "Nothing is known of them": [each for each in offered if _is_nobody(each)],
            "This track takes them": [each for each in offered if each.id in in_track and not each.is_real],
            "Others": [each for each in offered if not (each.id in in_track or each.is_real or _is_nobody(each))],
        },
        "is_taken": reader.is_taken_by(track),
        "samples": sum(id in found.release.samples for id in in_track),
        "views": VIEWS,
    }
    return _page("preview.html", state, is_live=is_live, **values)


def _is_nobody(reader: Reader) -> bool:
    return reader.id.startswith(NOTHING_KNOWN)


def problems_page(state: State, *, is_live: bool, told: str = "") -> str:
    """While nothing has ever been right, or what was asked for is not there any more, which is `told` then."""
    return _page("problems.html", state, is_live=is_live, told=told or state.told)


def script() -> str:
    return files("commands.previews").joinpath("templates/preview.js").read_text(encoding="utf-8")


def _page(template: str, state: State, *, is_live: bool, **values: object) -> str:
    style = files("commands.previews").joinpath("templates/preview.css").read_text(encoding="utf-8")
    frame = {"state": state, "is_live": is_live, "style": style}
    return environment().get_template(template).render(**frame, **values)


def _shown(found: Renderer, track: Track, place: Place, reader: Reader) -> list[Shown]:
    return [shown for touch in place.touches for shown in found.shown(track, touch, reader)]


def follows(outcome: Outcome) -> str:
    """What happens after a human touch ended so."""
    if outcome.then == "retry":
        return f"tried again {due(outcome.every)} later, {outcome.times} times at most"
    return THEN.get(outcome.then, outcome.then)


def local(at: datetime, name: str) -> str:
    return f"{at.astimezone(zone(name)):%a %d %b %Y %H:%M}"


def due(span: Span) -> str:
    """In the words of the files: `2 business days`."""
    if span.pace is Pace.BUSINESS_DAYS:
        return _counted(span.amount, "business day")
    pace = "business " if span.pace is Pace.BUSINESS else ""
    for minutes, unit in ((1440, "day"), (60, "hour")):
        if span.amount % minutes == 0 and not (pace and unit == "day"):
            return _counted(span.amount // minutes, f"{pace}{unit}")
    return _counted(span.amount, f"{pace}minute")


def _counted(amount: int, unit: str) -> str:
    return f"{amount} {unit}{'' if amount == 1 else 's'}"
