"""A child that is deaf to every request to stop."""

import signal
import sys
import threading

for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
    if hasattr(signal, name):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
sys.stdout.write("deaf" + "\n")
sys.stdout.flush()
while True:
    threading.Event().wait(3600)
