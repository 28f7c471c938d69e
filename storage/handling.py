"""What the activities beside sending change: human touches, clocks of sales, routing. One function per verb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import RowMapping, bindparam, func, insert, select, union_all, update

from domain import clocks, keys, routing, tasks
from domain.calendar import add_span
from domain.lead import Clock, State
from domain.phrases import Span, parse_hours
from domain.queue import DEALS, place
from domain.readiness import is_hot
from domain.release import Release
from domain.said import elapsed
from domain.sales_decisions import offer_move, queue_move
from domain.selling import ROUTE_AGAIN, taken_back
from domain.steps import Step, Verb
from domain.touches import nth
from storage import notices, record
from storage import tables as t
from storage.archive import Tx
from storage.deciding import Deciding
from storage.sending import open_delivery

COLLEAGUE = "colleague_ready"
WITH_REP = [s.value for s in (State.HANDED_OFF, State.ACCEPTED, State.WORKING, State.QUALIFIED)]


def open_task(d: Deciding, step: Step) -> None:
    """Give a human touch to its owner, with a due time and what happens when nobody does it."""
    found = d.release.find_touch(step.id.split(":")[1])
    assert found is not None  # the step was decided from this release a moment ago
    track, touch = found[0], found[1].version_for(d.lead.id)
    human, number = d.release.defaults.human_touch, nth(d.ctx, touch)
    delivery = keys.send_id(d.lead.id, touch.id, number)
    open_delivery(d, track, touch, delivery, number, "task")
    due = touch.due or human.due
    keep = (touch.if_not_done or human.if_not_done) == "keep"
    _task(d, "touch", human.owner, due, delivery=delivery, touch=touch.id, gives_up=not keep)
    data = {"touch": touch.id, "track": track.id, "delivery": str(delivery), "status": "scheduled"}
    record.log(d.tx, d.lead, "touch", d.now, data={**data, "channel": touch.channel}, release=d.release.hash)


def ask(d: Deciding, step: Step) -> None:
    """A buyer raised a hand or replied: a person owes an answer, and sends stand still meanwhile."""
    event = step.id.split(":")[1]
    is_hand = event in d.release.hand_raises
    track = d.ctx.track
    owner = d.release.defaults.human_touch.owner if is_hand or track is None else track.owner
    if d.facts.task:
        record.close_tasks(d.tx, d.lead.id, d.now, "overtaken")
    kind = "answer" if is_hand else "reply"
    _task(d, kind, owner, d.release.service_levels.hand_raise_answer, event=event, gives_up=False)
    d.change(answered={**d.lead.answered, event: d.facts.seen[event].last_at})


def _task(
    d: Deciding,
    kind: str,
    owner: str,
    due: Span,
    *,
    delivery: UUID | None = None,
    touch: str | None = None,
    event: str | None = None,
    gives_up: bool,
) -> None:
    due_at = tasks.due(d.now, due, d.ctx.sales_window)
    row = {
        "id": uuid4(),
        "lead_id": d.lead.id,
        "kind": kind,
        "ledger_id": delivery,
        "touch": touch,
        "event": event,
        "owner": owner,
        "opened_at": d.now,
        "due_at": due_at,
        "give_up_at": tasks.due(due_at, due, d.ctx.sales_window) if gives_up else None,
        "rung": 0,
        "tries": 0,
    }
    d.tx.execute(insert(t.tasks).values(row))
    notices.tell(d.tx, owner, kind, d.lead.id, d.now, task=str(row["id"]), touch=touch, event=event)
    data = {"task": str(row["id"]), "kind": kind, "touch": touch, "event": event, "owner": owner}
    record.log(d.tx, d.lead, "task", d.now, data={**data, "due_at": due_at.isoformat(), "is": "opened"})


def skip_task(d: Deciding, step: Step) -> None:
    task = d.facts.task
    assert task is not None
    record.close_tasks(d.tx, d.lead.id, d.now, "not_done")
    data = {
        "task": str(task.id),
        "kind": task.kind,
        "touch": task.touch,
        "owner": task.owner,
        "is": "skipped",
    }
    record.log(d.tx, d.lead, "task", d.now, reason="nobody did it", data=data)


def climb(d: Deciding, step: Step) -> None:
    """REMIND and ESCALATE: the next rung of whatever clock runs, and the people who must hear of it."""
    if d.facts.task:
        _climb_task(d, step)
    elif d.lead.clock:
        _climb_clock(d, step)


def _climb_task(d: Deciding, step: Step) -> None:
    task = d.facts.task
    assert task is not None
    d.tx.execute(update(t.tasks).where(t.tasks.c.id == task.id).values(rung=task.rung + 1))
    person = task.owner if step.verb is Verb.REMIND else d.release.routing.manager
    notices.tell(d.tx, person, f"task_{step.verb}", d.lead.id, d.now, task=str(task.id), owner=task.owner)
    data = {"task": str(task.id), "owner": task.owner, "told": person, "is": step.verb.value}
    record.log(d.tx, d.lead, "task", d.now, reason=step.reason, data=data)


def _climb_clock(d: Deciding, step: Step) -> None:
    clock, owner = d.lead.clock, d.lead.owner
    assert clock is not None
    assert owner is not None
    d.change(clock=clocks.climbed(clock, step.verb))
    person = owner if step.verb is Verb.REMIND else d.release.routing.manager
    team = {"team": d.lead.team} if d.lead.team else {}
    notices.tell(d.tx, person, f"clock_{step.verb}", d.lead.id, d.now, clock=clock.name, owner=owner, **team)
    kind = "breach" if step.verb is Verb.ESCALATE else "reminder"
    data = {**elapsed(d.ctx), "kept": False} if kind == "breach" else elapsed(d.ctx)
    record.log(d.tx, d.lead, kind, d.now, reason=step.reason, data={**data, "owner": owner, **team})


def desk(d: Deciding, step: Step) -> None:
    """Another business day on the manager's desk: the alarm rings again until a person decides."""
    clock, manager = d.lead.clock, d.release.routing.manager
    assert clock is not None
    due_at = add_span(d.now, clocks.DESK, d.ctx.sales_window)
    d.change(clock=Clock("desk", d.now, due_at, clock.rung + 1))
    notices.tell(d.tx, manager, "on_desk", d.lead.id, d.now, days=clock.rung + 1)
    record.log(d.tx, d.lead, "breach", d.now, reason=step.reason, data={"clock": "desk", "owner": manager})


