"""Where an installed client finds its broker: PAPER_BROKER=host:port, else where one runs alone."""

import os
from typing import Final

from paper.wire.places import ALONE_HOST, ALONE_PORT

VARIABLE: Final = "PAPER_BROKER"
PORTS: Final = range(1, 65_536)


def broker_address() -> tuple[str, int]:
    """Host and port."""
    told = os.environ.get(VARIABLE, "")  # noqa: TID251 - in a user's environment there is no config.py
    if not told:
        return ALONE_HOST, ALONE_PORT
    host, _, port = told.rpartition(":")
    if not host or not port.isdecimal() or int(port) not in PORTS:
        raise ImportError(f"{VARIABLE} is {told!r}; wanted host:port, as in 127.0.0.1:{ALONE_PORT}")
    return host, int(port)
