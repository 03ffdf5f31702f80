# ruff: noqa: INP001 - no package of ours
"""Runs Python within a console, as a person at one does; without a screen Wine gives none."""

import ctypes
import subprocess
import sys

from sitecustomize import CTRL_C, send_apart

child = subprocess.Popen(
    [sys.executable, *sys.argv[1:]],
    stdin=sys.stdin,
    stdout=sys.stdout,
    stderr=sys.stderr,
    creationflags=subprocess.CREATE_NO_WINDOW,
)


@ctypes.WINFUNCTYPE(ctypes.c_int, ctypes.c_uint)
def hand_on(event: int) -> int:
    """Our Ctrl+C is meant for it; waiting for it to end, we could not act on an exception."""
    return send_apart(event, child.pid) if event == CTRL_C else 0


ctypes.windll.kernel32.SetConsoleCtrlHandler(hand_on, 1)
sys.exit(child.wait())
