"""Nothing lost, nothing doubled: the ledger, the caught mails and the leads held against each other, to the message."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.parser import BytesHeaderParser
from email.policy import compat32
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, or_, select

from mail.messages import message_id
from storage import tables as t
from storage.archive import Archive, Tx
from storage.wakes import NO_WORKFLOW

ARRIVED = ("sent", "uncertain")
Delivery = Row[*tuple[Any, ...]]  # Any: column values


@dataclass(frozen=True)
class Ledger:
    """What was meant for the mail, by Message-ID."""

    mails: Mapping[str, Delivery]
    notices: frozenset[str]
    opted_out_at: Mapping[object, datetime]


def audit(archive: Archive, mail_folder: Path, mail_domain: str) -> list[str]:
    """What is wrong, one sentence each; empty when all is well. For a time when nothing is being sent."""
    with archive.reading() as tx:
        ledger = _ledger(tx, mail_domain)
        in_archive = [*_doubled_touches(tx), *_leads_without_a_step(tx), *_still_claimed(tx)]
    caught = Counter(_message_id(path) for path in sorted(mail_folder.glob("*.eml")))
    return [*_of_mails(caught, ledger), *in_archive]


def _ledger(tx: Tx, mail_domain: str) -> Ledger:
    c = t.ledger.c
    columns = (c.id, c.lead_id, c.touch, c.status, c.claimed_at)
    mails = {message_id(row.id, mail_domain): row for row in tx.execute(select(*columns).where(c.channel == "email"))}
    notices = frozenset(message_id(id, mail_domain) for id in tx.execute(select(t.notices.c.id)).scalars())
    is_opt_out = t.log.c.kind == "opted_out"
    left = select(t.log.c.lead_id, func.min(t.log.c.at)).where(is_opt_out).group_by(t.log.c.lead_id)
    return Ledger(mails, notices, {row[0]: row[1] for row in tx.execute(left)})


def _of_mails(caught: Mapping[str, int], ledger: Ledger) -> Iterator[str]:
    for id, times in caught.items():
        if times > 1 and id not in ledger.notices:  # a notice to our own people may come twice after a crash
            yield f"the mail {id} was sent {times} times"
        mail = ledger.mails.get(id)
        if mail is None:
            if id not in ledger.notices:
                yield f"the mail {id} was sent, but stands in no ledger"
        elif mail.status not in ARRIVED:
            yield f"{mail.touch} to lead {mail.lead_id} was sent, but its ledger row says {mail.status}"
        elif (left_at := ledger.opted_out_at.get(mail.lead_id)) and mail.claimed_at > left_at:
            yield f"{mail.touch} was sent to lead {mail.lead_id} after the opt-out"
    for id, mail in ledger.mails.items():
        if mail.status == "sent" and id not in caught:
            yield f"{mail.touch} to lead {mail.lead_id} stands as sent, but no such mail arrived"


def _doubled_touches(tx: Tx) -> Iterator[str]:
    c = t.ledger.c
    doubled = select(c.lead_id, c.touch, c.nth).group_by(c.lead_id, c.touch, c.nth).having(func.count() > 1)
    for row in tx.execute(doubled):
        yield f"lead {row.lead_id} has {row.touch} twice in the ledger"


def _leads_without_a_step(tx: Tx) -> Iterator[str]:
    """One row holds one step; it has to be there, and to know everything that happened."""
    c = t.leads.c
    is_open = c.state.not_in([state.value for state in NO_WORKFLOW])
    lacks = or_(c.step_due_at.is_(None), c.step_seq < c.seq)
    for row in tx.execute(select(c.id, c.state, c.seq, c.step_seq).where(is_open, lacks)):
        yield f"lead {row.id} ({row.state}) has no step that stands: {row.step_seq} of {row.seq}"


def _still_claimed(tx: Tx) -> Iterator[str]:
    c = t.ledger.c
    for row in tx.execute(select(c.lead_id, c.touch).where(c.channel == "email", c.status == "claimed")):
        yield f"{row.touch} to lead {row.lead_id} is claimed, and nobody is sending it"


def _message_id(path: Path) -> str:
    with path.open("rb") as file:
        return str(BytesHeaderParser(policy=compat32).parse(file)["Message-ID"]).strip()
