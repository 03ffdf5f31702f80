"""A trader's process: one thread asks a terminal for its positions, another one says `alive`.

`asks_positions.py PORT`, or `asks_positions.py PORT held` to hold the interpreter in every call.
"""

import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from paper import client

is_over = threading.Event()


def say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


def live() -> None:
    while not is_over.wait(0.01):
        say("alive")


client._connect_to("127.0.0.1", int(sys.argv[1]))
client.initialize("ftmo")
client._hold_the_interpreter(sys.argv[2:] == ["held"])
other = threading.Thread(target=live)
other.start()
for _ in range(2):
    say(f"answer {client.positions_total()} {client.last_error()}")
is_over.set()
other.join()
client.shutdown()
