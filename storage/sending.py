"""The touch ledger around one send: claim before the wire, confirm after it, and what a crash between leaves.

claimed -> sent | deferred | failed | uncertain; deferred -> claimed; uncertain -> sent | failed on evidence.
A `claimed` mail found by anybody else is another attempt's: it becomes `uncertain` and is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, func, insert, select, update

from domain import keys
from domain.context import Context
from domain.lead import Delivery, Status
from domain.letters import OURS, Claimed, Letter, Outcome, spoken_by, write
from domain.steps import Order, Step
from domain.supporting import STAGES
from domain.touches import nth
from domain.track import Touch, Track
from storage import permits, record, texts
from storage import tables as t
from storage.archive import Archive, Tx
from storage.deciding import Deciding, is_due, open_lead, open_working, settle, stand

DEFER_FIRST, DEFER_LONGEST, DEFER_TRIES = timedelta(minutes=15), timedelta(hours=12), 10
NOT_NOW = timedelta(days=1)
"""How long a mail waits that the sending mode (pilot) does not let out yet."""
HARD_BOUNCES = ("5.1.", "5.2.1", "5.4.4")
"""Enhanced codes that say the address is no good; 5.7 is about our reputation and never held against a lead."""


def claim(archive: Archive, order: Order, attempt: str, may_send: Callable[[str], bool]) -> Claimed | Step:
    """First transaction: decide again, check suppression as of now, write the claim."""
    with archive.begin() as tx:
        d = open_working(tx, archive, order.lead_id)
        step = settle(d)
        if not is_due(step, order, d.now):
            return stand(d, step, order)
        words = texts.get(tx, d.lead.id, "address", "field")
        address = words.get(("address", "email"), "")
        if is_suppressed(tx, archive, address):
            d.change(has_opted_out=True)
            return stand(d, settle(d), order)
        if not may_send(address):
            d.change(postponed_until=d.now + NOT_NOW)
            return stand(d, settle(d), order)
        track, touch = _touch(d, step)
        touch = touch.in_language(spoken_by(d.ctx))
        number = nth(d.ctx, touch)
        send_id = keys.send_id(d.lead.id, touch.id, number)
        open_delivery(d, track, touch, send_id, number, attempt)
        permits.use(tx, d.lead.id, step.id)
        return Claimed(order, attempt, _written(d.ctx, track, touch, send_id, address, words))


def confirm(archive: Archive, claimed: Claimed, outcome: Outcome) -> Step:
    """Second transaction: what came of it, and the next step."""
    with archive.begin() as tx:
        d = open_lead(tx, archive, UUID(claimed.order.lead_id))
        send_id = claimed.letter.send_id
        delivery = next((each for each in d.facts.ledger if each.id == send_id), None)
        if delivery and (ended := _end(d, delivery, claimed.attempt, outcome)):
            d.facts = replace(d.facts, ledger=tuple(ended if x.id == send_id else x for x in d.facts.ledger))
            _follow(d, claimed.letter, ended, outcome)
        return stand(d, settle(d), claimed.order)


def _end(d: Deciding, delivery: Delivery, attempt: str, outcome: Outcome) -> Delivery | None:
    """The delivery as it ended; None when the claim is not ours any more: somebody took this attempt for dead."""
    status, code = Status(outcome.status), outcome.code[:64] or None
    if status is Status.DEFERRED and delivery.tries >= DEFER_TRIES and outcome.code != OURS:
        status = Status.FAILED
    ended_at = None if status is Status.DEFERRED else d.now
    c, values = t.ledger.c, {"status": status.value, "code": code, "ended_at": ended_at}
    ours = (c.id == delivery.id, c.status == "claimed", c.attempt == attempt)
    if not d.tx.execute(update(t.ledger).where(*ours).values(values)).rowcount:
        return None
    return replace(delivery, status=status, code=code, ended_at=ended_at)


def _follow(d: Deciding, letter: Letter, ended: Delivery, outcome: Outcome) -> None:
    """What a send teaches about the lead, the words that left, and the row in the log."""
    status, code = ended.status, ended.code
    if status is Status.DEFERRED:
        d.change(postponed_until=d.now + min(DEFER_FIRST * 2 ** min(ended.tries - 1, 6), DEFER_LONGEST))
        permits.give_back(d.tx, d.lead.id, letter.touch)
        d.reload()
    elif d.lead.postponed_until:
        d.change(postponed_until=None)
    if status is Status.FAILED and (code or "").startswith(HARD_BOUNCES):
        d.change(has_bounced=True)
    if outcome.text and status in (Status.SENT, Status.UNCERTAIN):
        texts.put(d.tx, d.lead.id, "mail", str(letter.send_id), outcome.text, d.now)
    data = {
        "touch": letter.touch,
        "track": letter.track,
        "delivery": str(letter.send_id),
        "status": status.value,
    }
    record.log(d.tx, d.lead, "touch", d.now, data={**data, "channel": "email", "code": code}, release=d.release.hash)


def _touch(d: Deciding, step: Step) -> tuple[Track, Touch]:
    found = d.release.find_touch(step.id.split(":")[1])
    assert found is not None  # the step was decided from this release a moment ago
    track, touch = found
    return track, touch.version_for(d.lead.id)


def open_delivery(d: Deciding, track: Track, touch: Touch, send_id: UUID, number: int, attempt: str) -> None:
    """The claim itself: a new ledger row, or a deferred one taken up again."""
    content: dict[str, object] = {
        "cycle": d.lead.cycle,
        "track": track.id,
        "stage": STAGES[d.lead.state] if track.is_support else d.lead.stage,
        "variant": touch.variant,
        "release": d.release.hash,
        "content_hash": keys.content_hash(f"{touch.subject or touch.title}\n{touch.body}"),
        "status": "claimed",
        "claimed_at": d.now,
        "attempt": attempt,
        "sender": (d.lead.owner if track.is_support else track.sender) or d.release.defaults.sender,
        "assets": list(touch.assets),
        "language": touch.language or None,
    }
    c = t.ledger.c
    if any(each.id == send_id and each.status is Status.DEFERRED for each in d.facts.ledger):
        again = {**content, "tries": c.tries + 1, "code": None}  # what is sent now, not what was tried before
        d.tx.execute(update(t.ledger).where(c.id == send_id).values(again))
        d.tx.execute(delete(t.ledger_assets).where(t.ledger_assets.c.ledger_id == send_id))
    else:
        ids = {"id": send_id, "lead_id": d.lead.id, "touch": touch.id, "nth": number, "channel": touch.channel}
        d.tx.execute(insert(t.ledger).values({**ids, **content, "tries": 1}))
    for asset in touch.assets:
        _use_asset(d.tx, d.lead.id, asset, send_id)


def _use_asset(tx: Tx, lead_id: UUID, asset: str, send_id: UUID) -> None:
    """Numbered, so that the same asset twice is possible only where the files mark it repeatable."""
    c = t.ledger_assets.c
    number = tx.execute(select(func.count()).where(c.lead_id == lead_id, c.asset == asset)).scalar_one() + 1
    tx.execute(insert(t.ledger_assets).values(lead_id=lead_id, asset=asset, nth=number, ledger_id=send_id))


def letter(tx: Tx, ctx: Context, track: Track, touch: Touch, send_id: UUID, address: str) -> Letter:
    """What a touch says to this lead: its own words plus what we know, choices in their words."""
    return _written(ctx, track, touch, send_id, address, texts.get(tx, ctx.lead.id, "field"))


def _written(
    ctx: Context, track: Track, touch: Touch, send_id: UUID, address: str, words: Mapping[tuple[str, str], str]
) -> Letter:
    personal = {name: text for (kind, name), text in words.items() if kind == "field"}
    return write(ctx, track, touch, send_id, address, personal)


def is_suppressed(tx: Tx, archive: Archive, address: str) -> bool:
    """Asked at the moment of sending, whatever the schedule said before."""
    key = keys.address_key(archive.secret, address)
    return tx.execute(select(t.suppressions.c.reason).where(t.suppressions.c.address_key == key)).first() is not None


def uncertain(archive: Archive, limit: int = 200) -> list[tuple[UUID, UUID]]:
    """(delivery, lead) of sends nobody knows the end of, newest first."""
    c = t.ledger.c
    query = select(c.id, c.lead_id).where(c.status == "uncertain")
    with archive.reading() as tx:
        return [(r.id, r.lead_id) for r in tx.execute(query.order_by(c.claimed_at.desc()).limit(limit))]


def resolve(archive: Archive, send_id: UUID, was_received: bool) -> None:
    """Evidence has come in about an uncertain send."""
    with archive.begin() as tx:
        row = tx.execute(select(t.ledger).where(t.ledger.c.id == send_id)).first()
        if row is None:
            return
        d = open_lead(tx, archive, row.lead_id)
        c = t.ledger.c
        status = "sent" if was_received else "failed"
        values = {"status": status, "code": "found_at_relay" if was_received else "not_at_relay"}
        open_yet = (c.id == send_id, c.status == "uncertain")
        if not tx.execute(update(t.ledger).where(*open_yet).values(values)).rowcount:
            return
        data = {"touch": row.touch, "delivery": str(send_id), "channel": row.channel, **values}
        record.log(tx, replace(d.lead), "touch", d.now, data=data)
