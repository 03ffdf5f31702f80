"""A child that says it lives and then does nothing for ever."""

import sys
import threading

sys.stdout.write("hanging" + "\n")
sys.stdout.flush()
while True:
    threading.Event().wait(3600)
