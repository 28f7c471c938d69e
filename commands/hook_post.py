"""Sends what waits for other systems: one batch per endpoint at a time, so that a slow one holds up nobody else."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from authoring.posted import LONGEST_ID, value_at
from domain.errors import InvalidError, MissingError, NotReadyError
from domain.hooks import Endpoint, Record
from domain.release import Release
from hooks import chat, records, signing
from hooks.reaching import Answer, Reach
from hooks.secrets import Secrets
from mail.staff import words
from storage import leads, notices, webhook_words, webhooks
from storage.archive import Archive, Tx, machine_now
from storage.notices import page_of
from storage.webhooks import Webhook

logger = logging.getLogger("nurture.hooks")
JSON_TYPE = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Call:
    """A request but for its authorization, which is as fresh as the moment it is sent."""

    endpoint: Endpoint
    secret: str
    id: str
    body: dict[str, Any]  # Any: JSON
    values: Mapping[str, Any]  # Any: values of many types


class HookPost:
    def __init__(self, archive: Archive, reach: Reach, secrets: Secrets, public_url: str) -> None:
        self._archive, self._reach, self._secrets, self._url = archive, reach, secrets, public_url
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._tokens: dict[str, str] = {}

    async def send_due(self) -> None:
        """Begin with whatever is due; returns while it is still being sent."""
        await asyncio.to_thread(webhooks.post_notices, self._archive)
        self._busy = {name: task for name, task in self._busy.items() if not task.done()}
        batches: dict[str, list[Webhook]] = {}
        for webhook in await asyncio.to_thread(webhooks.claim_due, self._archive, list(self._busy)):
            batches.setdefault(webhook.endpoint, []).append(webhook)
        for endpoint, batch in batches.items():
            self._busy[endpoint] = asyncio.create_task(self._send_all(endpoint, batch))

    async def settled(self) -> None:
        """Until everything that was begun has ended."""
        await asyncio.gather(*self._busy.values())

    async def close(self) -> None:
        for task in self._busy.values():
            task.cancel()
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        await self._reach.close()

    async def _send_all(self, endpoint: str, batch: Sequence[Webhook]) -> None:
        """One batch after the other until none is due; what failed is due later."""
        while batch:
            for error in await asyncio.gather(*map(self._send, batch), return_exceptions=True):
                if isinstance(error, Exception):  # its claim runs out, and it is tried again
                    logger.error("a webhook will be tried again", exc_info=error)
            batch = await asyncio.to_thread(webhooks.claim_due, self._archive, only=endpoint)

    async def _send(self, webhook: Webhook) -> None:
        call = None
        try:
            call = await asyncio.to_thread(self._write, webhook)
            answer = await self.send(call)
        except MissingError as error:
            await asyncio.to_thread(webhooks.drop, self._archive, webhook, error.sentence)
            return
        except (InvalidError, NotReadyError) as error:
            answer = Answer("not-ready", body=error.sentence)
        if answer.code in ("not-ready", "refused"):
            logger.warning("the webhook %s to %s: %s", webhook.id, webhook.endpoint, answer.body)
        known_as = _known_as(call.endpoint, answer) if call and answer.is_ok else None
        status = await asyncio.to_thread(
            webhooks.record,
            self._archive,
            webhook,
            answer.code,
            answer.is_ok,
            answer.retry_after,
            known_as,
            answer.body,
        )
        if status == webhooks.DEAD:
            logger.error("the webhook %s to %s is dead: %s", webhook.id, webhook.endpoint, answer.code)

    def _write(self, webhook: Webhook) -> Call:
        """Raises MissingError when there is nothing to say any more."""
        with self._archive.reading() as tx:
            release = self._archive.live(tx)
            endpoint = release.endpoints.get(webhook.endpoint)
            if endpoint is None:
                raise MissingError("endpoint gone")
            body, values = self._said(tx, release, endpoint, webhook)
        return Call(endpoint, endpoint.secret or webhook.endpoint, str(webhook.id), body, values)

    def _said(
        self, tx: Tx, release: Release, endpoint: Endpoint, webhook: Webhook
    ) -> tuple[dict[str, Any], Mapping[str, Any]]:  # Any: as in Call
        if endpoint.is_chat:
            return self._posted(tx, release, endpoint, webhook), {}
        if endpoint.record is None:
            return webhook_words.event(tx, webhook), {}
        values = webhook_words.record(tx, release, endpoint, webhook)
        if values is None:
            raise MissingError("nobody left")
        return records.filled(endpoint.record.body, values), values

    def _posted(self, tx: Tx, release: Release, endpoint: Endpoint, webhook: Webhook) -> dict[str, Any]:  # Any: JSON
        notice = webhook_words.notice(tx, webhook)
        if notice is None:
            raise MissingError("taken back")
        values = leads.headline(tx, release, notice.lead_id) if notice.lead_id else {}
        values |= notices.circumstances(tx, release, notice)
        url = self._url + page_of(notice)
        title, text = words(notice.kind, {**notice.data, **values, "url": url}, release.defaults.time_zone)
        person = notices.name_of(release, notice.person) or notice.person
        message = chat.Message(notice.kind, title, text, person, url)
        return _message(endpoint, message)

    async def send(self, call: Call) -> Answer:
        """Raises NotReadyError without a secret, InvalidError for a template that cannot be filled in."""
        endpoint, body = call.endpoint, json.dumps(call.body, ensure_ascii=False, allow_nan=False).encode()
        secrets = await asyncio.to_thread(self._secrets, call.secret)
        if endpoint.is_chat:
            return await self._reach.send("POST", secrets[0], JSON_TYPE, body)
        if endpoint.record is None:
            headers = JSON_TYPE | signing.signed(secrets, call.id, machine_now(), body)
            return await self._reach.send("POST", records.address(endpoint.url or "", {}), headers, body)
        return await self._send_record(endpoint, endpoint.record, secrets[0], call.values, body)

    async def _send_record(
        self, endpoint: Endpoint, record: Record, secret: str, values: Mapping[str, Any], body: bytes
    ) -> Answer:
        """With a fresh token when the one we had is good no more. Any: values of many types."""
        url, key = records.address(endpoint.url or "", values), f"{record.token_url} {secret}"
        for is_last in (False, True):
            token = await self._token(record, secret, key) if record.token_url else secret
            if isinstance(token, Answer):
                return token
            headers = records.filled(record.headers, {**values, "secret": token})
            answer = await self._reach.send(record.method, url, JSON_TYPE | headers, body)
            if answer.code != "401" or not record.token_url or is_last:
                break
            self._tokens.pop(key, None)
        return answer

    async def _token(self, record: Record, secret: str, key: str) -> str | Answer:
        """A client's token (RFC 6749, 4.4), kept until it is refused; the answer when there is none."""
        if key in self._tokens:
            return self._tokens[key]
        client_id, _, client_secret = secret.partition(":")
        given = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        answer = await self._reach.send("POST", record.token_url or "", kind, urlencode(given).encode())
        try:
            self._tokens[key] = str(json.loads(answer.body)["access_token"])
        except (ValueError, KeyError, TypeError):
            return Answer(f"token-{answer.code}", answer.retry_after)
        return self._tokens[key]


