"""`tap`: shows the live bus to anyone, one line per message, decoded without our schema."""

import argparse
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import zmq

import config
from commands import tap_lines
from commands.closed_pipe import hush, reader_left
from utils.clock import monotonic_s, utc_us

NOTHING_TO_LISTEN_TO = 2
# Ctrl+C is noticed between two polls on Windows.
POLL_MS = 250


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare where to listen, what to show and when to end."""
    parser.add_argument(
        "--address",
        action="append",
        default=[],
        metavar="tcp://HOST:PORT",
        help="a master's signals; may be repeated (default: all masters that run here)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--heartbeats", action="store_true", help="show heartbeats as well")
    parser.add_argument("--seconds", type=float, metavar="N", help="end after N seconds")
    parser.add_argument("--count", type=int, metavar="N", help="end after N messages shown")


def run(args: argparse.Namespace) -> int:
    """Listen until told to end; 2 where there is nobody to listen to."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a Windows console cannot show every name
    try:
        addresses = args.address or _running_masters(config.load().state / "run" / "nodes.json")
        _listen(addresses, args)
    except NobodyThereError as problem:
        print(problem, file=sys.stderr)
        return NOTHING_TO_LISTEN_TO
    except KeyboardInterrupt:
        pass  # the usual way to end it
    except OSError as fault:
        if not reader_left(fault):
            raise
        hush()
    return 0


class NobodyThereError(Exception):
    """No address to listen at, for a person to read."""


def _running_masters(nodes_file: Path) -> list[str]:
    """The signals addresses that the supervisor has written down."""
    try:
        nodes = json.loads(nodes_file.read_text(encoding="utf-8"))["nodes"]
        found = [_signals(node) for node in nodes.values() if node["role"] == "MASTER"]
    except FileNotFoundError:
        raise NobodyThereError(_advice(f"there is no {nodes_file}")) from None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as problem:
        raise NobodyThereError(_advice(f"{nodes_file} cannot be read: {problem!r}")) from problem
    addresses = [address for address in found if address]
    if not addresses:
        raise NobodyThereError(_advice(f"{nodes_file} names no master with an address"))
    return addresses


def _signals(node: dict[str, Any]) -> str:
    """The first of a master's addresses; one that is still starting has none."""
    addresses = node.get("addresses") or [""]
    return str(addresses[0])


def _advice(found: str) -> str:
    return (
        f"No master found to listen to: {found}. Start the swarm first "
        "(python launcher.py), or name a master: --address tcp://127.0.0.1:5555"
    )


def _listen(addresses: list[str], args: argparse.Namespace) -> None:
    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        with context.socket(zmq.SUB) as socket:
            _connect(socket, addresses)
            print(f"listening to {', '.join(addresses)}", file=sys.stderr, flush=True)
            _show(socket, args)
    finally:
        context.term()


def _connect(socket: "zmq.Socket[bytes]", addresses: list[str]) -> None:
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.SUBSCRIBE, b"")
    for address in addresses:
        try:
            socket.connect(address)
        except zmq.ZMQError as problem:
            found = f"{address!r} is no address ({problem.strerror})"
            raise NobodyThereError(_advice(found)) from problem


def _show(socket: "zmq.Socket[bytes]", args: argparse.Namespace) -> None:
    line = tap_lines.as_json if args.json else tap_lines.as_text
    shown = 0
    for heard in _overheard(socket, args.seconds):
        if heard.is_heartbeat and not args.heartbeats:
            continue
        print(line(heard), flush=True)
        shown += 1
        if shown == args.count:
            return


def _overheard(socket: "zmq.Socket[bytes]", seconds: float | None) -> Iterator[tap_lines.Overheard]:
    deadline_s = None if seconds is None else monotonic_s() + seconds
    while deadline_s is None or monotonic_s() < deadline_s:
        if socket.poll(_patience_ms(deadline_s)):
            yield tap_lines.read(socket.recv_multipart(), utc_us())


def _patience_ms(deadline_s: float | None) -> int:
    if deadline_s is None:
        return POLL_MS
    return max(1, min(POLL_MS, int((deadline_s - monotonic_s()) * 1000)))
