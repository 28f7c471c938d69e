"""Asking over HTTP whether everything is up: the API says so itself, Temporal says who works for its task queue."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from http.client import HTTPException
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

TIMEOUT = 2.0
QUEUE = "/api/v1/namespaces/default/task-queues/leads?taskQueueType=1"
"""Through the UI's own address, so that nobody needs a client of Temporal to ask; 1 is workflows."""
_direct = build_opener(ProxyHandler({}))


def missing(ports: Mapping[str, int], api: str, pids: Mapping[str, int]) -> list[str]:
    """The programs that are not there yet; empty when all are. `api` is the address that has to answer with 200 - and
    as our own process: another installation may have taken the port meanwhile."""
    found = []
    if _pid(_get(api)) != pids["api"]:
        found.append("api")
    pollers = _get(f"http://127.0.0.1:{ports['temporal_ui']}{QUEUE}")
    if pollers is None:
        found.append("temporal")
    elif f"{pids['worker']}@{socket.gethostname()}" not in _identities(pollers):
        found.append("worker")
    if "smtp" in ports and not _accepts(ports["smtp"]):
        found.append("mail")
    return found


def _get(url: str) -> bytes | None:
    try:
        with _direct.open(url, timeout=TIMEOUT) as answer:
            body: bytes = answer.read()
            return body
    except (URLError, OSError, HTTPException):  # an answer of 400 and above is a URLError too
        return None


def _pid(answer: bytes | None) -> int | None:
    try:
        return int(json.loads(answer or b"{}")["pid"])
    except (ValueError, KeyError, TypeError):
        return None


def _identities(answer: bytes) -> list[str]:
    try:
        return [str(poller.get("identity")) for poller in json.loads(answer).get("pollers", [])]
    except (ValueError, AttributeError):
        return []


def _accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(TIMEOUT)
        return probe.connect_ex(("127.0.0.1", port)) == 0
