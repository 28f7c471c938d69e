"""The part of a folder that a verdict depends on: fields, events, the definition and its profiles. So that a
definition can be tried on the past before there is anything else: no people, no tracks, no mails."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from authoring.load import FilesError, in_order, read_folder, release_hash
from authoring.models import Models
from authoring.vocabulary import Vocabulary
from domain.release import Release

READ = ("lead_defs/fields.yaml", "lead_defs/events.yaml", "lead_defs/sales-ready.yaml", "content/defaults.yaml")
PROFILES = "lead_defs/profiles/"
STAND_INS = {
    "lead_defs/people.yaml": "people: {}\n",
    "lead_defs/reasons.yaml": "{reject: {}, recycle: {}, disqualify: {}}\n",
    "lead_defs/recycling.yaml": "{max_cycles: 1 per 1 month, rest_before_next_handoff: 1 day, reasons: {}}\n",
    "lead_defs/routing.yaml": "{manager: nobody, rules: [{id: all, to: pool}]}\n",
    "lead_defs/service-levels.yaml": (
        "{routed: 1 day, accept: {hot: 1 day, normal: 1 day}, first_attempt: {hot: 1 day, normal: 1 day},"
        " outcome: 1 day, opportunity: 1 day, stale_after: 1 day}\n"
    ),
    "content/defaults.yaml": (
        "{company: {name: nobody, postal_address: nowhere}, sender: nobody, window: Mon-Fri 09:00-17:00,"
        " at_most: [1 per day], same_mail_at_one_company: 1 per day, gap: {}, human_touch: {owner: nobody}}\n"
    ),
}
"""What a release must have and no verdict ever reads. The offering that is the default is read, where it is said."""


def definition_in(folder: Path) -> Release:
    """Raises FilesError with all problems of the files that count."""
    return definition_of(read_folder(folder))


def definition_of(files: Mapping[str, str]) -> Release:
    written = {path: text for path, text in files.items() if path in READ or path.startswith(PROFILES)}
    models = Models({**STAND_INS, **written})
    vocabulary = Vocabulary(
        models.written("lead_defs/fields.yaml"),
        models.written("lead_defs/events.yaml"),
        models.written("lead_defs/sales-ready.yaml"),
    )
    parts = models.read(vocabulary.context)
    if parts is None:
        raise FilesError(sorted(models.problems, key=in_order))
    return parts.release(release_hash(written), {})
