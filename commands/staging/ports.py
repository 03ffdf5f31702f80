"""Ports for a world of its own: a drill's, a demo's, a replay's, a test's.

Those that the system hands out by itself lie higher: what it gave to us and took back it may give
to any socket of any program before our own process listens there.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from utils.ports import is_free

BLOCK = 50
#: Between our own defaults and where Linux, Windows and macOS begin.
BLOCKS = tuple(range(28_000, 32_700, BLOCK))
LOCKS = Path(tempfile.gettempdir()) / "murmuration-ports"
#: A block may be left out where another process has it: then a row begins anew.
ROUNDS = 20

_held: dict[int, FileLock] = {}


def free_ports(count: int) -> list[int]:
    """Ports in a row that nobody listens on and nobody else is given; OSError: there are none."""
    while True:
        ports = [next(_given) for _ in range(count)]
        in_a_row = ports[-1] - ports[0] == count - 1
        if in_a_row and all(map(is_free, ports)):
            return ports


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def _ports() -> Iterator[int]:
    """Block by block, each locked for the life of this process; where to begin differs."""
    first = os.getpid() % len(BLOCKS)
    for block in (BLOCKS[first:] + BLOCKS[:first]) * ROUNDS:
        if _take(block):
            yield from range(block, block + BLOCK)
    raise OSError(f"no free ports in a row between {BLOCKS[0]} and {BLOCKS[-1] + BLOCK}")


def _take(block: int) -> bool:
    """Ours already, or taken now; a block is given again only after all others."""
    if block in _held:
        return True
    try:
        LOCKS.mkdir(parents=True, exist_ok=True)
        lock = FileLock(LOCKS / f"{block}.lock", timeout=0)
        lock.acquire()
    except Timeout:
        return False
    except PermissionError:  # made by another user of this machine: whether ports are free is seen
        return True
    _held[block] = lock
    return True


_given = _ports()
