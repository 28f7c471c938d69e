"""Where the programs of one folder listen."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping

from domain.errors import NotReadyError

FIRST = {"api": 8600, "temporal": 8700, "temporal_ui": 8701, "smtp": 8625}
OPTION = {"api": "--port", "temporal": "--temporal-port", "temporal_ui": "--temporal-ui-port", "smtp": "--smtp-port"}
TRIES = 200


class Marks:
    """Of ports whose programs will listen in a moment: the UDP port of the same number is ours until `close`. So two
    who choose at the same moment choose apart, and a crash leaves nothing."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def take(self, port: int) -> bool:
        """False when somebody else is about to listen there."""
        mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            mark.bind(("127.0.0.1", port))
        except OSError:
            mark.close()
            return False
        self._sockets.append(mark)
        return True

    def close(self) -> None:
        for mark in self._sockets:
            mark.close()


def choose(
    host: str, asked: Mapping[str, int | None], before: Mapping[str, int], tell: Callable[[str], None], marks: Marks
) -> dict[str, int]:
    """A free port for each: the one asked for, else the folder's last one (links in mails name it), else the first
    free one from the default on. Raises NotReadyError when one that was asked for is taken."""
    chosen: dict[str, int] = {}
    for name, first in FIRST.items():
        at = host if name == "api" else "127.0.0.1"
        wanted = asked.get(name)
        if wanted:
            if wanted in chosen.values() or not is_free(at, wanted):
                raise NotReadyError(
                    f"port {wanted} is in use; stop what listens there, or choose another with {OPTION[name]}"
                )
            marks.take(wanted)
            chosen[name] = wanted
            continue
        liked = before.get(name, first)
        chosen[name] = _next_free(at, liked, marks.take)
        if chosen[name] != liked:
            tell(f"port {liked} is in use, so {name.replace('_', ' ')} listens on {chosen[name]}")
    return chosen


def listening(host: str, asked: int | None, first: int) -> socket.socket:
    """A socket that already listens, for a command that needs one port only: whoever is told its address finds it
    open, and nobody else takes it in between. Raises NotReadyError when the port that was asked for is taken."""
    if asked and not is_free(host, asked):
        raise NotReadyError(f"port {asked} is in use; stop what listens there, or choose another with --port")
    return socket.create_server((host, asked or _next_free(host, first, lambda port: True)))


def _next_free(host: str, first: int, take: Callable[[int], bool]) -> int:
    for port in range(first, min(first + TRIES, 65536)):
        if is_free(host, port) and take(port):
            return port
    raise NotReadyError(f"no port from {first} on is free; choose one with {OPTION['api']} and its like")


def is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # a listener that is gone leaves connections in TIME_WAIT, which keep nobody from listening again
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError:
            raise NotReadyError(f"this user may not listen on port {port}; choose one above 1023") from None
        except socket.gaierror:
            raise NotReadyError(f"{host} is no address of this machine; name one with --host") from None
        except OSError:
            return False
    return True
