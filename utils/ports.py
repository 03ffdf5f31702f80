"""Ports of this machine."""

import socket

HOST = "127.0.0.1"


def is_free(port: int) -> bool:
    """Nobody listens there."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
