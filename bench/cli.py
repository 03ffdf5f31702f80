"""The words after `python -m bench`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import crash, database, edits, path
from bench.database_server import ServerFault
from bench.farm import FarmFault

HOST_FAULT = 2
INTERRUPTED = 130
ROUNDS = 300
AT_LEAST = 5


def main(argv: Sequence[str]) -> int:
    """Run the measurement that was asked for and return its exit code."""
    args = _parser().parse_args(argv)
    try:
        return _measured(args)
    except (FarmFault, ServerFault) as fault:
        print(fault, file=sys.stderr)
        return HOST_FAULT
    except KeyboardInterrupt:
        return INTERRUPTED


def _measured(args: argparse.Namespace) -> int:
    if args.measurement == "edits":
        return edits.run(_edits(args))
    if args.measurement == "database":
        return database.run(args.operations, args.documents, args.clients, args.json)
    if args.measurement == "crash":
        return crash.run(args.rounds, args.writers, args.seed)
    return path.run(args.slaves, args.rounds, args.json, args.answers_after_ms)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measures the product.")
    measurements = parser.add_subparsers(dest="measurement", required=True)
    one = measurements.add_parser("path", help="a fact seen until order_send on the last slave")
    one.add_argument("--slaves", nargs="+", type=_positive, default=[1, 10], metavar="N")
    one.add_argument("--rounds", type=_enough, default=ROUNDS, metavar="N")
    one.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")
    one.add_argument(
        "--answers-after-ms",
        type=float,
        default=0.0,
        metavar="X",
        help="how long the broker takes; never in the figure, as a real terminal blocks meanwhile",
    )
    two = measurements.add_parser("edits", help="edits every second, while the swarm trades")
    two.add_argument("--accounts", type=_positive, default=20, metavar="N")
    two.add_argument("--minutes", type=float, default=10.0, metavar="X")
    two.add_argument("--every-s", type=float, default=1.0, metavar="X", help="between two edits")
    two.add_argument("--seed", type=int, default=1, metavar="N")
    two.add_argument("--keep", action="store_true", help="leave its folder to look into")
    _add_database(measurements)
    _add_crash(measurements)
    return parser


def _add_database(measurements: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = measurements.add_parser("database", help="the embedded database, one and many clients")
    one.add_argument("--operations", type=_enough, default=1000, metavar="N")
    one.add_argument("--documents", nargs="+", type=_positive, default=[50_000, 200_000])
    one.add_argument("--clients", type=_positive, default=100, metavar="N")
    one.add_argument("--json", type=Path, metavar="FILE", help="write the figures there as well")


def _add_crash(measurements: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = measurements.add_parser("crash", help="kill the embedded database under many writers")
    one.add_argument("--rounds", type=_positive, default=20, metavar="N")
    one.add_argument("--writers", type=_positive, default=8, metavar="N")
    one.add_argument("--seed", type=int, help="the moments of an earlier run again")


def _edits(args: argparse.Namespace) -> edits.Wish:
    return edits.Wish(
        accounts=args.accounts,
        minutes=args.minutes,
        every_s=args.every_s,
        seed=args.seed,
        keep=args.keep,
    )


def _positive(text: str) -> int:
    found = int(text)
    if found < 1:
        raise argparse.ArgumentTypeError(f"wanted at least 1, found {found}")
    return found


def _enough(text: str) -> int:
    found = int(text)
    if found < AT_LEAST:
        raise argparse.ArgumentTypeError(f"wanted at least {AT_LEAST}, found {found}")
    return found