def trial(release: Release, name: str, public_url: str) -> Call:
    """A message that says of itself what it is. Raises MissingError, and InvalidError for a record: it would stay."""
    endpoint = release.endpoints.get(name)
    if endpoint is None:
        names = ", ".join(release.endpoints) or "none"
        raise MissingError(f"there is no endpoint {name[:80]} in the live release; there are {names}")
    if endpoint.record:
        raise InvalidError(f"{name} writes records, and a test would leave one there; look at nurture webhook list")
    text = "This is a test. If you can read it, notices arrive here."
    message = chat.Message("test", "A test of nurture", text, release.defaults.company.name, public_url)
    body: dict[str, Any] = {"type": "test", "timestamp": machine_now().isoformat(), "data": {}}  # Any: JSON
    if endpoint.is_chat:
        body = _message(endpoint, message)
    return Call(endpoint, endpoint.secret or name, str(uuid4()), body, {})


def _message(endpoint: Endpoint, message: chat.Message) -> dict[str, Any]:  # Any: JSON
    return chat.slack(message) if endpoint.send == "slack" else chat.teams(message)


def _known_as(endpoint: Endpoint, answer: Answer) -> tuple[str, str] | None:
    """What the other system calls the record it made or found: system and id."""
    told = endpoint.record.answer if endpoint.record else None
    if told is None:
        return None
    try:
        found = value_at(json.loads(answer.body), told.id)
    except ValueError:
        return None
    is_id = isinstance(found, str | int) and not isinstance(found, bool) and 0 < len(str(found)) <= LONGEST_ID
    return (told.system, str(found)) if is_id else None
