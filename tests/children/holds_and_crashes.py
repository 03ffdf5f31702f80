"""A launcher that takes a node into a job, says its id, and waits to be killed."""

import subprocess
import sys
import threading

from utils.job_object import JobObjects
from utils.os_signals import born

WAITS = "import threading; threading.Event().wait(3600)"

node = subprocess.Popen(
    [sys.executable, "-c", WAITS],
    stdin=subprocess.DEVNULL,
    stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL,
)
jobs = JobObjects()
jobs.take_in(node.pid, born(node.pid) or 0.0)
sys.stdout.write(f"{node.pid}\n")
sys.stdout.flush()
threading.Event().wait(3600)
