"""What follows a publication: the leads whose next step is another one now are woken, in batches, to the last one."""

from __future__ import annotations

from sqlalchemy import select, update

from domain.planning import WAKES
from storage import planning, releases, wakes
from storage import tables as t
from storage.archive import Archive, machine_now
from storage.planning import Plan, Side, Tell

BATCH = 500


def unfinished(archive: Archive) -> list[int]:
    """Publications after which not everybody was woken yet, the oldest first."""
    c = t.live.c
    with archive.reading() as tx:
        return list(tx.execute(select(c.number).where(c.woken_at.is_(None)).order_by(c.number)).scalars())


def wake_concerned(archive: Archive, tell: Tell | None = None) -> int:
    """After the commit, so that nobody is missed: who decides meanwhile, decides by what is live. Returns how many.

    Ended by a crash it is done again by the next publication, `up`, or `nurture doctor --repair`.
    """
    return sum(_wake(archive, number, tell) for number in unfinished(archive))


def _wake(archive: Archive, number: int, tell: Tell | None) -> int:
    sides = _sides(archive, number)
    count = (
        _wake_those(archive, planning.plan(archive, *sides, tell))
        if sides
        else wakes.wake_all_open(archive, "published")
    )
    with archive.begin() as tx:
        tx.execute(update(t.live).where(t.live.c.number == number).values(woken_at=machine_now()))
    return count


def _sides(archive: Archive, number: int) -> tuple[Side, Side] | None:
    """What was live before, and this; None for the first one."""
    with archive.reading() as tx:
        rows = tx.execute(
            select(t.live).where(t.live.c.number <= number).order_by(t.live.c.number.desc()).limit(2)
        ).all()
        if len(rows) < 2:
            return None
        new, old = (Side(releases.files_of(tx, row.release), frozenset(row.approved)) for row in rows)
    return old, new


def _wake_those(archive: Archive, found: Plan) -> int:
    ids = sorted(row.lead for row in found.rows if row.change in WAKES)
    for at in range(0, len(ids), BATCH):
        with archive.begin() as tx:
            wakes.wake_many(tx, ids[at : at + BATCH], "published")
    return len(ids)
