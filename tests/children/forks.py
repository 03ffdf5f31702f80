"""Takes up a terminal, forks, and says what parent and child find: `forks.py PORT`."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from paper import client


def say(*words: object) -> None:
    sys.stdout.write(" ".join(str(word) for word in words) + "\n")
    sys.stdout.flush()


client._connect_to("127.0.0.1", int(sys.argv[1]))
assert client.initialize("parent")
if os.fork():
    os.wait()
    say("parent keeps", client.positions_total(), client.last_error())
else:
    first = client.last_error()
    say("child finds", first, client.positions_total(), client.last_error())
    say("child gets", client.initialize("child"), client.positions_total())
    os._exit(0)