def reassign(d: Deciding, step: Step) -> None:
    """A clock takes the lead from whoever has it; of those who let one after the other pass the manager hears."""
    rep, clock = None if d.lead.team else d.lead.owner, d.lead.clock
    d.take(taken_back(d.ctx))
    if rep is None:
        return
    c = t.reps.c
    counting = update(t.reps).where(c.id == rep).values(let_pass=c.let_pass + 1)
    if d.tx.execute(counting.returning(c.let_pass)).scalar() == d.release.routing.silent_after:
        manager = d.release.routing.manager
        which = clock.name if clock else None
        notices.tell(d.tx, manager, "silent", d.lead.id, d.now, owner=rep, clock=which, page="/team")


def route(d: Deciding, step: Step) -> None:
    """Offer the lead to a salesperson; wait for a free place; or, when all have had it, to the manager's desk."""
    _route(d)
    if (owner := deal_owner(d)) and owner != d.lead.owner:
        _tell_deal_owner(d, owner)


def _tell_deal_owner(d: Deciding, owner: str) -> None:
    """Whoever sells there already hears of a colleague who is ready, once, even if somebody else is to call."""
    c, first_at = t.notices.c, _ready_at(d)
    told = (c.kind == COLLEAGUE, c.at >= first_at, c.lead_id == d.lead.id, c.person == owner)
    if owner in d.release.people and d.tx.execute(select(c.id).where(*told)).first() is None:
        notices.tell(d.tx, owner, COLLEAGUE, d.lead.id, d.now, owner=d.lead.owner)


