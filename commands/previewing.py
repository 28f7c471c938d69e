"""`preview`: a track or a touch as its readers get it. Needs no server, no Temporal; a database for --lead only."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.console import Data, Files, Json, print_json, say

if TYPE_CHECKING:
    from commands.previews.workbench import State, Workbench
    from settings import Settings

LOOPBACK = "127.0.0.1"
FIRST_PORT = 8650


def register(app: typer.Typer) -> None:
    app.command()(preview)


def preview(
    name: Annotated[str | None, typer.Argument(metavar="[TRACK|TOUCH]", help="All tracks without one.")] = None,
    sample: Annotated[
        str | None, typer.Option("--sample", metavar="SAMPLE", help="Who reads it: a lead of content/samples.yaml.")
    ] = None,
    lead: Annotated[
        str | None, typer.Option("--lead", metavar="LEAD", help="A lead of the archive: its id, system:id, or address.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write HTML files there instead of serving a page.")] = None,
    send_to: Annotated[
        list[str] | None, typer.Option("--send-to", metavar="ADDRESS", help="Mail it, marked as a test. Repeatable.")
    ] = None,
    smtp: Annotated[
        str | None,
        typer.Option("--smtp", metavar="HOST:PORT", help="The mail server for --send-to.", show_default="the folder's"),
    ] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, show_default="the first free one from 8650")] = None,
    files: Files = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """See every touch of a track as its readers will: wide, on a phone, dark, without images, as text, with headers;
    scripts and forms for what people do; the page behind each answer. The page follows what you save.

    With --lead a lead of the archive reads it: the archive is only read, and nothing is counted."""
    from commands.opening import settings_for
    from domain.errors import InvalidError

    if out is not None and send_to:
        raise InvalidError("--out writes files and --send-to mails; give one of them")
    if lead is not None and sample is not None:
        raise InvalidError("--lead and --sample both say who reads it; give one of them")
    settings = settings_for(data, files)
    bench, reader = _begun(settings, lead, sample)
    if send_to:
        _send(settings, bench, name, reader, send_to, smtp, as_json)
    elif out is not None:
        _write(settings, bench, name, reader, out, as_json)
    else:
        _serve(settings, bench, name, reader, port, as_json)


def _begun(settings: Settings, lead: str | None, sample: str | None) -> tuple[Workbench, str | None]:
    """The files, and who was asked for as the reader."""
    from commands.previews.workbench import Workbench

    if lead is None:
        return Workbench(settings.files), sample
    from authoring.preview import id_of
    from commands.previews.real import real_lead

    found = real_lead(settings, lead)
    return Workbench(settings.files, found), id_of(found)


def _clean(bench: Workbench) -> State:
    """Raises FilesError with all that is wrong."""
    from authoring.load import FilesError

    state = bench.look()
    if state.errors or state.release is None:
        print(state.told, file=sys.stderr)
        raise FilesError(state.problems)
    return state


def _write(
    settings: Settings, bench: Workbench, name: str | None, sample: str | None, out: Path, as_json: bool
) -> None:
    from rich.progress import Progress

    from commands.console import screen
    from commands.previews.folder import write

    state = _clean(bench)
    assert state.release is not None  # _clean has looked
    count = 0
    with Progress(console=screen(), transient=True, disable=as_json) as progress:
        task = progress.add_task("writing", total=None)
        for _, total in write(out, state.release, state, name, sample, settings):
            count += 1
            progress.update(task, total=total, completed=count)
    if as_json:
        print_json({"folder": str(out), "pages": count})
    else:
        say(f"{count} pages are in {out}; open {out / 'index.html'}")


def _send(
    settings: Settings,
    bench: Workbench,
    name: str | None,
    sample: str | None,
    send_to: list[str],
    smtp: str | None,
    as_json: bool,
) -> None:
    from authoring.preview import reader_called, readers, scope_of, typical
    from commands.previews import posting
    from domain.errors import InvalidError

    state = _clean(bench)
    assert state.release is not None  # _clean has looked
    scope, found = scope_of(state.release, name), readers(state.release, state.now, state.lead)
    reader = reader_called(found, sample) if sample else typical(found, scope.tracks[0])
    addresses = [posting.addressed(settings, address) for address in send_to]
    letters = [letter for address in addresses for letter in posting.letters(scope, reader, address)]
    if not letters:
        raise InvalidError(f"{name or 'this folder'} holds no mail, only what people do; see it with nurture preview")
    to, subjects = posting.relay(settings, smtp), list[str]()
    done = "caught for" if to.is_catcher else "sent to"
    for letter, subject in zip(letters, posting.send(settings, to, letters), strict=True):
        subjects.append(subject)
        if not as_json:
            say(f"{done} {letter.to_address}: [Test] {subject}")
    if as_json:
        print_json({"server": f"{to.host}:{to.port}", "sample": reader.label, "sent": subjects})


def _serve(
    settings: Settings, bench: Workbench, name: str | None, sample: str | None, port: int | None, as_json: bool
) -> None:
    import uvicorn

    from authoring.preview import reader_called, readers, scope_of
    from commands.ports import listening
    from commands.previews.site import Site

    state = bench.look()
    if state.release is not None:
        scope_of(state.release, name)  # a name that is wrong from the start is told here
        if sample:
            reader_called(readers(state.release, state.now, state.lead), sample)
    site = Site(bench, name, sample, settings.public_url, settings.mail_domain)
    with listening(LOOPBACK, port, FIRST_PORT) as door:
        address = f"http://{LOOPBACK}:{door.getsockname()[1]}/"
        if as_json:
            print_json({"preview": address})
        else:
            say(f"{address}  (follows what you save; Ctrl-C ends it)")
        uvicorn.Server(uvicorn.Config(site.app(), log_level="warning", timeout_graceful_shutdown=2)).run(sockets=[door])
