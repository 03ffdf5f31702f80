"""`python -m paper`: the broker alone, for a person with scripts of his own."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from paper.broker.profiles.by_name import SHOPS
from paper.packaging.where import VARIABLE
from paper.process import serve
from paper.service.door import Welcome
from paper.service.server import HOST, Server, ServerSettings
from paper.typed import options
from paper.typed.account import account_line
from paper.typed.words import PROGRAM
from paper.wire.places import ALONE_PORT


def main(words: Sequence[str]) -> int:
    """Serve until Ctrl+C; 2 for a fault of the host, 3 if the folder is served already."""
    given = _parser().parse_args(words)
    settings = _settings(given)
    return serve(settings, lambda server: _told(server, settings))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} serve",
        description="Starts the paper broker alone and stays until Ctrl+C.",
    )
    options.add_state(parser)
    options.add_server(parser, ALONE_PORT)
    parser.add_argument(
        "--welcome",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="make up whatever terminal, login and server a script names (on), with these:",
    )
    options.add_terms(parser)
    return parser


def _settings(given: argparse.Namespace) -> ServerSettings:
    welcome = Welcome(
        broker=given.broker,
        deposit=given.deposit,
        currency=given.currency,
        leverage=given.leverage,
    )
    return options.server_settings(given, welcome if given.welcome else None)


def _told(server: Server, settings: ServerSettings) -> str:
    """What a person wants to know before the first script runs."""
    place = f"{HOST}:{server.place.port}"
    rows = {
        "listens on": place,
        "keeps": str(settings.state_dir),
        "plays": _tape(server),
        "brokers": ", ".join(SHOPS) + " and, by any other name, a plain one",
        "guests": _guests(settings.welcome),
        "terminals": "\n".join(_terminals(server)),
        "scripts": "\n".join(_advice(server.place.port)),
    }
    lines = [f"paper broker ready on {place}; Ctrl+C ends it, accounts are kept", ""]
    for name, text in rows.items():
        first, *more = text.splitlines()
        lines += [f"  {name:<11}{first}", *(f"{'':13}{line}" for line in more)]
    return "\n".join([*lines, ""])


def _tape(server: Server) -> str:
    feeds = server.replay.feeds
    names = ", ".join(feed.symbol for feed in feeds)
    first, last = (_moment(feed_ms) for feed_ms in _ends(server))
    how = "over and over, as if now" if server.replay.stamps == "live" else "once, with its times"
    return f"{names} as recorded from {first} to {last} UTC, {how}"


def _ends(server: Server) -> tuple[int, int]:
    feeds = server.replay.feeds
    return min(feed.times_ms[0] for feed in feeds), max(feed.times_ms[-1] for feed in feeds)


def _moment(utc_ms: int) -> str:
    return datetime.fromtimestamp(utc_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _guests(welcome: Welcome | None) -> str:
    if welcome is None:
        return "none: a terminal must have been announced (python -m paper account KEY)"
    return (
        "any terminal, login and server that a script names gets a demo account of "
        f"{welcome.deposit:,.2f} {welcome.currency}"
    )


def _terminals(server: Server) -> list[str]:
    return [account_line(told) for told in server.status()["terminals"]] or ["none yet"]


def _advice(port: int) -> list[str]:
    told = [] if port == ALONE_PORT else [f"set {VARIABLE}={HOST}:{port}"]
    return [
        "write a wheel (python -m paper wheel --into FOLDER), pip install it in a throw-away",
        "environment, and run yours there unchanged: import MetaTrader5 (docs/PAPER.md)",
        *told,
    ]
