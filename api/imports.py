"""Imports over HTTP: the file is kept beside the archive until its last row is in, so a restart goes on with it."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Depends
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse

from api.calls import App, Call, Calling, Done, Who
from authoring.mapped_rows import MappedRows, open_rows, reopened
from authoring.mapping import Names
from domain.errors import InvalidError, NurtureError, RefusedError
from storage import import_survey, importing
from storage.archive import Archive, Tx
from storage.import_survey import Survey
from storage.importing import Import

logger = logging.getLogger("nurture.api.imports")
router = APIRouter(prefix="/api/imports", tags=["imports"])
FILE_BODY = {
    "schema": {
        "type": "object",
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "format": "binary", "description": "The CSV"},
            "mapping": {"type": "string", "format": "binary", "description": "The mapping file, YAML"},
        },
    }
}
SHOWN_REJECTS = 100


@dataclass
class Imports:
    """Runs imports one after the other, on a thread that may die with the process at any moment."""

    archive: Archive
    folder: Path
    """Holds uploads as <sha256>.csv; of no use to anybody else, so it is made for its owner only."""
    _waiting: SimpleQueue[UUID] = field(default_factory=SimpleQueue)
    _thread: Thread | None = None
    _lock: Lock = field(default_factory=Lock)

    def keep(self, content: bytes) -> Path:
        """On disk before anybody is told that it was taken. Under a name of its own until it is known."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.folder / f"{uuid4()}.part"
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return path

    def kept(self, file_hash: str) -> Path:
        return self.folder / f"{file_hash}.csv"

    def submit(self, import_id: UUID) -> None:
        self._waiting.put(import_id)
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._work, name="imports", daemon=True)
                self._thread.start()

    def resume(self) -> None:
        """After a restart: whatever came over HTTP and is not finished."""
        with self.archive.reading() as tx:
            found = importing.unfinished(tx)
        for each in found:
            if each.status != importing.PAUSED and self.kept(each.file_hash).exists():
                self.submit(each.id)

    def _work(self) -> None:
        while True:
            import_id = self._waiting.get()
            try:
                self._run(import_id)
            except NurtureError as error:
                logger.warning("import %s stands still: %s", import_id, error.sentence)
            except Exception:
                logger.exception("import %s stands still; a restart goes on with it", import_id)

    def _run(self, import_id: UUID) -> None:
        with self.archive.reading() as tx:
            found, fields = importing.load(tx, import_id), self.archive.live(tx).fields
        if found.status in importing.UNDER_WAY:
            path = self.kept(found.file_hash)
            importing.run(self.archive, found, reopened(path, found.mapping, fields).rows)
        with self.archive.reading() as tx:
            needed = {each.file_hash for each in importing.unfinished(tx)}
        if found.file_hash not in needed:
            self.kept(found.file_hash).unlink(missing_ok=True)


def imports_of(request: Request) -> Imports:
    found: Imports = request.app.state.imports
    return found


Running = Annotated[Imports, Depends(imports_of)]


@router.post(
    "",
    status_code=202,
    summary="Enrol the people of a CSV",
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": FILE_BODY}}},
)
async def begin(request: Request, call: Calling, imports: Running) -> JSONResponse:
    """Checked to its last row before it is accepted; the same file again goes on with the same import."""
    async with request.form(max_files=2, max_fields=2) as form:
        file, mapping = form.get("file"), form.get("mapping")
        if not isinstance(file, UploadFile):
            raise InvalidError("send the CSV as the part `file` of a multipart/form-data body", "file")
        name, content = file.filename or "upload.csv", await file.read()
        rules = await mapping.read() if isinstance(mapping, UploadFile) else mapping
    raw = rules.encode() if isinstance(rules, str) else rules
    return await run_in_threadpool(_begin, call, imports, name, content, raw)


@router.get("/{id}", summary="How far an import is, and what it rejected")
def progress(id: UUID, app: App, who: Who) -> dict[str, Any]:  # Any: JSON
    with app.archive.reading() as tx:
        found = importing.load(tx, id)
        refused = importing.rejects(tx, id, SHOWN_REJECTS)
    rejects = [{"row": each.number, "reason": each.reason} for each in refused]
    return {**_view(found), "rejects": rejects if who.may_see_persons else []}


@router.post("/{id}/pause", summary="Stop before the next rows; what is taken stays")
def pause(id: UUID, call: Calling) -> JSONResponse:
    return call.perform(lambda tx: Done(_view(importing.pause(tx, id))))


@router.post("/{id}/resume", summary="Go on where it was paused")
def resume(id: UUID, call: Calling, imports: Running) -> JSONResponse:
    """One that came over HTTP: its file is kept here. One of the command line goes on with the same command."""

    def again(tx: Tx) -> Done:
        found = importing.resume(tx, id)
        if not imports.kept(found.file_hash).exists():
            raise RefusedError("the file of this import is not here; the command that began it goes on with it")
        return Done(_view(found))

    return _submitted(call.perform(again), imports)


def _begin(call: Call, imports: Imports, name: str, content: bytes, mapping: bytes | None) -> JSONResponse:
    part = imports.keep(content)
    try:
        with call.archive.reading() as tx:
            release = call.archive.live(tx)
        given = ("mapping", mapping) if mapping else None
        rows = open_rows(part, release.fields, given, name=name, names=Names.of(release))
        survey = import_survey.survey(call.archive, rows.rows)
        answer = call.perform(lambda tx: _start(tx, call, imports, part, name, rows, survey))
    finally:
        part.unlink(missing_ok=True)
    return _submitted(answer, imports)


def _start(tx: Tx, call: Call, imports: Imports, part: Path, name: str, rows: MappedRows, survey: Survey) -> Done:
    sha256 = rows.file.sha256
    part.replace(imports.kept(sha256))  # before the commit: a file nobody asks for does no harm, a missing one would
    found = importing.start(tx, call.archive, name, sha256, rows.description, survey.total, call.who.name)
    left = {name: dict(words) for name, words in survey.left_unknown.items()}
    told = {"unmapped": rows.unmapped, "left_unknown": left, "need_utf8": survey.need_utf8}
    return Done({**_view(found), **told}, status=202)


def _submitted(answer: JSONResponse, imports: Imports) -> JSONResponse:
    imports.submit(UUID(json.loads(bytes(answer.body))["id"]))
    return answer


def _view(found: Import) -> dict[str, Any]:  # Any: JSON
    return {
        "id": str(found.id),
        "name": found.name,
        "status": found.status,
        "total": found.total,
        "taken": found.taken,
        "counts": dict(found.counts),
        "at": found.at.isoformat(),
        "by": found.by,
    }
