"""What the archive adds to a check, where there is one: leads on the way, on whom conditions are tried as well; whose
signature is missing; and a review nobody made."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from authoring.check import Checked, examined
from authoring.forms import DEFINITION as SUBJECT
from authoring.references import DEFINITION
from authoring.warnings import overdue_review
from authoring.warnings_samples import OpenLeads
from commands.opening import has_archive, opened
from commands.templates import checker
from domain.errors import NurtureError
from domain.lead import Facts
from domain.release import Release
from storage import on_the_way, releases
from storage.archive import Archive

if TYPE_CHECKING:
    from authoring.problems import Problem
    from settings import Settings


MOST_LEADS = 2000
LONGEST = 2.0
"""Seconds after which no more leads are looked at: who writes files waits for the answer."""


@dataclass(frozen=True)
class Looked:
    checked: Checked
    problems: tuple[Problem, ...] = ()
    sentences: tuple[str, ...] = ()


def look(settings: Settings, files: Mapping[str, str], today: date) -> Looked:
    """An archive that is not there, or cannot be read, is no reason not to check files."""
    try:
        if not has_archive(settings):
            checked = examined(files, today, checker(files))
            return Looked(checked, (), _tried(checked, f"no leads: nothing was begun in {settings.data}"))
        with opened(settings) as archive:
            leads = _open_leads(archive)
            checked = examined(files, today, checker(files), leads)
            signed = _signed(archive, checked)
        return Looked(checked, signed.problems, (*_tried(checked, str(leads)), *signed.sentences))
    except (NurtureError, SQLAlchemyError) as error:
        why = error.sentence if isinstance(error, NurtureError) else "see nurture doctor"
        checked = examined(files, today, checker(files))
        untold = f"who has signed cannot be told: {why}"
        return Looked(checked, (), (*_tried(checked, "no leads: the archive cannot be read"), untold))


def _tried(checked: Checked, leads: str) -> tuple[str, ...]:
    if checked.release is None:
        return ()
    count = len(checked.release.samples)
    return (f"conditions were tried on {count} sample{'' if count == 1 else 's'} and {leads}",)


def _open_leads(archive: Archive) -> OpenLeads:
    """Facts are read when somebody looks at them. Raises SQLAlchemyError, then and now."""
    with archive.reading() as tx:
        return OpenLeads(on_the_way.count(tx), archive.clock.now(), _within(LONGEST, archive))


def _within(seconds: float, archive: Archive) -> Iterator[Facts]:
    ends = time.monotonic() + seconds
    for facts in on_the_way.some(archive, MOST_LEADS):
        yield facts
        if time.monotonic() > ends:
            return


def _signed(archive: Archive, checked: Checked) -> Looked:
    release, document = checked.release, checked.documents.get(DEFINITION)
    if release is None or document is None:
        return Looked(checked)
    with archive.reading() as tx:
        waiting, given, now = releases.missing(tx, release), releases.signatures(tx), archive.clock.now()
    review = overdue_review(release, document, _signed_at(given, release), now)
    return Looked(checked, tuple(review), tuple(_sentences(waiting, release)))


def _signed_at(given: Sequence[releases.Signature], release: Release) -> datetime | None:
    hash = release.form_hashes[SUBJECT]
    return max((each.at for each in given if (each.subject, each.hash) == (SUBJECT, hash)), default=None)


def _sentences(waiting: Mapping[str, Sequence[str]], release: Release) -> list[str]:
    signers = {"marketing": release.definition.signers.marketing, "sales": release.definition.signers.sales}
    found = []
    for subject, teams in waiting.items():
        lacking = " and ".join(f"{team} ({signers[team]})" for team in teams)
        found.append(f"not signed yet: {subject}, by {lacking}; run: nurture sign {subject} --as {signers[teams[0]]}")
    return found
