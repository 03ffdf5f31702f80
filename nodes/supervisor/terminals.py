"""Ends a terminal that hangs: the program at an account's path, and no other."""

import logging
import os
from pathlib import Path

import psutil

from domain.policies import AccountSettings

logger = logging.getLogger(__name__)

GONE_WITHIN_S = 1.0
PAPER = "paper"


def end_terminal(settings: AccountSettings) -> None:
    """So that the node that starts next launches it anew; a paper terminal is no program."""
    if settings.terminal != PAPER:
        end_program(settings.path)


def end_program(path: str) -> int:
    """Kill every process that runs this very file, and see it go; how many there were."""
    wanted = _same_spelling(path)
    found = [p for p in psutil.process_iter() if _same_spelling(_program(p)) == wanted]
    for process in found:
        _kill(process)
    _, left = psutil.wait_procs(found, GONE_WITHIN_S)
    for process in left:
        logger.error("terminal_does_not_end", extra={"pid": process.pid, "path": path})
    return len(found)


def _program(process: psutil.Process) -> str:
    try:
        return str(process.exe())
    except (psutil.Error, OSError):  # it has gone, or is another user's or the system's own
        return ""


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()
    except psutil.Error as refused:  # it has gone by itself, or runs as another user
        logger.warning("terminal_not_ended", extra={"pid": process.pid, "why": repr(refused)})


def _same_spelling(path: str) -> str:
    return os.path.normcase(Path(path).resolve()) if path else ""
