"""A notice to our own people as the mail they get: in the words all notices have, with what its kind brings along.

Loads nothing of the web: the worker writes these mails.
"""

from __future__ import annotations

from uuid import UUID

from api import digest_mail, offered_mail
from mail.links import Links
from mail.sheet import Letter, Sheet, letter
from mail.staff import OPEN, words
from storage import leads, notices
from storage.archive import Archive, Tx
from storage.digests import DIGEST
from storage.notices import Notice

WITH_PACKET = ("offered", "reassigned")
WITH_ANSWERS = ("clock_remind", "feedback_remind")


def written(tx: Tx, archive: Archive, links: Links, public_url: str, notice: Notice) -> Letter | None:
    """As of now: a late try says what is true then, and a digest of what is done by then is no mail."""
    release, sheet = archive.live(tx), Sheet()
    values = leads.headline(tx, release, notice.lead_id) if notice.lead_id else {}
    values |= notices.circumstances(tx, release, notice)
    foot = f"From {release.defaults.company.name}'s nurture, to {release.person(notice.person).name}."
    if notice.kind == DIGEST:
        sheet, values["numbers"] = digest_mail.sheet(tx, archive, release, links, public_url, notice)
        foot = f"{foot} {digest_mail.FOOT}"
        if not sheet.sections:
            return None
    elif notice.kind in WITH_PACKET and "offer" in notice.data:
        sheet = offered_mail.sheet(tx, archive, links, UUID(str(notice.data["offer"])))
    elif notice.kind in WITH_ANSWERS:
        sheet = offered_mail.reminding(tx, links, notice)
    url = public_url + notices.page_of(notice)
    subject, text = words(notice.kind, {**notice.data, **values, "url": url}, release.defaults.time_zone)
    return letter(subject, text, url, OPEN.get(notice.kind, "Open"), foot, sheet)
