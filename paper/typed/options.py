"""Options that several words of `python -m paper` share, and how they are read."""

import argparse
from pathlib import Path
from typing import Final

from paper.service.door import Welcome
from paper.service.server import ServerSettings
from paper.starting import PRODUCT

ALONE_STATE: Final = PRODUCT / "state" / "paper-alone"
HIGHEST_PORT: Final = 65_535


def add_state(parser: argparse.ArgumentParser) -> None:
    """The folder a broker keeps its accounts in."""
    parser.add_argument(
        "--state",
        type=folder,
        default=ALONE_STATE,
        metavar="FOLDER",
        help=f"where accounts and positions are kept (default {ALONE_STATE})",
    )


def add_terms(parser: argparse.ArgumentParser) -> None:
    """What an account is opened with."""
    usual = Welcome()
    parser.add_argument("--broker", default=usual.broker, help="its server (%(default)s)")
    parser.add_argument("--deposit", type=amount, default=usual.deposit, help="(%(default)s)")
    parser.add_argument("--currency", default=usual.currency, help="(%(default)s)")
    parser.add_argument("--leverage", type=leverage, default=usual.leverage, help="(%(default)s)")


def add_server(parser: argparse.ArgumentParser, usual_port: int) -> None:
    """How a broker's process runs."""
    parser.add_argument("--port", type=port, default=usual_port, help="(%(default)s); 0 is any")
    parser.add_argument("--pub-port", type=port, default=0, help="for ticks; 0 is any")
    parser.add_argument(
        "--ticks", type=Path, nargs="*", default=[], metavar="FILE", help="instead of samples"
    )
    parser.add_argument("--speed", type=speed, default=1.0, help="1 is as recorded")
    parser.add_argument("--stamps", choices=("live", "original"), default="live")
    parser.add_argument("--seed", type=int, default=0, help="for whatever is drawn by lot")


def server_settings(given: argparse.Namespace, welcome: Welcome | None) -> ServerSettings:
    """The same as the server takes it."""
    return ServerSettings(
        state_dir=given.state.resolve(),
        port=given.port,
        pub_port=given.pub_port,
        ticks=tuple(path.resolve() for path in given.ticks),
        speed=given.speed,
        stamps=given.stamps,
        seed=given.seed,
        welcome=welcome,
    )


def folder(text: str) -> Path:
    """A folder's path; an empty one would be wherever the person happens to stand."""
    if not text:
        raise argparse.ArgumentTypeError("an empty name is no folder")
    return Path(text)


def port(text: str) -> int:
    """A port number; 0 takes a free one."""
    number = _whole(text)
    if not 0 <= number <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port: wanted 0 to {HIGHEST_PORT}")
    return number


def leverage(text: str) -> int:
    """1 and above."""
    number = _whole(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is no leverage: wanted 1 or more, as in 100")
    return number


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from wrong


def speed(text: str) -> float:
    """How fast the tape runs."""
    number = _number(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not a number above 0")
    return number


def amount(text: str) -> float:
    """Money of a deposit."""
    number = _number(text)
    if not 0 <= number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no deposit: wanted 0 or more")
    return number


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from wrong
