"""Ports of a world of its own: nobody else's, and none that the system hands out by itself."""

import socket
import subprocess
import sys
from pathlib import Path

from commands.staging.ports import free_ports
from utils.ports import HOST

ROOT = Path(__file__).resolve().parents[2]
#: Linux hands out ports from here on; Windows and macOS from 49152.
HANDED_OUT_FROM = 32_768
COUNT = 83
#: Where a process begins to look depends on its number: these two begin at the same place.
TAKER = """
import os
os.getpid = lambda: 7
from commands.staging.ports import free_ports
print(*free_ports({count}), flush=True)
input()
"""


def _taker() -> subprocess.Popen[str]:
    command = [sys.executable, "-c", TAKER.format(count=COUNT)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)


def _ports_of(taker: subprocess.Popen[str]) -> set[int]:
    assert taker.stdout is not None
    return {int(port) for port in taker.stdout.readline().split()}


def test_two_worlds_at_once_are_given_different_ports() -> None:
    with _taker() as one, _taker() as other:
        ports = _ports_of(one), _ports_of(other)
        one.communicate("\n")
        other.communicate("\n")
    assert list(map(len, ports)) == [COUNT, COUNT]
    assert not ports[0] & ports[1]
    assert max(*ports[0], *ports[1]) < HANDED_OUT_FROM


def test_a_row_with_a_taken_port_is_not_given() -> None:
    taken = free_ports(1)[0] + 2
    with socket.create_server((HOST, taken)):
        row = free_ports(3)
    assert taken not in row
    assert row == list(range(row[0], row[0] + 3))
