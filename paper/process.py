"""One paper broker process from start to end: its lock, its address, its exit code."""

import sqlite3
import sys
from collections.abc import Callable
from typing import Final

import zmq
from filelock import FileLock, Timeout

from paper.address import publish, withdraw
from paper.service.server import HOST, PortTakenError, Server, ServerSettings
from paper.service.tick_files import TickFileError
from paper.service.world import MissingFeedError, ServerRefusal
from paper.starting import ALREADY_SERVED

LOCK_FILE: Final = "paper.lock"
HOST_FAULT: Final = 2
CANNOT_SERVE: Final = (
    TickFileError,
    MissingFeedError,
    PortTakenError,
    ServerRefusal,
    zmq.ZMQError,
)

Announce = Callable[[Server], str]


def ready_line(server: Server) -> str:
    """Where it listens, in one line."""
    return f"paper broker ready on {HOST}:{server.place.port}\n"


def serve(settings: ServerSettings, announce: Announce = ready_line) -> int:
    """Serve one state folder; 2 for a fault of the host, 3 if another process serves it."""
    lock = FileLock(settings.state_dir / LOCK_FILE)
    try:
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        held = lock.acquire(timeout=0)
    except Timeout:
        complain(f"another paper broker already serves {settings.state_dir}")
        return ALREADY_SERVED
    except OSError as wrong:
        complain(_unkept(settings, wrong))
        return HOST_FAULT
    with held:
        return _serve(settings, announce)


def _serve(settings: ServerSettings, announce: Announce) -> int:
    try:
        server = Server(settings)
    except CANNOT_SERVE as wrong:
        complain(str(wrong))
        return HOST_FAULT
    except sqlite3.Error as wrong:
        complain(_unkept(settings, wrong))
        return HOST_FAULT
    publish(server.place)
    sys.stdout.write(announce(server))
    sys.stdout.flush()
    try:
        server.run()
    except KeyboardInterrupt:
        sys.stdout.write("paper broker stopped by Ctrl+C; its accounts are kept\n")
    withdraw(server.place)
    return 0


def _unkept(settings: ServerSettings, wrong: Exception) -> str:
    return (
        f"accounts cannot be kept in {settings.state_dir}: {wrong}; "
        "name a folder that you may write to with --state"
    )


def complain(text: str) -> None:
    """What went wrong, for the person at the console."""
    sys.stderr.write(f"paper broker: {text}\n")
