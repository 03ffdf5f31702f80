"""One process of the baseline: a bare SUB socket that notes when each message was there."""

import argparse
import json
import sys
import time
from pathlib import Path

import zmq

END = b""


def main() -> int:
    """Receive until the end is said, then write (time, bytes as hex) of each message."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--out", required=True, type=Path)
    args = parser.parse_args()
    received = _receive(args.address)
    args.out.write_text(json.dumps(received), encoding="utf-8")
    return 0


def _receive(address: str) -> list[tuple[int, str]]:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    socket.connect(address)
    noted: list[tuple[int, bytes]] = []
    while body := socket.recv():
        noted.append((time.time_ns(), body))
    socket.close(0)
    context.term()
    return [(at_ns, body.hex()) for at_ns, body in noted]


if __name__ == "__main__":
    sys.exit(main())
