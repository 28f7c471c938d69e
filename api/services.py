"""What the API is made of; put together once, by whoever starts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from jinja2 import Environment
from starlette.requests import Request

from api.clicks import Clicks
from api.metrics import Metrics
from hooks.secrets import Secrets, no_secrets
from mail.links import Links
from storage.archive import Archive
from storage.wakes import Wake


@dataclass(frozen=True)
class Services:
    """`signal` tells the workflows of what was committed. It never raises and never blocks for long: what it cannot
    send, a relay sends later.
    """

    archive: Archive
    links: Links
    signal: Callable[[Sequence[Wake]], None]
    base_url: str
    version: str = "dev"
    uploads: Path | None = None
    """Where files that are being imported are kept; without it there are no imports over HTTP."""
    caught: Path | None = None
    """The catcher's folder while mail is caught; without it there are no mails to show."""
    admin_key: Path | None = None
    """Where the admin key lies, said on the sign-in page; only where nobody but this machine can read that page."""
    secrets: Secrets = no_secrets
    """What is shared with other systems, by name."""


@dataclass(frozen=True)
class Running:
    """The services and what one running app keeps beside them."""

    services: Services
    metrics: Metrics
    pages: Environment
    clicks: Clicks
    planning: Lock = field(default_factory=Lock)
    """Held while a plan is made: it takes the cores that answers need."""

    @property
    def archive(self) -> Archive:
        return self.services.archive


def running(request: Request) -> Running:
    found: Running = request.app.state.running
    return found
