"""Nodes that a crashed launcher started and did not come to write down."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from domain.policies import Role
from nodes.supervisor.pid_file import NodeEntry

T = TypeVar("T")

STATE = "MURMURATION_STATE"
CONTROL = "MURMURATION_CONTROL"
NAME = "--name="


def find(state: Path, scripts: dict[Role, str]) -> dict[str, NodeEntry]:
    """Every node of this state folder that some launcher started, by its account.

    `scripts` says what each kind of node runs.
    """
    found = [process for process in psutil.process_iter() if _account(process, scripts)]
    ours = [process for process in found if _is_of(process, state)]
    pids = {process.pid for process in ours}
    entries: dict[str, NodeEntry] = {}
    for process in ours:
        # In an environment of its own Python is started by a process that only waits for it.
        if _parent(process) not in pids:
            entries |= _entry(process, scripts)
    return entries


def all_of(written: dict[str, NodeEntry], found: dict[str, NodeEntry]) -> dict[str, NodeEntry]:
    """What runs is certain; of the same process more may have been written down."""
    as_written = {n: entry for n, entry in written.items() if _same(entry, found.get(n, entry))}
    return found | as_written


def _same(one: NodeEntry, other: NodeEntry) -> bool:
    return (one.pid, one.birth) == (other.pid, other.birth)


def _account(process: psutil.Process, scripts: dict[Role, str]) -> tuple[Role, str] | None:
    words = _told(process.cmdline) or ()
    roles = [role for role, script in scripts.items() if script in words]
    names = [word.removeprefix(NAME) for word in words if word.startswith(NAME)]
    return (roles[0], names[0]) if roles and names else None


def _is_of(process: psutil.Process, state: Path) -> bool:
    environ = _told(process.environ) or {}
    return environ.get(STATE) == str(state) and bool(environ.get(CONTROL))


def _parent(process: psutil.Process) -> int:
    return _told(process.ppid) or 0


def _entry(process: psutil.Process, scripts: dict[Role, str]) -> dict[str, NodeEntry]:
    account, birth = _account(process, scripts), _told(process.create_time)
    if account is None or birth is None:
        return {}
    role, name = account
    return {name: NodeEntry(role=role.value, pid=process.pid, birth=birth)}


def _told(ask: Callable[[], T]) -> T | None:
    """What a process lets us know: it may have gone, or be another user's or the system's own."""
    try:
        return ask()
    except (psutil.Error, OSError):
        return None
