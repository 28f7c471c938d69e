"""The preview as files: each page whole in itself, to be mailed around or kept with a pull request."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

from authoring.preview import NOTHING_KNOWN, Reader, Scope, first_track, reader_called, scope_of, typical
from commands.previews.pages import renderer, track_page
from commands.previews.rendering import Renderer
from commands.previews.workbench import State
from domain.errors import NotReadyError
from domain.release import Release
from mail.links import Links
from settings import Settings

ONWARD = '<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={0}"><a href="{0}">{0}</a>\n'


def write(
    out: Path, release: Release, state: State, wanted: str | None, sample: str | None, settings: Settings
) -> Iterator[tuple[Path, int]]:
    """Each page as it is written, and how many there are: `<track>/<reader>.html`, index.html last.

    Raises MissingError for a track, touch or sample that is not there, NotReadyError for a folder that cannot be used.
    """
    links = Links([secrets.token_bytes(32)], settings.public_url)
    found = renderer(release, state, links, settings.mail_domain)
    scope = scope_of(release, wanted)
    shown = _readers(found, scope, sample)
    total = len(shown) * len(scope.tracks) + 1
    for track in scope.tracks:
        for reader in shown.values():
            page = track_page(found, state, scope, track, reader, shown, is_live=False)
            yield _put(out / track.id / f"{reader.id}.html", page), total
    first = first_track(scope, state.lead)
    start = f"{first.id}/{sample or typical(found.readers, first).id}.html"
    yield _put(out / "index.html", ONWARD.format(start)), total


def _readers(found: Renderer, scope: Scope, sample: str | None) -> dict[str, Reader]:
    """The one that was named; else whom these tracks take, and the readers of whom nothing is known."""
    if sample is not None:
        return {sample: reader_called(found.readers, sample)}
    return {
        id: reader
        for id, reader in found.readers.items()
        if id.startswith(NOTHING_KNOWN) or any(reader.is_taken_by(track) for track in scope.tracks)
    }


def _put(path: Path, page: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise NotReadyError(f"{path} cannot be written ({error.strerror}); name another folder with --out") from None
    return path