def _ready_at(d: Deciding) -> datetime:
    h = t.handoffs.c
    opened = select(h.opened_at).where(h.lead_id == d.lead.id).order_by(h.number.desc()).limit(1)
    return d.tx.execute(opened).scalar() or d.lead.state_entered_at


def _route(d: Deciding) -> None:
    team = reps(d.tx, d)
    choice = routing.choose(d.ctx, team, account_owner(d), _waiting(d))
    if isinstance(choice, routing.Choice):
        passed_over = [list(r) for r in choice.passed_over]
        if choice.rep is None:
            d.facts = replace(d.facts, owner_hours=None, owner_zone=None, owner_holidays=None)
            d.take(queue_move(d.ctx, choice.team or "", choice.why, rule=choice.rule, passed_over=passed_over))
            _tell_team(d, choice.rule, team)
            return
        offer(d, choice.rep, choice.why, "SYS", None, rule=choice.rule, passed_over=passed_over)
        keep_credits(d.tx, choice.credits)
        return
    data = {"passed_over": [list(r) for r in choice]}
    if choice and all(why in routing.FOR_GOOD for _, why in choice):
        _put_on_desk(d)
        record.log(d.tx, d.lead, "routing", d.now, reason="everybody had it: on the manager's desk", data=data)
        return
    d.change(postponed_until=_again_at(d, team, choice))
    why = "nobody has a free place" if choice else "there is no salesperson yet; add one: nurture rep add"
    record.log(d.tx, d.lead, "routing", d.now, reason=why, data=data)


def _tell_team(d: Deciding, rule_id: str, reps: Sequence[routing.Rep]) -> None:
    """A hot lead in a queue: whoever of the team could take it at this moment hears of it."""
    team, clock = d.lead.team, d.lead.clock
    if clock is None or not is_hot(d.facts, d.release):
        return
    skill = next((rule.skill for rule in d.release.routing.rules if rule.id == rule_id), None)
    able = [rep.id for rep in reps if rep.team == team and not routing.cannot(d.ctx, rep, d.now)]
    told = {"team": team, "clock": clock.name, "page": "/queue"}
    skilled = [rep for rep in able if not skill or skill in d.release.people[rep].skills]
    notices.tell_many(d.tx, "waiting", d.now, [(rep, d.lead.id, told) for rep in skilled])


def _again_at(d: Deciding, team: Sequence[routing.Rep], refusals: routing.Refusals) -> datetime:
    """A place in hand that is freed wakes the best lead at once. What a new day brings is looked for when it begins,
    the best kinds of leads a little before the others."""
    why = dict(refusals)
    days = [routing.next_day(rep, d.ctx) for rep in team if why.get(rep.id) == routing.FULL_TODAY]
    found = place(d.ctx)
    if not days or found is None or {routing.AWAY, routing.OFF} & set(why.values()):
        return d.now + ROUTE_AGAIN
    return min(days) + timedelta(minutes=found.base)


def deal_owner(d: Deciding) -> str | None:
    """Who has an open opportunity at the lead's company: with a lead of ours, else as another system told us."""
    c, company = t.leads.c, d.lead.company
    if not company or not d.facts.has_deal_at_company:
        return None
    deals = (c.company == company, c.state.in_([state.value for state in DEALS]), c.id != d.lead.id)
    newest = select(c.owner).where(*deals).order_by(c.state_entered_at.desc(), c.id).limit(1)
    found: str | None = d.tx.execute(newest).scalar()
    told = select(t.accounts.c.owner).where(t.accounts.c.company == company)
    return found or d.tx.execute(told).scalar()


def account_owner(d: Deciding) -> str | None:
    """Who has an open opportunity at the lead's company, else who is named as the owner of the account."""
    if found := deal_owner(d):
        return found
    named = d.ctx.view.known("company.account_owner")
    return str(named.value) if named else None


def _waiting(d: Deciding) -> dict[str, int]:
    """How many leads nobody has taken yet wait in each team's queue; only where the files limit them."""
    if d.release.routing.capacity is None:
        return {}
    c = t.leads.c
    unclaimed = (c.state == State.HANDED_OFF.value, c.team.is_not(None))
    return {row[0]: row[1] for row in d.tx.execute(select(c.team, func.count()).where(*unclaimed).group_by(c.team))}


