"""Makes sure that nothing of a world of one's own runs on when it is over."""

import os
from collections.abc import Collection
from pathlib import Path, PureWindowsPath

import psutil

from utils import os_signals
from utils.clock import monotonic_s

GONE_WITHIN_S = 1.0
#: Behind a console of Windows stands a process, the child of whoever opened it; it ends by itself.
CONSOLE_HOSTS = frozenset({"conhost.exe", "openconsole.exe"})


def remaining(known: Collection[int], folder: Path) -> list[psutil.Process]:
    """Our children, and processes known to be that world's, that still run."""
    children = psutil.Process().children(recursive=True)
    found = {child.pid: child for child in children if not _is_console_host(child)}
    for pid in known:
        process = _ours(pid, folder)
        if process is not None:
            found[pid] = process
    return [process for process in found.values() if os_signals.born(process.pid) is not None]


def everybody_of(folder: Path) -> set[int]:
    """Whoever knows the world's folder, on the whole machine: also who was left by his parent."""
    found = (_ours(pid, folder) for pid in psutil.pids() if pid != os.getpid())
    return {process.pid for process in found if process is not None}


def end_all(known: Collection[int], folder: Path, within_s: float = GONE_WITHIN_S) -> list[str]:
    """Wait a moment for what is ending, kill what is not; who had to be killed."""
    left = remaining(known, folder)
    gone_by_s = monotonic_s() + within_s
    psutil.wait_procs(left, timeout=max(0.0, gone_by_s - monotonic_s()))
    killed = []
    for process in remaining(known, folder):
        killed.append(_described(process))
        os_signals.kill(process.pid)
    psutil.wait_procs(remaining(known, folder), timeout=within_s)
    return killed


def _is_console_host(process: psutil.Process) -> bool:
    try:
        command = process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False
    return bool(command) and PureWindowsPath(command[0]).name.lower() in CONSOLE_HOSTS


def _ours(pid: int, folder: Path) -> psutil.Process | None:
    """A process id may have gone to somebody else since; ours knows the world's folder."""
    try:
        process = psutil.Process(pid)
        command, environment = " ".join(process.cmdline()), process.environ()
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return None
    state = environment.get("MURMURATION_STATE", "")
    return process if str(folder) in command or state.startswith(str(folder)) else None


def _described(process: psutil.Process) -> str:
    try:
        return f"process {process.pid} ({' '.join(process.cmdline()[:5])})"
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return f"process {process.pid}"
