"""`run/nodes.json`: which processes are ours, for the next launcher to find after a crash."""

from pathlib import Path

import msgspec

from nodes.supervisor.atomic import DAMAGED, remove, write_whole


class SupervisorEntry(msgspec.Struct, frozen=True, kw_only=True):
    """The launcher; `servers` are those it started and ends with itself."""

    pid: int
    birth: float
    control: str = ""
    servers: tuple[str, ...] = ()


class NodeEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A node's process; a master's addresses are its signals and its snapshots.

    `connecting`: when it was written down it might sit in the call that starts a terminal.
    """

    role: str
    pid: int
    birth: float
    addresses: tuple[str, ...] = ()
    connecting: bool = True


class RunFile(msgspec.Struct, frozen=True, kw_only=True):
    """The whole file. `close_only`: who is trusted with closes alone until a person resumes it."""

    supervisor: SupervisorEntry
    nodes: dict[str, NodeEntry] = {}
    close_only: tuple[str, ...] = ()


def place(state: Path) -> Path:
    """Where the file is."""
    return state / "run" / "nodes.json"


def read(state: Path) -> RunFile | None:
    """What was written last; None where nothing is, or nothing that can be read."""
    try:
        return msgspec.json.decode(place(state).read_bytes(), type=RunFile)
    except (OSError, *DAMAGED):
        return None


def write(state: Path, content: RunFile) -> None:
    """Replace the file."""
    write_whole(place(state), as_bytes(content))


def as_bytes(content: RunFile) -> bytes:
    """What stands in the file."""
    return msgspec.json.encode(content)


def withdraw(state: Path) -> None:
    """An orderly end: nothing of ours runs."""
    remove(place(state))
