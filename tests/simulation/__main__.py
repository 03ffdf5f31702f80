"""`python -m tests.simulation`: thousands of runs, one again, or the least that still fails."""

import argparse
import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import msgspec

from tests.simulation.builds import Build
from tests.simulation.drawing_settings import KINDS
from tests.simulation.report import Tally, failure_lines
from tests.simulation.running import Result, run, run_span, schedule_of
from tests.simulation.sabotage import BUILDS
from tests.simulation.schedule import DRAWN, EXISTING, PLAINLY, Mode
from tests.simulation.shrinking import shrunk
from utils.clock import monotonic_s

AT_ONCE = 50
MODES: tuple[Mode, ...] = ("safety", "liveness")


def main() -> int:
    """1 where any run failed."""
    given = _arguments()
    modes = MODES if given.mode == "both" else (given.mode,)
    if given.seed is not None:
        return max([_one(given, mode) for mode in modes])
    return max([_many(given, mode) for mode in modes])


def _one(given: argparse.Namespace, mode: Mode) -> int:
    build = _build(given)
    schedule = schedule_of(given.seed, mode, build, given.largest_order)
    result = run(schedule, build, shows=given.trace)
    if given.shrink and not result.is_good:
        schedule = shrunk(schedule, build)
        result = run(schedule, build, shows=given.trace)
        _say(msgspec.json.format(msgspec.json.encode(schedule), indent=1).decode())
    word = "good" if result.is_good else "FAILED"
    _say(f"{mode} seed {given.seed}: trace {result.digest}, {word}")
    if not result.is_good:
        _say(*failure_lines(result), *result.faults)
    return 0 if result.is_good else 1


def _many(given: argparse.Namespace, mode: Mode) -> int:
    began_s, tally = monotonic_s(), Tally(mode=mode)
    starts = range(given.first, given.first + given.seeds, AT_ONCE)
    ends = [min(start + AT_ONCE, given.first + given.seeds) for start in starts]
    for results in _in_workers(given, mode, list(zip(starts, ends, strict=True))):
        tally.add(results)
        if given.progress:
            failed = [line for one in results if not one.is_good for line in failure_lines(one)]
            _say(f"{mode} {tally.seeds} seeds, {len(tally.failed)} failed", *failed)
    _say(*tally.lines(monotonic_s() - began_s))
    return 1 if tally.failed else 0


def _in_workers(
    given: argparse.Namespace, mode: Mode, spans: list[tuple[int, int]]
) -> Iterator[list[Result]]:
    largest = given.largest_order
    work = partial(run_span, mode=mode, build=_build(given), largest_order=largest)
    if given.workers == 1:
        yield from map(work, spans)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.workers, mp_context=context) as pool:
        yield from pool.map(work, spans)


def _build(given: argparse.Namespace) -> Build:
    build = BUILDS[given.build]
    return build if given.settings is None else build._replace(ways=given.settings)


def _say(*lines: str) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--mode", choices=(*MODES, "both"), default="both")
    parser.add_argument("--seeds", type=int, default=1_000, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--progress", action="store_true")
    parser.add_argument(
        "--build", choices=sorted(BUILDS), default="honest", help="broken on purpose"
    )
    parser.add_argument(
        "--settings",
        choices=(DRAWN, PLAINLY, EXISTING, *sorted(KINDS)),
        help="of the slaves' documents",
    )
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument(
        "--largest-order", type=float, default=0.0, help="lots that slaves' brokers take at once"
    )
    parser.add_argument("--trace", action="store_true", help="with --seed: everything that happens")
    parser.add_argument("--shrink", action="store_true", help="with --seed: the least that fails")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
