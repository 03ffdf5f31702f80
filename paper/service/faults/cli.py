"""`python -m paper fault`: lets things go wrong in a paper broker that runs."""

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from paper.address import published
from paper.admin import Admin, AdminError
from paper.service.faults.reference import kind_lines, scope_settings

HOST: Final = "127.0.0.1"
USUAL_PORT: Final = 27118
FAILED: Final = 2


class _NobodyThere(Exception):  # noqa: N818 - it says what was found
    pass


def main(argv: Sequence[str]) -> int:
    """Run one command; 2 where it could not be done, with the reason on stderr."""
    given = _parser().parse_args(argv)
    try:
        for line in given.does(given):
            sys.stdout.write(f"{line}\n")
    except (_NobodyThere, AdminError, OSError) as wrong:
        sys.stderr.write(f"{wrong}\n")
        return FAILED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m paper fault", description=__doc__)
    parser.add_argument("--state", type=Path, help="the folder of the paper broker meant")
    parser.add_argument("--host", default=HOST, help="where it listens, instead of a folder")
    parser.add_argument("--port", type=int, default=USUAL_PORT)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "kinds", _kinds, "what can go wrong, with settings and usual values")
    add = _command(commands, "add", _add, "let something go wrong from here on")
    add.add_argument("kind")
    scope = " ".join(scope_settings())
    add.add_argument(
        "settings", nargs="*", type=_setting, metavar="NAME=VALUE", help=f"{scope}; and the kind's"
    )
    _command(commands, "list", _list, "the rules in force, and how often they struck")
    clear = _command(commands, "clear", _clear, "take rules back: all, unless numbers are given")
    clear.add_argument("numbers", nargs="*", type=int, metavar="NUMBER")
    clear.add_argument("--terminal", default="", help="only the rules of this terminal")
    tick = _command(commands, "tick", _tick, "hold the tape and give one price by hand")
    tick.add_argument("feed")
    tick.add_argument("bid", type=float)
    tick.add_argument("ask", type=float)
    clock = _command(commands, "clock", _clock, "let the brokers' clocks jump")
    clock.add_argument("ms", type=int)
    _command(commands, "resume", _resume, "let the tape run again")
    return parser


def _command(
    commands: Any,  # noqa: ANN401 - argparse has no public name for it
    name: str,
    does: Callable[[argparse.Namespace], Iterable[str]],
    helped: str,
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=helped, description=helped)
    parser.set_defaults(does=does)
    return parser


def _setting(text: str) -> tuple[str, object]:
    name, sign, value = text.partition("=")
    if not (name and sign):
        raise argparse.ArgumentTypeError(f"{text!r}; wanted NAME=VALUE, as in ms=500")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


def _admin(given: argparse.Namespace) -> Admin:
    host, port = given.host, given.port
    if given.state is not None:
        address = published(given.state)
        if address is None:
            raise _NobodyThere(
                f"wanted a paper broker that serves {given.state}, found none: start it with "
                f"python -m paper --state {given.state}, or name the folder of one that runs"
            )
        host, port = address.host, address.port
    try:
        return Admin(host, port)
    except OSError as wrong:
        raise _NobodyThere(
            f"wanted a paper broker at {host}:{port}, found none ({wrong}): "
            "start it, or name its folder with --state"
        ) from wrong


def _kinds(_given: argparse.Namespace) -> Iterable[str]:
    return kind_lines()


def _add(given: argparse.Namespace) -> Iterable[str]:
    settings = dict(given.settings)
    terminal = str(settings.pop("terminal", "*"))
    with _admin(given) as admin:
        number = admin.fault(given.kind, terminal, **settings)
        (row,) = (row for row in admin.faults() if row["number"] == number)
    return [_line(row)]


def _list(given: argparse.Namespace) -> Iterable[str]:
    with _admin(given) as admin:
        rows = admin.faults()
    return map(_line, rows) if rows else ["no faults"]


def _line(row: dict[str, Any]) -> str:
    fault, scope = dict(row["fault"]), dict(row["scope"])
    terminal = scope.pop("terminal")
    said = {**fault, **scope, "call": row["call"]}
    words = " ".join(f"{name}={value}" for name, value in said.items() if name != "kind")
    end = (", over" if row["over"] else "") + (row["trouble"] and f", FAILED: {row['trouble']}")
    return (
        f"{row['number']}: {fault['kind']} at {terminal}: met {row['met']}, "
        f"struck {row['struck']}{end}; {words}"
    )


def _clear(given: argparse.Namespace) -> Iterable[str]:
    with _admin(given) as admin:
        gone = admin.clear_faults(*given.numbers, terminal=given.terminal)
    return [f"taken back: {', '.join(map(str, gone)) or 'none'}"]


def _tick(given: argparse.Namespace) -> Iterable[str]:
    with _admin(given) as admin:
        admin.pause()
        admin.tick(given.feed, given.bid, given.ask)
    return [f"{given.feed} {given.bid} {given.ask}; the tape is held until resume"]


def _clock(given: argparse.Namespace) -> Iterable[str]:
    with _admin(given) as admin:
        utc_ms = admin.advance_clock(given.ms)
    return [f"the brokers take it to be {utc_ms} ms UTC"]


def _resume(given: argparse.Namespace) -> Iterable[str]:
    with _admin(given) as admin:
        admin.resume()
    return ["the tape runs"]
