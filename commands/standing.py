"""Everything on one data folder, from an empty folder to four programs that run and answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime

from commands import ports as listening
from commands import processes, readiness
from commands.folder import Folder
from commands.preparing import prepare
from commands.programs import local, programs
from commands.supervise import Supervisor
from mail.modes import MailMode
from settings import Settings
from storage import releases
from storage.archive import Archive

SLOW = 20.0
"""Seconds after which a person wants to know what is being waited for."""
LEFTOVER_GRACE = 3.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Standing:
    settings: Settings
    ports: Mapping[str, int]
    supervisor: Supervisor
    tell: Tell
    is_live: bool
    """Whether anything was published when it started."""

    def wait(self) -> bool:
        """Until everything is ready; False when somebody said stop before. What takes long is told."""
        tell_at = time.monotonic() + SLOW
        while not self.supervisor.is_told_to_stop:
            self.supervisor.tick()
            absent = self.missing()
            if not absent:
                return True
            if time.monotonic() > tell_at:
                tell_at += SLOW
                logs = self.supervisor.folder.path / "logs"
                self.tell(f"still waiting for {' and '.join(absent)}; what they say is in {logs}")
        return False

    def missing(self) -> list[str]:
        pids = {name: each.process.pid for name, each in self.supervisor.running.items()}
        ports = {n: p for n, p in self.ports.items() if n != "smtp" or "mail" in self.supervisor.running}
        # /ready also wants something published; a new installation has to stand without it, or nobody could sign
        path = "ready" if self.is_live else "health"
        return readiness.missing(ports, f"{self.addresses['api']}/{path}", pids)

    def keep(self) -> None:
        """Until somebody says stop."""
        while not self.supervisor.is_told_to_stop:
            self.supervisor.tick()

    @property
    def addresses(self) -> dict[str, str]:
        """What `up --json` prints. `temporal` and `mail` are host:port, as their clients want them."""
        api = f"http://{local(self.settings.host)}:{self.ports['api']}"
        is_caught = self.settings.mail is MailMode.CATCH
        relay = f"{self.settings.smtp_host}:{self.settings.smtp_port}"
        return {
            "api": api,
            "web": f"{api}/",
            "temporal": f"127.0.0.1:{self.ports['temporal']}",
            "mail": f"127.0.0.1:{self.ports['smtp']}" if is_caught else relay,
            "data": str(self.settings.data),
            "admin_key_file": str(Folder(self.settings.data).admin_key),
        }

    @property
    def temporal_ui(self) -> str:
        return f"http://127.0.0.1:{self.ports['temporal_ui']}"


@contextmanager
def standing(
    settings: Settings,
    asked: Mapping[str, int | None],
    tell: Tell,
    before: Callable[[Archive], None],
    begins_at: datetime | None = None,
) -> Iterator[Standing]:
    """Take the folder, end what a crash left on it, make what is missing, do `before`, start all; at the end stop all.

    Raises NurtureErrors with what to do; nothing is left running then.
    """
    settings = settings.model_copy(update={"data": settings.data.resolve()})
    folder = Folder(settings.data)
    folder.make()
    with folder.locked(), closing(listening.Marks()) as marks:
        last = folder.last_run()
        processes.end(last.processes, LEFTOVER_GRACE)
        ports = listening.choose(settings.host, asked, last.ports, tell, marks)
        archive = prepare(settings, begins_at)
        if begins_at and (goes_on := archive.clock.now()) != begins_at:
            tell(f"the clock of this folder goes on at {goes_on:%d %b %Y %H:%M} UTC; --begin is for a new one")
        before(archive)
        with archive.reading() as tx:
            is_live = releases.live_hash(tx) is not None
        archive.engine.dispose()
        supervisor = Supervisor(folder, ports, tell)
        supervisor.listen()
        try:
            supervisor.start(programs(settings, folder, ports))
            yield Standing(settings, ports, supervisor, tell, is_live)
        finally:
            supervisor.stop()
