"""Ports that no other test has, in this process or in another one.

Those that the system hands out by itself lie higher: what it gave to a test and took back it may
give to any socket of any program before the test's own process listens there.
"""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from filelock import FileLock, Timeout

HOST = "127.0.0.1"
BLOCK = 50
#: Between our own defaults and where Linux, Windows and macOS begin.
BLOCKS = tuple(range(28_000, 32_700, BLOCK))
LOCKS = Path(tempfile.gettempdir()) / "murmuration-test-ports"

_held: list[FileLock] = []


def free_ports(count: int) -> list[int]:
    """Ports in a row that nobody listens on; each is given once in a process."""
    while True:
        ports = [next(_given) for _ in range(count)]
        in_a_row = ports[-1] - ports[0] == count - 1
        if in_a_row and all(map(is_free, ports)):
            return ports


def free_port() -> int:
    """One of them."""
    return free_ports(1)[0]


def is_free(port: int) -> bool:
    """Nobody listens there."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _ports() -> Iterator[int]:
    """Block by block, each locked for the life of this process; where to begin differs."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    first = os.getpid() % len(BLOCKS)
    for block in (BLOCKS[first:] + BLOCKS[:first]) * 20:
        if _take(block):
            yield from range(block, block + BLOCK)
    raise AssertionError(f"no free ports between {BLOCKS[0]} and {BLOCKS[-1] + BLOCK}")


def _take(block: int) -> bool:
    """Ours already, or taken now; a block is given again only after all others."""
    lock = FileLock(LOCKS / f"{block}.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return any(Path(held.lock_file) == LOCKS / f"{block}.lock" for held in _held)
    _held.append(lock)
    return True


_given = _ports()
