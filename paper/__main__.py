"""`python -m paper`: runs one paper broker in the foreground."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import zmq
from filelock import FileLock, Timeout

from paper.address import publish, withdraw
from paper.service.server import HOST, PortTakenError, Server, ServerSettings
from paper.service.tick_files import TickFileError
from paper.service.world import MissingFeedError
from paper.starting import ALREADY_SERVED

LOCK_FILE = "paper.lock"
HOST_FAULT = 2


def main(arguments: Sequence[str]) -> int:
    """Serve one state folder; 2 for a fault of the host, 3 if another process serves it."""
    settings = _settings(arguments)
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.state_dir / LOCK_FILE)
    try:
        with lock.acquire(timeout=0):
            return _serve(settings)
    except Timeout:
        _complain(f"another paper broker already serves {settings.state_dir}")
        return ALREADY_SERVED


def _serve(settings: ServerSettings) -> int:
    try:
        server = Server(settings)
    except (TickFileError, MissingFeedError, PortTakenError, zmq.ZMQError) as wrong:
        _complain(str(wrong))
        return HOST_FAULT
    publish(server.place)
    sys.stdout.write(f"paper broker ready on {HOST}:{server.place.port}\n")
    sys.stdout.flush()
    try:
        server.run()
    except KeyboardInterrupt:
        sys.stdout.write("paper broker stopped by Ctrl+C\n")
    withdraw(server.place)
    return 0


def _complain(text: str) -> None:
    sys.stderr.write(f"paper broker: {text}\n")


def _settings(arguments: Sequence[str]) -> ServerSettings:
    parser = argparse.ArgumentParser(prog="python -m paper", description=__doc__)
    parser.add_argument("--state", required=True, help="folder that keeps accounts and positions")
    parser.add_argument("--port", type=int, default=0, help="for requests; 0 takes a free one")
    parser.add_argument("--pub-port", type=int, default=0, help="for ticks; 0 takes a free one")
    parser.add_argument("--ticks", nargs="*", default=[], metavar="FILE", help="instead of samples")
    parser.add_argument("--speed", type=_speed, default=1.0, help="1 is as recorded")
    parser.add_argument("--stamps", choices=("live", "original"), default="live")
    parser.add_argument("--seed", type=int, default=0, help="for whatever the broker draws by lot")
    given = parser.parse_args(arguments)
    return ServerSettings(
        state_dir=Path(given.state).resolve(),
        port=given.port,
        pub_port=given.pub_port,
        ticks=tuple(Path(name).resolve() for name in given.ticks),
        speed=given.speed,
        stamps=given.stamps,
        seed=given.seed,
    )


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return speed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
