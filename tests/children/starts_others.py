"""A child that starts two processes that wait, asking for one to be let out of our job."""

import subprocess
import sys

WAITS = "import threading; threading.Event().wait(3600)"
BREAKAWAY = getattr(subprocess, "CREATE_BREAKAWAY_FROM_JOB", 0)

sys.stdin.readline()
for flags in (0, BREAKAWAY):
    child = subprocess.Popen(
        [sys.executable, "-c", WAITS],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        creationflags=flags,
    )
    sys.stdout.write(f"{child.pid}\n")
sys.stdout.flush()
sys.stdin.readline()
