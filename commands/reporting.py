"""`nurture report`: what was tried, with how far each figure may be trusted."""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, print_json, print_table, say

if TYPE_CHECKING:
    from domain.intervals import Rate
    from storage.promises import Hand, Untried

    Row = Mapping[str, object]


class Format(StrEnum):
    """How a report comes out."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


As = Annotated[Format, typer.Option("--format", help="How it comes out; shares are in percent in the table only.")]
TRIED = ("touch", "variant", "delivered", "engaged", "rate", "low", "high")
HELD = ("track", "group", "leads", "ready", "rate", "low", "high")
SHARES = ("rate", "low", "high")
KEPT = (
    "salesperson", "offered", "accepted", "tried", "rejected", "let_pass", "median_minutes", "p95_minutes",
)  # fmt: skip
UNTRIED = ("lead", "ready_at", "days", "state", "owner", "reason", "who", "clock", "became", "minutes", "by_the_clock")
RIPE_DAYS = 120
PERIOD_DAYS, MOST = 90, 1000
Days = Annotated[
    int, typer.Option("--days", min=1, help="Of what became sales-ready, or was offered, so many days ago.")
]


def register(app: typer.Typer) -> None:
    family = typer.Typer(help="Figures from the archive, each with its n and its 95 % interval.", no_args_is_help=True)
    family.command()(variants)
    family.command("hold-out")(hold_out)
    family.command()(promises)
    family.command("without-attempt")(without_attempt)
    app.add_typer(family, name="report")


def variants(
    touch: Annotated[str | None, typer.Argument(help="Only this touch.", show_default="all with variants")] = None,
    data: Data = None,
    form: As = Format.TABLE,
) -> None:
    """Variants of a touch side by side: delivered, and clicked, answered or replied to. Under 10 no rate is told;
    where two intervals overlap, neither variant has won yet."""
    from commands.opening import opened, settings_for
    from storage import comparing

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        tried = comparing.variants(tx, touch)
    rows = [
        {
            "touch": one.touch,
            "variant": one.variant,
            "delivered": one.engaged.n,
            "engaged": one.engaged.hits,
            **_shares(one.engaged),
        }
        for one in tried
    ]
    _show(TRIED, rows, form, f"nothing with variants{f' called {touch}' if touch else ''} was delivered yet")


def hold_out(
    ripe: Annotated[int, typer.Option("--after", min=0, help="Only leads who came so many days ago.")] = RIPE_DAYS,
    data: Data = None,
    form: As = Format.TABLE,
) -> None:
    """What a track does: how many became sales-ready of those who got it, and of those held out (`hold_out: 5%`).
    The line *difference* is the track's lift; while its interval holds 0, none is shown yet."""
    from datetime import timedelta

    from commands.opening import opened, settings_for
    from domain.intervals import difference
    from storage import comparing

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        found = comparing.hold_outs(tx, archive.clock.now() - timedelta(days=ripe))
    rows: list[Row] = []
    for track, (given, held) in found.items():
        for group, arm in (("nurtured", given), ("held out", held)):
            leads = {"leads": arm.ready.n, "ready": arm.ready.hits}
            rows.append({"track": track, "group": group, **leads, **_shares(arm.ready)})
        if lift := difference(given.ready, held.ready):
            rows.append({"track": track, "group": "difference", **dict(zip(SHARES, lift, strict=True))})
    _show(HELD, rows, form, f"no lead was held out of a track {ripe} days ago or earlier")


def promises(days: Days = PERIOD_DAYS, data: Data = None, form: As = Format.TABLE) -> None:
    """Salespeople side by side: offered, accepted, tried, rejected, and let pass until a clock took it away; working
    minutes from the offer to the first attempt. Nothing that was recorded can be made better later."""
    from datetime import timedelta

    from commands.opening import opened, settings_for
    from storage import promises as kept

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        found = kept.kept(tx, archive, archive.clock.now() - timedelta(days=days))
    rows = [{**vars(one), "salesperson": one.rep} for one in found]
    _show(KEPT, rows, form, f"nothing was offered to anybody in the last {days} days")


def without_attempt(
    days: Days = PERIOD_DAYS,
    is_open: Annotated[
        bool | None, typer.Option("--open/--ended", help="Those sales still has, or has not.", show_default="open")
    ] = None,
    is_all: Annotated[bool, typer.Option("--all", help="Those sales has no more too, with the reason.")] = False,
    data: Data = None,
    form: As = Format.TABLE,
) -> None:
    """Each lead with sales that nobody has tried to reach: a line for everybody who had it, the clock that ran, what
    became of it, in working minutes and by the clock. The first line says how many of all leads that is. Tables tell
    names and the team's time, CSV and JSON ids and UTC."""
    from datetime import timedelta

    from api.web.names import names_of
    from api.web.words import Times
    from commands.opening import opened, settings_for
    from storage import promises as kept

    with opened(settings_for(data)) as archive, archive.reading() as tx:
        now = archive.clock.now()
        since = now - timedelta(days=days)
        rate = kept.never_tried(tx, now, since)
        wanted = None if is_all else is_open is not False
        found = kept.untried(tx, archive, since, MOST, is_open=wanted)
        names = names_of(tx, [one.lead_id for one in found], may_see_persons=True)
        times = Times(archive.live(tx).defaults.time_zone, now)
    rows = [_hand(one, hand) for one in found for hand in one.hands]
    if form is Format.TABLE:
        rows = [{**row, "lead": names.called(row["lead"]), "ready_at": times.at(row["ready_at"])} for row in rows]
    if rate.value is not None and form is Format.TABLE:
        of_all = f"of {rate.n} that became sales-ready at least {kept.RIPE.days} days ago"
        say(f"{rate.hits} ({rate.value:.1%}, 95 %: {rate.low:.1%} to {rate.high:.1%}) {of_all} were never tried")
    if len(found) == MOST:
        say(f"these are the oldest {MOST}; take fewer --days to see the others")
    _show(
        UNTRIED,
        rows,
        form,
        f"nobody waits untried of those who became sales-ready in the last {days} days",
    )


def _hand(one: Untried, hand: Hand) -> Row:
    became = f"{hand.became}: {hand.reason}" if hand.reason else hand.became
    return {
        "lead": str(one.lead_id),
        "ready_at": one.ready_at,
        "days": one.days,
        "state": one.state,
        "owner": one.owner,
        "reason": one.reason,
        "who": f"the queue of {hand.team}" if hand.team else hand.rep,
        "clock": hand.clock,
        "became": became,
        "minutes": hand.minutes,
        "by_the_clock": hand.wall_minutes,
    }


def _shares(rate: Rate) -> dict[str, object]:
    return {"rate": rate.value, "low": rate.low, "high": rate.high} if rate.n else {}


def _show(columns: Sequence[str], rows: Sequence[Row], form: Format, nothing: str) -> None:
    if form is Format.JSON:
        print_json(rows)
    elif form is Format.CSV:
        writer = csv.DictWriter(sys.stdout, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    elif rows:
        print_table(columns, [{name: _percent(name, value) for name, value in row.items()} for row in rows])
    else:
        say(nothing)


def _percent(name: str, value: object) -> object:
    return f"{value:.1%}" if name in SHARES and isinstance(value, float) else value
