"""Recording hits on links: one writer, one transaction for all that came together, answered after its commit.

A lone hit is written at once, so waiting for company costs nothing; under load the batches grow by themselves.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any
from uuid import UUID

from api.hits import AT_ONCE, Hit, Judgement, judge
from api.metrics import Metrics
from domain.errors import MissingError
from domain.letters import path_of
from mail.links import Kind
from mail.markdown import MailLink
from mail.templates import compile_mail
from storage import events, hits, sending
from storage.archive import Archive, Tx
from storage.events import Happening
from storage.wakes import Wake

logger = logging.getLogger("nurture.clicks")
MOST_AT_ONCE = 200
CLICK, SOURCE = "click", "link"


@dataclass(frozen=True)
class Seen:
    """One request for link `number` of mail `send_id`. Both ids come from a token we signed."""

    kind: Kind
    send_id: UUID
    number: int
    method: str
    agent: str
    network: str


@dataclass(frozen=True)
class Recorded:
    """What the reader gets: the link itself, and where it leads."""

    link: MailLink
    url: str | None
    lead_id: UUID
    release: str
    language: str | None
    verdict: Judgement
    was_uncertain: bool


Waiting = tuple[Seen, "Future[Recorded]"]
Row = Mapping[str, Any]  # Any: column values


class Clicks:
    def __init__(self, archive: Archive, signal: Callable[[Sequence[Wake]], None], metrics: Metrics) -> None:
        self._archive, self._signal, self._metrics = archive, signal, metrics
        self._queue: SimpleQueue[Waiting] = SimpleQueue()
        self._links: dict[tuple[str, str, str | None, str | None], tuple[tuple[MailLink, str | None], ...]] = {}
        self._lock = Lock()
        self._writer: Thread | None = None

    def record(self, seen: Seen) -> Future[Recorded]:
        """Resolved after the commit. Its exception is MissingError for a mail or a link that is no longer there."""
        future: Future[Recorded] = Future()
        self._queue.put((seen, future))
        if self._writer is None:
            self._start()
        return future

    def _start(self) -> None:
        with self._lock:  # with the first hit, not with the app: most processes never see one
            if self._writer is None:
                self._writer = Thread(target=self._run, name="clicks", daemon=True)
                self._writer.start()

    def _run(self) -> None:
        while True:
            batch = [self._queue.get()]
            try:
                while len(batch) < MOST_AT_ONCE:
                    batch.append(self._queue.get_nowait())
            except Empty:
                pass
            # From here on nobody who hangs up can cancel what is about to be answered.
            self._write_all([waiting for waiting in batch if waiting[1].set_running_or_notify_cancel()])

    def _write_all(self, batch: list[Waiting]) -> None:
        """If one of them cannot be written, each stands for itself."""
        try:
            self._write(batch)
        except Exception as error:  # the writer must outlive any of them
            if len(batch) > 1:
                for waiting in batch:
                    self._write_all([waiting])
                return
            if not isinstance(error, MissingError):
                logger.exception("a hit could not be recorded")
            batch[0][1].set_exception(error)

    def _write(self, batch: list[Waiting]) -> None:
        if not batch:
            return
        with self._archive.begin() as tx:
            answers, wakes = self._record(tx, [seen for seen, _ in batch])
        for (seen, future), answer in zip(batch, answers, strict=True):
            self._metrics.hits.labels(seen.kind, answer.verdict).inc()
            future.set_result(answer)
        if wakes:
            self._signal(wakes)
        for send_id in {seen.send_id for (seen, _), a in zip(batch, answers, strict=True) if a.was_uncertain}:
            # A link can only be followed from a mail that arrived: evidence about a send nobody knew the end of.
            sending.resolve(self._archive, send_id, True)

    def _record(self, tx: Tx, seen: Sequence[Seen]) -> tuple[list[Recorded], list[Wake]]:
        now = self._archive.clock.now()
        mails = hits.deliveries(tx, {one.send_id for one in seen})
        before = hits.since(tx, list(mails), now - AT_ONCE)
        counted = hits.counted(tx, SOURCE, [_event_id(one) for one in seen if one.kind == "c"])
        answers, rows, wakes = [], [], []
        for one in seen:
            mail = mails.get(one.send_id)
            if mail is None:
                raise MissingError("this mail is no longer known here")
            link, url = self._link(tx, mail, one.number)
            followed = before[one.send_id]
            sent_at = mail["ended_at"] or mail["claimed_at"]
            verdict, reasons = judge(Hit(one.method, one.agent, now - sent_at, len(followed - {one.number})))
            followed.add(one.number)
            rows.append(_row(one, now, verdict, reasons))
            is_uncertain = mail["status"] == "uncertain"
            answers.append(
                Recorded(link, url, mail["lead_id"], mail["release"], mail["language"], verdict, is_uncertain)
            )
            if one.kind == "c" and verdict == "human" and _event_id(one) not in counted:
                wakes += self._click(tx, mail, one)
                counted.add(_event_id(one))
        hits.store(tx, rows)
        return answers, wakes

    def _click(self, tx: Tx, mail: Row, seen: Seen) -> list[Wake]:
        """One click per link and lead, however often it is followed."""
        if CLICK not in self._archive.live(tx).events:
            return []
        data = {"touch": mail["touch"], "link": seen.number}
        happening = Happening(CLICK, SOURCE, _event_id(seen), ledger_id=seen.send_id, data=data)
        _, wake = events.happen(tx, self._archive, mail["lead_id"], happening)
        return [wake] if wake else []

    def _link(self, tx: Tx, mail: Row, number: int) -> tuple[MailLink, str | None]:
        """From the words that were sent, in the release they were sent from."""
        key = (mail["release"], mail["touch"], mail["variant"], mail["language"])
        links = self._links.get(key)
        if links is None:
            links = self._links[key] = self._compile(tx, *key)
        if not 0 < number <= len(links):
            raise MissingError("this mail has no such link")
        return links[number - 1]

    def _compile(
        self, tx: Tx, release_hash: str, touch_id: str, variant: str | None, language: str | None
    ) -> tuple[tuple[MailLink, str | None], ...]:
        release = self._archive.release(tx, release_hash)
        found = release.find_touch(touch_id)
        if found is None:
            return ()
        track, touch = found[0], found[1].version(variant).in_language(language)
        template = compile_mail(touch.subject or "", touch.body, touch.preheader, path_of(track, touch))
        assets = {name: asset.url for name, asset in release.assets.items()}
        return tuple((link, _target(link, assets)) for link in template.links)


def _event_id(seen: Seen) -> str:
    """Not the token: that changes with the key it is signed with."""
    return f"{seen.send_id}/{seen.number}"


def _target(link: MailLink, assets: Mapping[str, str]) -> str | None:
    """Where it leads; an answer leads nowhere but to its own page."""
    if link.kind == "asset":
        return assets.get(link.target)
    return link.target if link.kind == "url" else None


def _row(seen: Seen, at: datetime, verdict: str, reasons: tuple[str, ...]) -> Row:
    return {
        "ledger_id": seen.send_id,
        "kind": seen.kind,
        "number": seen.number,
        "at": at,
        "method": seen.method[:8],
        "agent": seen.agent[:255],
        "network": seen.network,
        "verdict": verdict,
        "reasons": list(reasons),
    }
