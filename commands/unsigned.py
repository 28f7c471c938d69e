"""What the archive adds to a check, where there is one: whose signature is missing, and a review nobody made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy.exc import SQLAlchemyError

from authoring.check import Checked
from authoring.forms import DEFINITION as SUBJECT
from authoring.references import DEFINITION
from authoring.warnings import overdue_review
from commands.opening import has_archive, opened
from domain.errors import NurtureError
from domain.release import Release
from storage import releases

if TYPE_CHECKING:
    from authoring.problems import Problem
    from settings import Settings


@dataclass(frozen=True)
class Unsigned:
    sentences: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def unsigned(settings: Settings, checked: Checked) -> Unsigned:
    """Nothing without a release or a data folder; an archive that cannot be read is no reason not to check files."""
    release, document = checked.release, checked.documents.get(DEFINITION)
    if release is None or document is None:
        return Unsigned()
    try:
        if not has_archive(settings):
            return Unsigned()
        with opened(settings) as archive, archive.reading() as tx:
            waiting, given, now = releases.missing(tx, release), releases.signatures(tx), archive.clock.now()
    except (NurtureError, SQLAlchemyError) as error:
        said = error.sentence if isinstance(error, NurtureError) else "see nurture doctor"
        return Unsigned((f"who has signed cannot be told: {said}",))
    signed_at = _signed_at(given, release)
    return Unsigned(tuple(_sentences(waiting, release)), tuple(overdue_review(release, document, signed_at, now)))


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