def _put_on_desk(d: Deciding) -> None:
    manager = d.release.routing.manager
    due_at = add_span(d.now, clocks.DESK, d.ctx.sales_window)
    d.change(owner=manager, clock=Clock("desk", d.now, due_at), is_on_desk=True, postponed_until=None)
    notices.tell(d.tx, manager, "on_desk", d.lead.id, d.now)


def offer(d: Deciding, rep: routing.Rep, why: str, actor: str, actor_id: str | None, **data: object) -> None:
    """T11 with the clock in the hours of the one who gets it."""
    d.facts = replace(d.facts, owner_hours=rep.hours, owner_zone=rep.zone, owner_holidays=rep.holidays)
    d.take(offer_move(d.ctx, rep.id, why, actor, actor_id, **data))
    offered = {"offered_on": routing.today_of(rep, d.ctx), "offered_today": rep.today + 1}
    d.tx.execute(update(t.reps).where(t.reps.c.id == rep.id).values(offered))


def has_answered(tx: Tx, rep: str) -> None:
    """They tried a lead, or said why not: whatever they let pass before is forgotten."""
    c = t.reps.c
    tx.execute(update(t.reps).where(c.id == rep, c.let_pass > 0).values(let_pass=0))


def keep_credits(tx: Tx, credits: Mapping[str, float]) -> None:
    if credits:
        one = update(t.reps).where(t.reps.c.id == bindparam("rep")).values(credit=bindparam("now"))
        tx.execute(one, [{"rep": id, "now": credit} for id, credit in credits.items()])


def reps(tx: Tx, d: Deciding) -> list[routing.Rep]:
    """Every salesperson with what is in hand, locked so that two routers cannot fill one place twice."""
    return team_of(tx, d.release, d.now)


def team_of(tx: Tx, release: Release, now: datetime, *, lock: bool = True) -> list[routing.Rep]:
    query = select(t.reps).order_by(t.reps.c.id)
    rows = tx.execute(query.with_for_update() if lock else query).mappings().all()
    held, offers = in_hand(tx, now), _unanswered(tx)
    return [_rep(row, release, held.get(row["id"], 0), offers.get(row["id"], 0), now) for row in rows]


def _rep(row: RowMapping, release: Release, held: int, unanswered: int, now: datetime) -> routing.Rep:
    person = release.people.get(row["id"])
    rep = routing.Rep(
        row["id"],
        person.team if person else "",
        row["capacity"],
        held,
        row["weight"],
        row["credit"],
        0,
        row["let_pass"],
        unanswered,
        frozenset(person.skills if person else ()),
        row["is_active"] and person is not None,
        row["away_until"],
        parse_hours(row["hours"]) if row["hours"] else None,
        row["zone"],
        row["holidays"],
    )
    is_today = row["offered_on"] == routing.local_day(rep, release, now)
    return replace(rep, today=row["offered_today"] if is_today else 0)


def in_hand(tx: Tx, now: datetime) -> dict[str, int]:
    """Places taken: leads for new work that somebody has, and those of a queue that are in front of somebody. Seen at
    one moment: an attempt makes one of the other, and whoever it is about is not asked."""
    c, q = t.leads.c, t.queue.c
    held = select(c.owner, func.count()).where(c.state.in_(WITH_REP), c.team.is_(None)).group_by(c.owner)
    claimed = select(q.claimed_by, func.count()).where(q.claimed_until > now, q.team.is_not(None))
    found: Counter[str] = Counter()
    for rep, count in tx.execute(union_all(held, claimed.group_by(q.claimed_by))):
        found[rep] += count
    return found


def _unanswered(tx: Tx) -> dict[str, int]:
    c = t.leads.c
    offers = select(c.owner, func.count()).where(c.state == State.HANDED_OFF.value, c.team.is_(None)).group_by(c.owner)
    return {row[0]: row[1] for row in tx.execute(offers)}
