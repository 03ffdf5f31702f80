"""The words after `python -m bench`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bench import edits, path
from bench.farm import FarmFault

HOST_FAULT = 2
INTERRUPTED = 130
ROUNDS = 300
AT_LEAST = 5


def main(argv: Sequence[str]) -> int:
    """Run the measurement that was asked for and return its exit code."""
    args = _parser().parse_args(argv)
    try:
        if args.measurement == "edits":
            return edits.run(_edits(args))
        return path.run(args.slaves, args.rounds, args.json, args.answers_after_ms)
    except FarmFault as fault:
        print(fault, file=sys.stderr)
        return HOST_FAULT
    except KeyboardInterrupt:
        return INTERRUPTED


def _measured(args: argparse.Namespace) -> int:
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
    return parser


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
