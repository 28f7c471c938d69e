"""The programs that `up` keeps running, and what each is told in its environment."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from commands.folder import Folder
from commands.supervise import Program
from domain.errors import NotReadyError
from mail.modes import MailMode
from settings import Settings

SEARCH_ATTRIBUTES = ("lead_state", "lead_stage", "lead_track", "lead_team")
ANYWHERE = ("0.0.0.0", "::")
OWN_RELAY = ("NURTURE_SMTP_USERNAME", "NURTURE_SMTP_PASSWORD", "NURTURE_SMTP_START_TLS")


def programs(settings: Settings, folder: Folder, ports: Mapping[str, int]) -> list[Program]:
    environment = environment_of(settings, ports)
    module = [sys.executable, "-m"]
    found = [
        Program("temporal", temporal_command(folder, ports), environment, is_base=True),
        Program("worker", [*module, "worker"], environment),
        Program("api", [*module, "commands.serve"], environment),
    ]
    if settings.mail is MailMode.CATCH:
        listen = ["--host", "127.0.0.1", "--port", str(ports["smtp"]), "--folder", str(folder.mail)]
        found.insert(1, Program("mail", [*module, "mail.catcher", *listen], environment, is_base=True))
    return found


def environment_of(settings: Settings, ports: Mapping[str, int]) -> dict[str, str]:
    """Ours, with this folder's own Temporal: a profile of the user's that leads elsewhere must not be followed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TEMPORAL_")}
    if settings.mail is MailMode.CATCH:
        kept = {name: value for name, value in kept.items() if name not in OWN_RELAY}
        kept |= {"NURTURE_SMTP_HOST": "127.0.0.1", "NURTURE_SMTP_PORT": str(ports["smtp"])}
    kept.pop("NURTURE_SPEED", None)
    if settings.speed:
        kept["NURTURE_SPEED"] = repr(settings.speed)
    return kept | {
        "NURTURE_DATA": str(settings.data),
        "NURTURE_FILES": str(settings.files.resolve()),
        "NURTURE_HOST": settings.host,
        "NURTURE_PORT": str(ports["api"]),
        "NURTURE_BASE_URL": settings.base_url or f"http://{local(settings.host)}:{ports['api']}",
        "NURTURE_MAIL": settings.mail.value,
        "TEMPORAL_ADDRESS": f"127.0.0.1:{ports['temporal']}",
        "TEMPORAL_NAMESPACE": "default",
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "PYTHONUNBUFFERED": "1",
    }


def local(host: str) -> str:
    """The name under which this machine reaches a server that listens there."""
    name = "127.0.0.1" if host in ANYWHERE else host
    return f"[{name}]" if ":" in name else name


def temporal_command(folder: Folder, ports: Mapping[str, int]) -> list[str]:
    """The dev server on a file; with these pragmas it is three times as fast and as safe as its log needs."""
    listen = ["--ip", "127.0.0.1", "--port", str(ports["temporal"]), "--ui-port", str(ports["temporal_ui"])]
    pragmas = [f"--sqlite-pragma={pragma}" for pragma in ("journal_mode=WAL", "synchronous=NORMAL")]
    attributes = [f"--search-attribute={name}=Keyword" for name in SEARCH_ATTRIBUTES]
    kept = ["--db-filename", str(folder.temporal_db), "--log-level", "error", "--ui-disable-news-fetch"]
    return [temporal_binary(), "server", "start-dev", *listen, *kept, *pragmas, *attributes]


def temporal_binary() -> str:
    """The user's own goes first, then the one of our environment. Raises NotReadyError."""
    beside = Path(sys.executable).parent / "temporal"
    found = shutil.which("temporal") or (str(beside) if beside.is_file() else None)
    if found is None:
        raise NotReadyError("Temporal's dev server is not installed; run make setup, or put `temporal` on the PATH")
    return found
